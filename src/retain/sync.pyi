"""The types of `retain.sync`, made by ``python docs/make_sync_types.py``."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from retain.app.bankfile import Imported
from retain.app.banks import File
from retain.app.copying import Copied, CopiedBank
from retain.app.entities import KnownEntity
from retain.app.folder import Exported
from retain.app.forecast import Forecast
from retain.app.forgetting import Forgetting
from retain.app.intake import PathLike, Planned, ToldLeftOut
from retain.app.lint import Finding
from retain.app.models import CallObserver
from retain.app.reembed import Progress
from retain.app.runs import EarlierRun, RunList
from retain.app.sources import SourceView
from retain.checkpoints.listing import Order
from retain.config import Settings
from retain.db.versions import TableVersion
from retain.engine import Observer
from retain.memory.model import Check, CitedFact, CostLine, Counts, DeadLetter, Hit, HitKind, LogEntry, MemoryContext, ModelLimit, Page, Priority, QueueState, Reflection, Revision, Run, SpendLimit, Spending, StoredSource, Submission
from retain.status import RunStatus
from retain.workers.worker import Worker
from typing import Any, BinaryIO, Literal, Self

class Banks:
    def __call__(self) -> dict[str, Counts]:
        """List the banks that hold anything: their ids, with how much each holds."""
        ...
    def names(self) -> Sequence[str]:
        """The ids of the banks that hold anything, sorted."""
        ...
    def counts(self, bank_id: str='default') -> Counts:
        """How much a bank holds; nothing where there is no such bank."""
        ...
    def delete(self, bank_id: str) -> int:
        """Forget every source of a bank, one by one; see `Memory.forget`."""
        ...
    def export(self, file: File, *, bank_id: str='default', force: bool=False) -> dict[str, int]:
        """Write a bank as JSON Lines, which `import_` reads."""
        ...
    def export_markdown(self, folder: str | Path, *, bank_id: str='default', force: bool=False) -> Exported:
        """Write a bank as a folder of Markdown: its index, log, pages and sources."""
        ...
    def copies(self, *, bank_id: str='default') -> list[str]:
        """Delete what killed exports and dry runs left of a bank; list the copies that are left."""
        ...
    def import_(self, file: File, *, bank_id: str='default') -> Imported:
        """Read a bank that `export` wrote into an empty bank: all of it or nothing."""
        ...
    def copy(self, bank_id: str, to: str) -> Imported:
        """Copy a bank into an empty one of the same database: all of it or nothing."""
        ...
    def lint(self, *, bank_id: str='default', fix: bool=False) -> list[Finding]:
        """Check a bank for contradictions, orphans, stale pages and facts without support."""
        ...
    def rebuild(self, *, bank_id: str='default') -> None:
        """Derive everything again from the sources' facts: what is superseded, entities, pages."""
        ...
    def reembed(self, *, bank_id: str='default', progress: Progress | None=None) -> tuple[int, str]:
        """Replace a bank's vectors by those of the configured embedder."""
        ...
    def integrity(self) -> Sequence[Check]:
        """Check the database, its driver, the journal of model calls, the disk and every row."""
        ...

class Sources:
    def __call__(self, *, bank_id: str='default') -> list[StoredSource]:
        """List the sources of a bank, by id."""
        ...
    def show(self, source_id: str, *, bank_id: str='default') -> SourceView:
        """A source with its latest run and its sections."""
        ...
    def of_file(self, name: str, *, bank_id: str='default') -> list[str]:
        """The ids of the sources of a file: several for an export or a mailbox, else one."""
        ...
    def text(self, source_id: str, *, bank_id: str='default') -> str | None:
        """The text of a source as the bank keeps it: the places of facts count its characters."""
        ...
    def preview_forget(self, source_id: str, *, bank_id: str='default') -> Forgetting:
        """What `memory.forget` would delete and change; nothing is deleted."""
        ...

