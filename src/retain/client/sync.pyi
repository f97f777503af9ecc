"""The types of `retain.client.sync`, made by ``python docs/make_sync_types.py``."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from retain.app.costs import CostGroup
from retain.app.entities import KnownEntity
from retain.app.forgetting import Forgetting
from retain.client.following import EventsLost
from retain.client.values import Items, RunDetails, SourceDetails
from retain.engine.events import Event
from retain.memory.model import CitedFact, CostLine, Counts, Hit, HitKind, LogEntry, MemoryContext, Page, Reflection, Revision, Run, StoredSource
from retain.status import RunStatus
from typing import Any, BinaryIO, Literal, Self

class Banks:
    def __call__(self) -> dict[str, Counts]:
        """List the banks that the token is for: their ids, with how much each holds."""
        ...
    def counts(self, bank_id: str='default') -> Counts:
        """How much a bank holds."""
        ...
    def delete(self, bank_id: str) -> int:
        """Forget every source of a bank; see `retain.Memory.banks`."""
        ...
    def copy(self, bank_id: str, to: str) -> Counts:
        """Copy a bank into an empty one: all of it or nothing."""
        ...

class Sources:
    def __call__(self, *, bank_id: str='default') -> list[StoredSource]:
        """List the sources of a bank, by id."""
        ...
    def show(self, source_id: str, *, bank_id: str='default') -> SourceDetails:
        """A source with its sections and its latest run."""
        ...
    def text(self, source_id: str, *, bank_id: str='default') -> str | None:
        """The text of a source, whose characters the spans of facts and hits count."""
        ...
    def preview_forget(self, source_id: str, *, bank_id: str='default') -> Forgetting:
        """What forgetting a source would delete and change; nothing is deleted."""
        ...

class Runs:
    def __call__(self, *, bank_id: str | None=None, status: RunStatus | str | Collection[RunStatus | str] | None=None, since: datetime | None=None, until: datetime | None=None, limit: int=100, after: str | None=None, order: Literal['key', 'newest', 'oldest']='newest') -> Items[Run]:
        """List the latest run of every source, a page of them; `each` goes over all pages."""
        ...
    def each(self, *, bank_id: str | None=None, status: RunStatus | str | Collection[RunStatus | str] | None=None) -> Iterator[Run]:
        """The latest runs of all sources, the newest first, over all pages."""
        ...
    def show(self, source_id: str, *, bank_id: str='default') -> RunDetails:
        """The latest run of a source: its steps, and how each section ended."""
        ...
    def history(self, source_id: str, *, bank_id: str='default') -> list[RunDetails]:
        """The earlier runs of a source, newest first."""
        ...
    def cancel(self, source_id: str, *, bank_id: str='default') -> bool:
        """Stop a run that the server drives; it is interrupted, and `resume` continues it."""
        ...

class Facts:
    def __call__(self, *, bank_id: str='default', source_id: str | None=None, about: str | None=None) -> list[CitedFact]:
        """List the facts of a bank, by source and place."""
        ...
    def add(self, text: str, *, bank_id: str='default', reference_date: datetime | None=None, author: str | None=None) -> list[CitedFact]:
        """Add a fact in words of your own; what it contradicts is superseded."""
        ...
    def correct(self, fact_id: str, text: str, *, bank_id: str='default', reference_date: datetime | None=None, author: str | None=None) -> list[CitedFact]:
        """Replace a fact by another one: the old one is superseded, and stays with its source."""
        ...
    def forget(self, fact_id: str, *, bank_id: str='default') -> str:
        """Delete every trace of a fact, and blank its words in its source."""
        ...
    def preview_forget(self, fact_id: str, *, bank_id: str='default') -> Forgetting:
        """What forgetting a fact would delete and change; nothing is deleted."""
        ...

class Entities:
    def __call__(self, *, bank_id: str='default') -> list[KnownEntity]:
        """List a bank's entities, the most often named first."""
        ...
    def merge(self, name: str, other: str, *, bank_id: str='default') -> None:
        """Treat two names as one entity, in sources that are added later too."""
        ...
    def split(self, name: str, other: str, *, bank_id: str='default') -> None:
        """Treat two names as different entities, in sources that are added later too."""
        ...

class Wiki:
    def __call__(self, *, bank_id: str='default') -> list[Page]:
        """List a bank's pages: people, places, things and topics."""
        ...
    def page(self, name: str, *, bank_id: str='default') -> Page:
        """The page of an entity or a topic, by its title, its id, or an alias of its entity."""
        ...
    def history(self, name: str, *, bank_id: str='default') -> list[Revision]:
        """The revisions of an entity's page, oldest first."""
        ...
    def index(self, *, bank_id: str='default') -> str:
        """A bank's index as Markdown."""
        ...
    def log(self, *, bank_id: str='default') -> list[LogEntry]:
        """What was added to a bank, changed and superseded, oldest first."""
        ...

