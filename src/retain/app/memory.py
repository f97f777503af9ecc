"""`Memory`: the facade that every face is made of."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, Self

from retain.app.backends import Backend, open_backend
from retain.app.copying import Copied, CopiedBank, Side, copy
from retain.app.database import DatabaseTables
from retain.app.folder import Exported
from retain.app.intake import (
    Kept,
    KeptRuns,
    PathLike,
    Planned,
    ToldLeftOut,
    as_json_lines,
    given,
)
from retain.app.prompt_context import check_limit, prompt_context
from retain.app.question_answering import answer_question
from retain.app.sources import SourceView
from retain.app.watching import Watcher
from retain.app.wiring import Parts, outside
from retain.config import Settings
from retain.engine import Observer
from retain.engine.arguments import UNSET
from retain.errors import ForgetError, InputError, NotFoundError
from retain.memory.model import (
    RELATED,
    RELEVANT,
    CitedFact,
    Hit,
    HitKind,
    MemoryContext,
    Page,
    Priority,
    Reflection,
    Run,
    Submission,
)
from retain.recall.filters import Filters
from retain.recall.hits import KINDS
from retain.recall.search import recall
from retain.sources.left_out import Selection
from retain.status import RunStatus
from retain.wiki.render_run import RENDER_RUN

if TYPE_CHECKING:
    from retain.app.forecast import Forecast


class Memory:
    """The memory banks of one database. Use it as an async context manager.

    The verbs that most programs need are methods; everything else is in parts by subject. A part
    is called to list what it holds: ``await memory.facts(bank_id="ana")``.

    Every method, also of the parts, raises `DatabaseError` if the database cannot be used,
    `DatabaseBusyError` if another process keeps it locked, and `InputError` for an id that cannot
    be one. What else it raises is named where it is described.

    Attributes:
        settings: The settings of this memory.
        banks: Banks as a whole: `counts`, `delete`, `export`, `export_markdown`, `import_`, `lint`,
            `rebuild`, `reembed`, `integrity`.
        sources: Documents and conversations: `show`, `text`, `preview_forget`.
        runs: How the processing of each source stands: `counts`, `history`, `cancel`, `diagram`,
            `prune`.
        facts: What the sources state: `add`, `correct`, `forget`, `preview_forget`.
        entities: People, places and things: `merge`, `split`.
        wiki: What people read: `page`, `history`, `index`, `log`, `log_text`,
            `render`.
        queue: Sources that wait for workers: `work`, `put`, `resume`, `cancel`, `dead`, `left`.
        database: The tables: `versions`, `migrate`, `check`.
        costs: What model calls cost: `spent`, `journal_hits`, `prune_journal`.

    Example:
        >>> async with Memory.open("sqlite:///memory.db") as memory:
        ...     await memory.retain("notes/", bank_id="ana")
        ...     hits = await memory.recall("Where does Ana live?", bank_id="ana")
        ...     facts = await memory.facts(bank_id="ana", about="Ana")
    """

    def __init__(self, backend: Backend, settings: Settings) -> None:
        self.settings = settings
        parts = self._parts = Parts(backend, settings, outside(backend.journal, settings))
        self._store = parts.store
        self.banks = parts.banks
        self.sources = parts.sources
        self.runs = parts.runs
        self.facts = parts.facts
        self.entities = parts.entities
        self.wiki = parts.wiki
        self.costs = parts.costs
        self.queue = parts.queue
        self.database = DatabaseTables(backend)

    @classmethod
    def open(cls, url: str | None = None, *, settings: Settings | None = None) -> Memory:
        """The memory at a database URL; the database is opened when it is first used.

        Args:
            url: ``sqlite:///PATH``, ``postgresql://USER@HOST/NAME`` or ``pgserver:///FOLDER``;
                the default is the database of the settings.
            settings: The default is taken from the environment.

        Raises:
            InputError: The URL, or a setting, cannot be used.
        """
        settings = settings or Settings.from_environment()
        return cls(open_backend(url or settings.db, settings), settings)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Finish pending work, then close the database and the connections to models."""
        await self._parts.close()

    @property
    def path(self) -> Path | None:
        """The database file; None where a server keeps the database."""
        return self._parts.backend.path

    @property
    def location(self) -> str:
        """Where the database is, for people: no password is in it."""
        return self._parts.backend.location

    async def copy_to(
        self, other: Memory, *, progress: Callable[[CopiedBank], None] | None = None
    ) -> Copied:
        """Copy all banks and runs into another database, which may be of another kind.

        Each bank is copied whole or not at all, and compared with its original by a checksum. A
        call that was interrupted can be repeated: banks and runs that are there are skipped.
        Answers of models stay where they are.

        Args:
            other: The memory to copy to.
            progress: Called with each bank once its copy is verified.

        Raises:
            InputError: The other database has another bank of the same id.
            DatabaseError: A database cannot be used, or a copy differs from its original.
        """
        return await copy(self._side, other._side, progress)

    @property
    def _side(self) -> Side:
        parts = self._parts
        return Side(self.location, parts.store, parts.checkpoint, parts.renderer)

    def subscribe(self, observer: Observer) -> Callable[[], None]:
        """Call `observer` with the events of every run; the returned function ends that."""
        return self._parts.subscribe(observer)

    async def check(self) -> None:
        """Validate the configured models now; other calls do it lazily. Nothing is sent.

        Raises:
            InputError: There is no such model, its key is missing, or its URL cannot be used.
            UnknownPriceError: A cost limit is set, and the model's price is not known.
            MissingExtraError: A dependency of the model is not installed.
        """
        await self._parts.check()

    async def retain(
        self,
        paths: PathLike | Iterable[PathLike],
        *,
        bank_id: str = "default",
        reference_date: datetime | None = None,
        jobs: int = 4,
        planned: Planned | None = None,
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
        left_out: ToldLeftOut | None = None,
        format: str | None = None,
        author: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> list[Run]:
        """Retain files and folders.

        Every source is saved as a run before the first run begins, so that `resume_all` finishes
        all of them after a crash. A source that is unchanged costs nothing, and an interrupted run
        continues where it stopped.

        Args:
            paths: A file, a folder, or several. A file's source id is its path relative to the
                folder that was given, or its name.
            bank_id: The bank.
            reference_date: When the sources were written, for those that do not say so themselves.
            jobs: How many runs are active at once.
            planned: Called once, before the first run begins, with the ids of the sources that
                will run and of those that are unchanged.
            include: Patterns as in a ``.gitignore`` file: of a folder's files, only those that
                match one are retained.
            exclude: Such patterns for files and folders that are left out.
            left_out: Called once with the files of folders that were left out, and why.
            format: The format of the files, a name of README's table; None: their content and their
                suffix decide.
            author: Who wrote the sources, for those whose front matter names no author; None: what
                `Settings.author` says. What they say in the first person is of this person.
            metadata: Properties of the sources, beside those of their front matter; `recall` can
                be limited to them.

        Returns:
            A `Run` for each source, by id. A source that cannot be read has a failed one. A render
            run that did not complete is the last, with an empty source id.

        Raises:
            InputError: An argument cannot be used, and no run was begun.
            UnknownPriceError: A cost limit is set, and the model's price is not known.
            MissingExtraError: A dependency of the model is not installed.
        """
        await self._parts.check()
        runs = await self._parts.intake.files(
            paths,
            bank_id=bank_id,
            reference_date=reference_date,
            jobs=jobs,
            planned=planned,
            selection=Selection(include, exclude),
            left_out=left_out,
            format=format,
            given=given(author, metadata),
        )
        return [*runs, *await self._parts.renderer.render({bank_id})]

    async def retain_stream(
        self,
        file: BinaryIO,
        *,
        source_id: str,
        bank_id: str = "default",
        reference_date: datetime | None = None,
        format: str | None = None,
        jobs: int = 4,
        planned: Planned | None = None,
        author: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> list[Run]:
        """Retain an open file, such as one that was uploaded or what a pipe holds.

        Args:
            file: The file, in binary mode, at its beginning; it has to be seekable.
            source_id: The id of the source, such as the name of the file: its suffix may say what
                the file is. Sources of an export get ids such as ``SOURCE#CONVERSATION``.
            bank_id: The bank.
            reference_date: When it was written, if it does not say so itself.
            format: Its format, a name of README's table; None: its content decides.
            jobs: How many runs are active at once.
            planned: See `retain`.
            author: Who wrote it; see `retain`.
            metadata: Properties of it; see `retain`.

        Returns:
            A `Run` for each source; see `retain`.

        Raises:
            InputError: An argument cannot be used, and no run was begun.
            UnknownPriceError: A cost limit is set, and the model's price is not known.
            MissingExtraError: A dependency of the model is not installed.
        """
        await self._parts.check()
        runs = await self._parts.intake.stream(
            file,
            source_id=source_id,
            bank_id=bank_id,
            reference_date=reference_date,
            format=format,
            jobs=jobs,
            planned=planned,
            given=given(author, metadata),
        )
        return [*runs, *await self._parts.renderer.render({bank_id})]

    async def retain_text(
        self,
        text: str,
        *,
        source_id: str,
        bank_id: str = "default",
        reference_date: datetime | None = None,
        format: str | None = None,
        author: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> Run:
        """Retain a text.

        Args:
            text: A text of any format, such as Markdown, a transcript, chat messages in JSON, a
                table, or a web page.
            source_id: The id of the text in the bank; an earlier text with this id is replaced.
            bank_id: The bank.
            reference_date: When the text was written.
            format: The format, a name of README's table; None: the content decides. A web page, a
                mail, RTF and reStructuredText are converted to Markdown, and spans point into that.
            author: Who wrote it; see `retain`.
            metadata: Properties of it; see `retain`.

        Returns:
            The run; its ``status`` is ``completed``, ``failed`` or ``suspended``.

        Raises:
            InputError: An id cannot be used, the text is not Unicode, or there is no such format.
            UnknownPriceError: A cost limit is set, and the model's price is not known.
            MissingExtraError: A dependency of the model is not installed.
            LeaseHeldError: Another process is running this source.
            CheckpointError: The run cannot be saved or read.
        """
        await self._parts.check()
        run = await self._parts.intake.text(
            text,
            source_id=source_id,
            bank_id=bank_id,
            reference_date=reference_date,
            format=format,
            given=given(author, metadata),
        )
        if self.settings.choice is not None:  # readers render pages, but ask no model for leads
            await self._parts.renderer.render({bank_id})
        return run

    async def add(
        self,
        fact: str,
        *,
        bank_id: str = "default",
        reference_date: datetime | None = None,
        author: str | None = None,
    ) -> list[CitedFact]:
        """Add one fact, in words of your own; see `Facts.add`."""
        return await self.facts.add(
            fact, bank_id=bank_id, reference_date=reference_date, author=author
        )

    async def submit(
        self,
        paths: PathLike | Iterable[PathLike],
        *,
        bank_id: str = "default",
        reference_date: datetime | None = None,
        priority: Priority = "normal",
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
        left_out: ToldLeftOut | None = None,
        format: str | None = None,
        author: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> Submission:
        """Have workers retain files and folders; their texts are saved before this returns.

        A source whose content the bank has is unchanged, and one that waits in the queue is not
        added twice, so a call that was interrupted can be repeated.

        Args:
            paths: See `retain`, also for the other arguments.
            bank_id: The bank.
            reference_date: When the sources were written.
            priority: How soon workers take the sources: those of a higher priority before all
                others. Banks whose sources have the same priority take turns.
            include: Patterns of the files to retain.
            exclude: Patterns of the files and folders to leave out.
            left_out: Called once with the files of folders that were left out, and why.
            format: The format of the files.
            author: Who wrote the sources.
            metadata: Properties of the sources.

        Raises:
            InputError: An argument cannot be used, or the database is not Postgres.
            MissingExtraError: The extra ``fleet``, or a dependency of the model, is not installed.
            UnknownPriceError: A cost limit is set, and the model's price is not known.
            CheckpointError: The runs cannot be saved.
        """
        await self._parts.check()
        jobs: list[int] = []
        kept = await self._parts.intake.keep_files(
            paths,
            bank_id=bank_id,
            reference_date=reference_date,
            kept=self._queued(bank_id, priority, jobs),
            selection=Selection(include, exclude),
            left_out=left_out,
            format=format,
            given=given(author or self.settings.author, metadata),
        )
        return _submission(kept, jobs)

    async def submit_text(
        self,
        text: str,
        *,
        source_id: str,
        bank_id: str = "default",
        reference_date: datetime | None = None,
        priority: Priority = "normal",
        format: str | None = None,
        author: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> Submission:
        """Have workers retain a text, which is saved before this returns.

        Args:
            text: See `retain_text`, also for the other arguments.
            source_id: The id of the text in the bank; an earlier text with this id is replaced.
            bank_id: The bank.
            reference_date: When the text was written.
            priority: How soon a worker takes it; see `submit`.
            format: The format.
            author: Who wrote it.
            metadata: Properties of it.

        Raises:
            InputError: An argument cannot be used, or the database is not Postgres.
            MissingExtraError: The extra ``fleet``, or a dependency of the model, is not installed.
            UnknownPriceError: A cost limit is set, and the model's price is not known.
            CheckpointError: The run cannot be saved.
        """
        await self._parts.check()
        jobs: list[int] = []
        kept = await self._parts.intake.keep_text(
            text,
            source_id=source_id,
            bank_id=bank_id,
            reference_date=reference_date,
            kept=self._queued(bank_id, priority, jobs),
            format=format,
            given=given(author or self.settings.author, metadata),
        )
        return _submission(kept, jobs)

    def _queued(self, bank_id: str, priority: Priority, jobs: list[int]) -> Kept:
        """What puts sources into the queue once their runs are kept, and notes their jobs."""
        self.queue.check()

        async def queued(source_ids: Sequence[str], new: Collection[str]) -> None:
            jobs.extend(await self.queue.put(bank_id, source_ids, new=new, priority=priority))

        return queued

    async def append(
        self,
        text: str,
        *,
        source_id: str,
        bank_id: str = "default",
        reference_date: datetime | None = None,
    ) -> Run:
        """Append a text to a source, such as the next messages of a chat.

        An append to a chat with a JSON message on each line costs the same for a long chat as for a
        short one: only the new messages are processed. They are read together with the eight
        messages before them, and names from the last 500 are recognised in them. A fact that
        rephrases an older one may be stored as a second fact. Any other source is processed again
        as a whole.

        Two calls for one source wait for each other, as long as `Settings.busy_timeout_s` says.

        Args:
            text: The text. A new line is put before it where the source does not end with one.
            source_id: The id of the source; the first append creates it.
            bank_id: The bank.
            reference_date: When the source was written. A source has one date: messages of
                different days have to carry a ``timestamp``.

        Returns:
            The run; its ``status`` is ``completed``, ``failed`` or ``suspended``. One that is not
            completed keeps its text: it goes on with `resume`, or with the same call again.

        Raises:
            InputError: An id cannot be used; the text is empty or not Unicode; the source has
                another date, or its text is not kept.
            SourceError: The text cannot be read as a part of the source, or makes it too large.
            AppendError: An earlier append has not completed, and cannot.
            ForgetError: The source, or a fact of it, is not completely forgotten; resume its run.
            UnknownPriceError: A cost limit is set, and the model's price is not known.
            MissingExtraError: A dependency of the model is not installed.
            LeaseHeldError: Another process is running this source.
            CheckpointError: The run cannot be saved or read.
        """
        await self._parts.check()
        run = await self._parts.intake.append(
            text, source_id=source_id, bank_id=bank_id, reference_date=reference_date
        )
        if self.settings.choice is not None:  # see `retain_text`
            await self._parts.renderer.render({bank_id})
        return run

    async def retain_messages(
        self,
        messages: Sequence[Mapping[str, Any]],
        *,
        source_id: str,
        bank_id: str = "default",
        reference_date: datetime | None = None,
        append: bool = False,
    ) -> Run:
        """Retain the messages of a conversation, as an agent has them in its hands.

        Args:
            messages: Each a mapping with ``role`` and ``content``, and perhaps ``name`` and
                ``timestamp``; `content` is a text or a list of parts, as model providers have it.
            source_id: The id of the conversation in the bank.
            bank_id: The bank.
            reference_date: When it was said, for messages without a ``timestamp``.
            append: Whether to add the messages to those that are there, at the cost of the new
                ones alone, instead of replacing them.

        Returns:
            The run; see `retain_text` and `append`, also for the errors.

        Raises:
            InputError: There are no messages, or one of them is no mapping or not JSON.
        """
        text = as_json_lines(messages)
        take = self.append if append else self.retain_text
        return await take(text, source_id=source_id, bank_id=bank_id, reference_date=reference_date)

    def watch(
        self,
        folders: PathLike | Iterable[PathLike],
        *,
        bank_id: str = "default",
        reference_date: datetime | None = None,
        forget_deleted: bool = False,
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
        author: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> Watcher:
        """A watcher that retains the files in folders whenever they change.

        Args:
            folders: A folder, or several.
            bank_id: The bank.
            reference_date: When the sources were written, for those that do not say so themselves.
            forget_deleted: Whether to forget sources whose files are deleted.
            include: Patterns of the files to retain; see `retain`.
            exclude: Patterns of the files and folders to leave out.
            author: Who wrote the sources; see `retain`.
            metadata: Properties of the sources; see `retain`.
        """
        return Watcher(
            [folders] if isinstance(folders, (str, Path)) else list(folders),
            self._parts.intake,
            bank_id=bank_id,
            reference_date=reference_date,
            forget=partial(self.forget, bank_id=bank_id) if forget_deleted else None,
            selection=Selection(include, exclude),
            given=given(author, metadata),
        )

    async def forecast(
        self,
        paths: PathLike | Iterable[PathLike],
        *,
        bank_id: str = "default",
        reference_date: datetime | None = None,
        jobs: int = 4,
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
        author: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> Forecast:
        """Estimate what `retain` would cost with the configured model; nothing is sent.

        The pipeline runs on a copy of the database, and a rule-based stub answers instead of the
        model. Answers that the journal has are not counted. A model may find more facts than the
        stub, or fewer.

        Args:
            paths: See `retain`, also for the other arguments.
            bank_id: The bank.
            reference_date: When the sources were written.
            jobs: How many runs are active at once.
            include: Patterns of the files to retain; see `retain`.
            exclude: Patterns of the files and folders to leave out.
            author: Who wrote the sources; see `retain`.
            metadata: Properties of the sources; see `retain`.

        Raises:
            ModelRequiredError: No model is configured.
            InputError: An argument cannot be used.
            MissingExtraError: A dependency of the model is not installed.
        """
        from retain.app.forecast import forecast  # few calls need it, and it loads numpy

        return await forecast(
            *(self._parts.backend, self.settings, paths),
            bank_id=bank_id,
            reference_date=reference_date,
            jobs=jobs,
            selection=Selection(include, exclude),
            given=given(author, metadata),
        )

    async def recall(
        self,
        query: str,
        *,
        bank_id: str = "default",
        k: int = 10,
        as_of: datetime | None = None,
        kinds: Collection[HitKind] = KINDS,
        explain: bool = False,
        with_superseded: bool = False,
        min_relevance: float = 0.0,
        sources: Collection[str] = (),
        tags: Collection[str] = (),
        speaker: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> list[Hit]:
        """Search a bank, best hits first.

        Args:
            query: A question or some words; nothing in it is syntax.
            bank_id: The bank; one that does not exist gives no hits.
            k: How many hits at most, 1 to 1000.
            as_of: Answer as of this time: leave out what was said later, and return facts that
                were superseded only later. What has no date is of when it came in.
            kinds: Which hits to return: facts, sections, or for each section the better of both.
            explain: Whether a hit's reasons keep apart the words of the hit itself and the words
                around it.
            with_superseded: Whether to return superseded facts too; their `superseded_by` is set.
            min_relevance: Leave out hits whose `relevance` is less, 0 to 1. For questions that
                the bank may hold no answer to, `retain.memory.model.RELEVANT` is a good value.
            sources: Only in these sources; ``*`` in an id stands for any text. The name of a file
                of many sources means all of them.
            tags: Only in sources with all of these tags.
            speaker: Only what this person says.
            since: Only what was said at this time or later.
            until: Only what was said at this time or before.
            metadata: Only in sources whose front matter has these values.

        Raises:
            InputError: The query is empty, `k` or `min_relevance` is out of range, `kinds` is
                empty, or a time has no time zone.
            MissingExtraError: A dependency of the bank's embedder is not installed.
            ModelBusyError: The embedder's server is busy, unreachable or too slow.
            ModelError: The embedder's server cannot be used.
        """
        return await recall(
            self._store,
            query,
            bank_id,
            k=k,
            as_of=as_of,
            embedders=self._parts.embedders,
            kinds=kinds,
            explain=explain,
            with_superseded=with_superseded,
            min_relevance=min_relevance,
            filters=Filters(sources, tags, speaker, since, until, metadata or {}),
        )

    async def context(
        self,
        query: str,
        *,
        bank_id: str = "default",
        max_tokens: int = 2_000,
        k: int = 50,
        as_of: datetime | None = None,
        min_relevance: float = RELATED,
        sources: Collection[str] = (),
        tags: Collection[str] = (),
        speaker: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> MemoryContext:
        """What a bank holds of a query, as a text for a prompt, with numbered citations.

        Args:
            query: A question or some words, such as what the user has just said.
            bank_id: The bank.
            max_tokens: How many tokens the text may have, 50 to 200,000. They are estimated
                without the tokenizer of a model.
            k: How many hits are taken at most.
            as_of: Answer as of this time; see `recall`, also for the filters.
            min_relevance: Leave out hits whose `relevance` is less.
            sources: Only from these sources.
            tags: Only from sources with all of these tags.
            speaker: Only what this person says.
            since: Only what was said at this time or later.
            until: Only what was said at this time or before.
            metadata: Only from sources whose front matter has these values.

        Raises:
            InputError: An argument cannot be used.
            MissingExtraError: A dependency of the bank's embedder is not installed.
            ModelBusyError: The embedder's server is busy, unreachable or too slow.
            ModelError: The embedder's server cannot be used.
        """
        check_limit(max_tokens)
        hits = await self.recall(
            query,
            bank_id=bank_id,
            k=k,
            as_of=as_of,
            min_relevance=min_relevance,
            sources=sources,
            tags=tags,
            speaker=speaker,
            since=since,
            until=until,
            metadata=metadata,
        )
        return prompt_context(query, hits, max_tokens)

    async def reflect(
        self,
        question: str,
        *,
        bank_id: str = "default",
        k: int = 12,
        as_of: datetime | None = None,
        min_relevance: float = RELEVANT,
    ) -> Reflection:
        """Answer a question from what a bank recalls, and from nothing else, with citations.

        Args:
            question: The question, at most 2,000 characters.
            bank_id: The bank.
            k: How many hits to answer from at most, 1 to 1000.
            as_of: Answer as of this time; see `recall`.
            min_relevance: Where no hit is as relevant as this, the answer is taken not to be in
                memory, and no model is asked.

        Returns:
            The answer and the hits that it cites, or that the answer is not in memory.

        Raises:
            ModelRequiredError: No model is configured.
            InputError: The question is empty or too long, or `k` is out of range.
            UnknownPriceError: A cost limit is set, and the model's price is not known.
            MissingExtraError: A dependency of the model or of the bank's embedder is missing.
            ModelBusyError: The model's server is busy, unreachable or too slow.
            ModelRefusedError: The server refuses the key, or does not know the model.
            AnswerError: The model's answer does not fit the request.
            TruncatedError: The model's answer was cut off.
            BudgetError: The question may cost more than the budget allows.
        """
        await self._parts.check()
        return await answer_question(
            question,
            bank_id=bank_id,
            k=k,
            as_of=as_of,
            min_relevance=min_relevance,
            recall=self.recall,
            answerer=self._parts.answerer(),
        )

    async def forget(self, source_id: str, *, bank_id: str = "default") -> str:
        """Delete every trace of a source: its text, facts, vectors, model answers and run.

        Facts that it had superseded become current again, and pages are rendered without it. What
        killed exports and dry runs left is deleted; `memory.banks.copies` lists the exports, which
        are not touched. A call that was interrupted can be resumed like any run.

        Args:
            source_id: The source's id, or the path that it was ingested from. The name of a file
                of many sources, such as a mailbox, means all of them.
            bank_id: The bank.

        Returns:
            The source's id; the name that was given where it means several sources.

        Raises:
            SourceNotFoundError: The bank has no such source.
            LeaseHeldError: Another process is running this source.
            ForgetError: The source is not completely forgotten; resume its run to continue.
            CheckpointError: The run cannot be saved or read.
        """
        try:
            source_ids = await self._parts.lookup.find_all(source_id, bank_id)
        except NotFoundError:
            await self._store.vacuum()  # an earlier call may have been killed just before this
            raise
        await self.queue.release(bank_id, source_ids)
        for one in source_ids:
            run = await self._parts.runner.forget(bank_id, one)
            if run.status != RunStatus.COMPLETED:
                raise ForgetError(one, "; ".join(run.errors))
        await self._parts.copies.delete_unused(bank_id)
        return source_ids[0] if len(source_ids) == 1 else source_id

    async def resume(
        self,
        source_id: str,
        *,
        bank_id: str = "default",
        value: object = UNSET,
        revive: bool = False,
    ) -> Run:
        """Resume a source's run; a completed one is returned as it is, and so is a dead one.

        Args:
            source_id: The source's id, or the path that it was ingested from.
            bank_id: The bank.
            value: The answer for the state that suspended the run; see `RetainFSM.resume`.
            revive: Resume a dead run too.

        Raises:
            InputError: No state of the run waits for `value`.
            SourceNotFoundError: The bank has no such source, and no run of one.
            NotFoundError: The source's run was pruned.
            LeaseHeldError: Another process is running this source.
            CheckpointError: The run cannot be saved or read.
        """
        source_id = await self._parts.lookup.find(source_id, bank_id)
        run = await self._parts.runner.resume(bank_id, source_id, value, revive=revive)
        await self.queue.settle([run])
        await self._parts.renderer.render({bank_id})
        return run

    async def resume_all(
        self,
        *,
        bank_id: str | None = None,
        jobs: int = 4,
        planned: Planned | None = None,
        dead: Literal["leave", "too", "only"] = "leave",
    ) -> list[Run]:
        """Resume every run that was interrupted, failed, suspended or partial.

        Args:
            bank_id: Only runs of this bank; None: of all banks.
            jobs: How many runs are active at once.
            dead: What to do with dead runs, which killed their process too often: ``leave`` them,
                resume them ``too``, or ``only`` them.
            planned: Called once, before the first run begins, with the ids of the sources that
                will run and of those that are unchanged.

        Returns:
            The runs that were resumed.

        Raises:
            InputError: `jobs` is less than 1.
        """
        if jobs < 1:
            raise InputError(f"jobs must be at least 1, not {jobs}")
        unfinished = await self.runs.unfinished(bank_id=bank_id, dead=dead)
        if planned is not None:
            planned([run.source_id for run in unfinished], [])
        keys = [(run.bank_id, run.source_id) for run in unfinished if run.source_id != RENDER_RUN]
        bank_ids = {run.bank_id for run in unfinished}
        await self._parts.renderer.put_down(bank_ids)
        revive = dead != "leave"
        resumed = await self._parts.runner.resume_each(keys, jobs, revive=revive)
        await self.queue.settle(resumed)
        await self._store.vacuum()  # a process may have died between forgetting and this
        return [*resumed, *await self._parts.renderer.render(bank_ids)]

    async def export_folder(
        self, bank_id: str, folder: PathLike, *, force: bool = False
    ) -> Exported:
        """Write a bank as a folder of Markdown; see `Banks.export_markdown`."""
        return await self.banks.export_markdown(folder, bank_id=bank_id, force=force)

    async def show(self, source_id: str, *, bank_id: str = "default") -> SourceView:
        """A source with its run and its sections; see `Sources.show`."""
        return await self.sources.show(source_id, bank_id=bank_id)

    async def pages(self, *, bank_id: str = "default") -> list[Page]:
        """The pages of a bank; see `Pages`."""
        return await self.wiki(bank_id=bank_id)


def _submission(kept: KeptRuns, jobs: Sequence[int]) -> Submission:
    unchanged = [run.source_id for run in kept.same]
    return Submission(kept.waiting, unchanged, kept.refused, jobs)