class Runs:
    def __call__(self, *, bank_id: str | None=None, status: RunStatus | str | Collection[RunStatus | str] | None=None, since: datetime | None=None, until: datetime | None=None, limit: int | None=None, after: str | None=None, order: Order='key') -> RunList:
        """List the latest run of every source, or a page of them."""
        ...
    def counts(self, *, bank_id: str | None=None, since: datetime | None=None, until: datetime | None=None) -> dict[RunStatus, int]:
        """How many sources have a latest run of each status; a status without runs is left out."""
        ...
    def unfinished(self, *, bank_id: str | None=None, dead: Literal['leave', 'too', 'only']='leave') -> list[Run]:
        """The runs that `Memory.resume_all` goes on with, by bank and source."""
        ...
    def cancel(self, source_id: str, *, bank_id: str='default') -> bool:
        """Stop a run that this memory drives; the run is interrupted, and `resume` continues it."""
        ...
    def history(self, source_id: str, *, bank_id: str='default') -> list[EarlierRun]:
        """The earlier runs of a source, newest first; `Settings.earlier_runs` says how many."""
        ...
    def diagram(self, source_id: str | None=None, *, bank_id: str='default') -> str:
        """The pipeline as a Mermaid state diagram, with the states of a run coloured and timed."""
        ...
    def prune(self, older_than: timedelta, *, bank_id: str | None=None) -> int:
        """Delete the records of completed and earlier runs; what they retained stays in the bank."""
        ...

class Facts:
    def __call__(self, *, bank_id: str='default', source_id: str | None=None, about: str | None=None) -> list[CitedFact]:
        """List the facts of a bank, in the order of its sources."""
        ...
    def add(self, text: str, *, bank_id: str='default', reference_date: datetime | None=None, author: str | None=None) -> list[CitedFact]:
        """Add a fact in words of your own. It becomes a source of its own, and no model is asked."""
        ...
    def correct(self, fact_id: str, text: str, *, bank_id: str='default', reference_date: datetime | None=None, author: str | None=None) -> list[CitedFact]:
        """Replace a fact by another one: the old one is superseded, and stays with its source."""
        ...
    def forget(self, fact_id: str, *, bank_id: str='default') -> str:
        """Delete every trace of one fact, and blank its words in its source."""
        ...
    def preview_forget(self, fact_id: str, *, bank_id: str='default') -> Forgetting:
        """What `forget` would delete and change; nothing is deleted."""
        ...

class Entities:
    def __call__(self, *, bank_id: str='default') -> list[KnownEntity]:
        """List the bank's entities, the most often named first."""
        ...
    def merge(self, name: str, other: str, *, bank_id: str='default') -> None:
        """Treat two names as one entity, in sources that are added later too."""
        ...
    def split(self, name: str, other: str, *, bank_id: str='default') -> None:
        """Treat two names as different entities, in sources that are added later too."""
        ...

class Pages:
    def __call__(self, *, bank_id: str='default') -> list[Page]:
        """List a bank's pages: people, places, things and topics."""
        ...
    def page(self, name: str, *, bank_id: str='default') -> Page:
        """The page of an entity or a topic."""
        ...
    def history(self, name: str, *, bank_id: str='default') -> list[Revision]:
        """The revisions of an entity's page, oldest first."""
        ...
    def index(self, *, bank_id: str='default') -> str:
        """A bank's index as Markdown: people, places, organisations, topics and sources."""
        ...
    def log(self, *, bank_id: str='default') -> list[LogEntry]:
        """What was added to a bank, changed and superseded, oldest first."""
        ...
    def log_text(self, *, bank_id: str='default') -> str:
        """The log as Markdown; every entry begins ``## [YYYY-MM-DD] ingest | SOURCE``."""
        ...
    def render(self, *, bank_id: str='default') -> list[Run]:
        """Render what has changed, so that whoever reads it next need not wait for it."""
        ...

class Costs:
    def __call__(self, *, bank_id: str | None=None, since: datetime | None=None) -> list[CostLine]:
        """List what model calls cost, by run, state, purpose and model."""
        ...
    @property
    def spent(self) -> Spending:
        """What model calls have cost since this memory was opened."""
        ...
    @property
    def journal_hits(self) -> int:
        """How many answers came from the journal, so that no call was made for them."""
        ...
    def subscribe(self, observer: CallObserver) -> Callable[[], None]:
        """Call `observer` with each model call once it has ended; the returned function ends that."""
        ...
    def prune_journal(self, older_than: timedelta, *, bank_id: str | None=None) -> int:
        """Delete old answers of models from the journal; their costs stay in the ledger."""
        ...