class Costs:
    def __call__(self, *, bank_id: str | None=None, since: datetime | None=None) -> list[CostLine]:
        """List what model calls cost, by run, state, purpose and model."""
        ...
    def grouped(self, by: Literal['run', 'state', 'model'], *, bank_id: str | None=None, since: datetime | None=None) -> list[CostGroup]:
        """What model calls cost, summed up by run, state or model."""
        ...

class Client:
    banks: Banks
    sources: Sources
    runs: Runs
    facts: Facts
    entities: Entities
    wiki: Wiki
    costs: Costs
    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...
    def __init__(self, url: str='http://127.0.0.1:8787', *, token: str | None=None, timeout_s: float=..., attempts: int=...) -> None:
        ...
    def close(self) -> None:
        """Close the connections."""
        ...
    def health(self) -> dict[str, str]:
        """Whether the server lives, and its version; no token is needed."""
        ...
    def check(self) -> None:
        """See that the server can use its database; no token is needed."""
        ...
    def retain_text(self, text: str, *, source_id: str, bank_id: str='default', reference_date: datetime | None=None, format: str | None=None, author: str | None=None, metadata: Mapping[str, str] | None=None, wait_s: float | None=None) -> Run:
        """Retain a text."""
        ...
    def retain_messages(self, messages: Sequence[Mapping[str, Any]], *, source_id: str, bank_id: str='default', reference_date: datetime | None=None, append: bool=False, wait_s: float | None=None) -> Run:
        """Retain the messages of a conversation."""
        ...
    def append(self, text: str, *, source_id: str, bank_id: str='default', reference_date: datetime | None=None, wait_s: float | None=None) -> Run:
        """Append a text to a source, such as the next messages of a chat."""
        ...
    def retain_stream(self, file: BinaryIO, *, source_id: str, bank_id: str='default', reference_date: datetime | None=None, format: str | None=None, author: str | None=None, wait_s: float | None=None) -> list[Run]:
        """Retain an open file; it is sent as it is, and read in the server."""
        ...
    def add(self, fact: str, *, bank_id: str='default', reference_date: datetime | None=None, author: str | None=None) -> list[CitedFact]:
        """Add one fact, in words of your own; see `Facts.add`."""
        ...
    def recall(self, query: str, *, bank_id: str='default', k: int=10, as_of: datetime | None=None, kinds: Collection[HitKind]=..., explain: bool=False, with_superseded: bool=False, min_relevance: float=0.0, sources: Collection[str]=..., tags: Collection[str]=..., speaker: str | None=None, since: datetime | None=None, until: datetime | None=None, metadata: Mapping[str, str] | None=None) -> list[Hit]:
        """Search a bank, best hits first; see `retain.Memory.recall` for the arguments."""
        ...
    def context(self, query: str, *, bank_id: str='default', max_tokens: int=2000, k: int=50, as_of: datetime | None=None, min_relevance: float=..., sources: Collection[str]=..., tags: Collection[str]=..., speaker: str | None=None, since: datetime | None=None, until: datetime | None=None, metadata: Mapping[str, str] | None=None) -> MemoryContext:
        """What a bank holds of a query, as a text for a prompt, with numbered citations."""
        ...
    def reflect(self, question: str, *, bank_id: str='default', k: int=12, as_of: datetime | None=None, min_relevance: float=...) -> Reflection:
        """Answer a question from what a bank recalls, and from nothing else, with citations."""
        ...
    def forget(self, source_id: str, *, bank_id: str='default') -> str:
        """Delete every trace of a source."""
        ...
    def resume(self, source_id: str, *, bank_id: str='default', value: object=..., revive: bool=False, wait_s: float | None=None) -> Run:
        """Resume an interrupted, failed or suspended run."""
        ...
    def events(self, *, bank_id: str | None=None, source_id: str | None=None) -> Iterator[Event | EventsLost]:
        """What happens from now on to the runs that the server drives, until the caller stops."""
        ...
    def show(self, source_id: str, *, bank_id: str='default') -> SourceDetails:
        """A source with its run and its sections; see `Sources.show`."""
        ...
    def pages(self, *, bank_id: str='default') -> list[Page]:
        """The pages of a bank; see `Wiki`."""
        ...