class Queue:
    def check(self) -> None:
        """See that there can be a queue."""
        ...
    def __call__(self, *, bank_id: str | None=None) -> QueueState:
        """How many sources wait, run, failed and are dead, and how fast they end."""
        ...
    def dead(self, *, bank_id: str | None=None) -> list[DeadLetter]:
        """The sources that failed too often, oldest first, and why."""
        ...
    def cancel(self, *, bank_id: str, source_ids: Sequence[str] | None=None) -> int:
        """Take sources out of the queue that no worker has begun; their runs stay saved."""
        ...
    def resume(self, *, bank_id: str | None=None, dead: Literal['leave', 'too', 'only']='leave', priority: Priority='normal') -> list[int]:
        """Have workers resume what `Memory.resume_all` would resume."""
        ...
    def limits(self) -> tuple[list[ModelLimit], list[SpendLimit]]:
        """The limits of model calls that all processes share, and how much is spent."""
        ...
    def limit_model(self, model: str, *, requests: int | None=None, tokens: int | None=None) -> None:
        """Set how often all processes together may call a model."""
        ...
    def limit_spending(self, max_cost: float | None, *, bank_id: str | None=None) -> None:
        """Set what model calls may cost from here on, over all processes."""
        ...
    def release(self, bank_id: str, source_ids: Sequence[str] | None=None) -> None:
        """Have no worker run sources that are about to be forgotten, and keep no job of them."""
        ...
    def settle(self, runs: Sequence[Run]) -> None:
        """Keep no job of sources that failed in the queue and that were completed elsewhere."""
        ...
    def left(self, jobs: Sequence[int]) -> int:
        """How many jobs have not ended."""
        ...
    def put(self, bank_id: str, source_ids: Sequence[str], *, new: Collection[str]=..., priority: Priority='normal') -> list[int]:
        """Have workers resume the runs of sources; a source that waits already is not added twice."""
        ...
    def work(self, *, concurrency: int=..., bank_ids: Sequence[str] | None=None, drain: bool=False, started: Callable[[Worker], None] | None=None) -> None:
        """Run sources of the queue until the worker is stopped."""
        ...

class DatabaseTables:
    def versions(self) -> Sequence[TableVersion]:
        """The version of each group of tables, and the newest known; nothing is migrated."""
        ...
    def migrate(self) -> Sequence[TableVersion]:
        """Bring the tables to the newest version, as the first use does."""
        ...
    def check(self) -> Sequence[Check]:
        """Check the server or the file, its tables and the rights on them."""
        ...

class Memory:
    settings: Settings
    banks: Banks
    sources: Sources
    runs: Runs
    facts: Facts
    entities: Entities
    wiki: Pages
    costs: Costs
    queue: Queue
    database: DatabaseTables
    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...
    @classmethod
    def open(cls, url: str | None=None, *, settings: Settings | None=None) -> Memory:
        """The memory at a database URL; the database is opened when it is first used."""
        ...
    def close(self) -> None:
        """Finish pending work, then close the database and the connections to models."""
        ...
    @property
    def path(self) -> Path | None:
        """The database file; None where a server keeps the database."""
        ...
    @property
    def location(self) -> str:
        """Where the database is, for people: no password is in it."""
        ...
    def copy_to(self, other: Memory, *, progress: Callable[[CopiedBank], None] | None=None) -> Copied:
        """Copy all banks and runs into another database, which may be of another kind."""
        ...
    def subscribe(self, observer: Observer) -> Callable[[], None]:
        """Call `observer` with the events of every run; the returned function ends that."""
        ...
    def check(self) -> None:
        """Validate the configured models now; other calls do it lazily. Nothing is sent."""
        ...
    def retain(self, paths: PathLike | Iterable[PathLike], *, bank_id: str='default', reference_date: datetime | None=None, jobs: int=4, planned: Planned | None=None, include: Sequence[str]=..., exclude: Sequence[str]=..., left_out: ToldLeftOut | None=None, format: str | None=None, author: str | None=None, metadata: Mapping[str, str] | None=None) -> list[Run]:
        """Retain files and folders."""
        ...
    def retain_stream(self, file: BinaryIO, *, source_id: str, bank_id: str='default', reference_date: datetime | None=None, format: str | None=None, jobs: int=4, planned: Planned | None=None, author: str | None=None, metadata: Mapping[str, str] | None=None) -> list[Run]:
        """Retain an open file, such as one that was uploaded or what a pipe holds."""
        ...
    def retain_text(self, text: str, *, source_id: str, bank_id: str='default', reference_date: datetime | None=None, format: str | None=None, author: str | None=None, metadata: Mapping[str, str] | None=None) -> Run:
        """Retain a text."""
        ...
    def add(self, fact: str, *, bank_id: str='default', reference_date: datetime | None=None, author: str | None=None) -> list[CitedFact]:
        """Add one fact, in words of your own; see `Facts.add`."""
        ...
    def submit(self, paths: PathLike | Iterable[PathLike], *, bank_id: str='default', reference_date: datetime | None=None, priority: Priority='normal', include: Sequence[str]=..., exclude: Sequence[str]=..., left_out: ToldLeftOut | None=None, format: str | None=None, author: str | None=None, metadata: Mapping[str, str] | None=None) -> Submission:
        """Have workers retain files and folders; their texts are saved before this returns."""
        ...
    def submit_text(self, text: str, *, source_id: str, bank_id: str='default', reference_date: datetime | None=None, priority: Priority='normal', format: str | None=None, author: str | None=None, metadata: Mapping[str, str] | None=None) -> Submission:
        """Have workers retain a text, which is saved before this returns."""
        ...
    def append(self, text: str, *, source_id: str, bank_id: str='default', reference_date: datetime | None=None) -> Run:
        """Append a text to a source, such as the next messages of a chat."""
        ...
    def retain_messages(self, messages: Sequence[Mapping[str, Any]], *, source_id: str, bank_id: str='default', reference_date: datetime | None=None, append: bool=False) -> Run:
        """Retain the messages of a conversation, as an agent has them in its hands."""
        ...
    def forecast(self, paths: PathLike | Iterable[PathLike], *, bank_id: str='default', reference_date: datetime | None=None, jobs: int=4, include: Sequence[str]=..., exclude: Sequence[str]=..., author: str | None=None, metadata: Mapping[str, str] | None=None) -> Forecast:
        """Estimate what `retain` would cost with the configured model; nothing is sent."""
        ...
    def recall(self, query: str, *, bank_id: str='default', k: int=10, as_of: datetime | None=None, kinds: Collection[HitKind]=..., explain: bool=False, with_superseded: bool=False, min_relevance: float=0.0, sources: Collection[str]=..., tags: Collection[str]=..., speaker: str | None=None, since: datetime | None=None, until: datetime | None=None, metadata: Mapping[str, str] | None=None) -> list[Hit]:
        """Search a bank, best hits first."""
        ...
    def context(self, query: str, *, bank_id: str='default', max_tokens: int=2000, k: int=50, as_of: datetime | None=None, min_relevance: float=..., sources: Collection[str]=..., tags: Collection[str]=..., speaker: str | None=None, since: datetime | None=None, until: datetime | None=None, metadata: Mapping[str, str] | None=None) -> MemoryContext:
        """What a bank holds of a query, as a text for a prompt, with numbered citations."""
        ...
    def reflect(self, question: str, *, bank_id: str='default', k: int=12, as_of: datetime | None=None, min_relevance: float=...) -> Reflection:
        """Answer a question from what a bank recalls, and from nothing else, with citations."""
        ...
    def forget(self, source_id: str, *, bank_id: str='default') -> str:
        """Delete every trace of a source: its text, facts, vectors, model answers and run."""
        ...
    def resume(self, source_id: str, *, bank_id: str='default', value: object=..., revive: bool=False) -> Run:
        """Resume a source's run; a completed one is returned as it is, and so is a dead one."""
        ...
    def resume_all(self, *, bank_id: str | None=None, jobs: int=4, planned: Planned | None=None, dead: Literal['leave', 'too', 'only']='leave') -> list[Run]:
        """Resume every run that was interrupted, failed, suspended or partial."""
        ...
    def export_folder(self, bank_id: str, folder: PathLike, *, force: bool=False) -> Exported:
        """Write a bank as a folder of Markdown; see `Banks.export_markdown`."""
        ...
    def show(self, source_id: str, *, bank_id: str='default') -> SourceView:
        """A source with its run and its sections; see `Sources.show`."""
        ...
    def pages(self, *, bank_id: str='default') -> list[Page]:
        """The pages of a bank; see `Pages`."""
        ...
