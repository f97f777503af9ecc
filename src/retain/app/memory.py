"""`Memory`: what the command line and every other face are made of."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from retain.app.asking import Asking
from retain.app.finding import source_named
from retain.app.forecast import Forecast, Rehearsal, forecast_of
from retain.app.forgetting import Forgetting, Preview, standing_without, stated_without
from retain.app.intake import Intake, PathLike, Planned
from retain.app.known import KnownEntity, counted
from retain.app.known import about as facts_about
from retain.app.lint import Finding, Linter
from retain.app.parts import Outside, Parts, outside
from retain.app.reembed import Progress, reembed
from retain.app.runner import Runner, is_unfinished, told, with_text
from retain.app.transfer import Exported, File, Imported, Transfer
from retain.app.watching import Watcher
from retain.app.wiki import Reader
from retain.config import Settings, default_db
from retain.db.sqlite import Database
from retain.db.url import sqlite_path
from retain.engine import Observer
from retain.errors import DatabaseDamagedError, ForgetError, InputError, NotFoundError
from retain.memory.context import RetainContext
from retain.memory.model import (
    CitedFact,
    CostLine,
    Counts,
    Entity,
    Hit,
    HitKind,
    LogEntry,
    Page,
    Reflection,
    Revision,
    Run,
    SectionRow,
    Spending,
    StoredSource,
)
from retain.memory.ports import CorrectionKind
from retain.recall.hits import KINDS
from retain.recall.search import recall
from retain.stores.sqlite.journal import journal_path


@dataclass(frozen=True, slots=True)
class SourceView:
    """All there is to tell of one source.

    Args:
        source: What the bank holds, or None while nothing of it is visible.
        run: Its latest run, or None if that was pruned.
        context: The run's context with its step log, or None like `run`. That of a completed run
            has no facts: the bank has.
        sections: The visible sections in order.
        facts: How many facts the run found.
        merged: How many statements of them it found repeated.
    """

    source: StoredSource | None
    run: Run | None
    context: RetainContext | None
    sections: Sequence[SectionRow]
    facts: int
    merged: int


class Memory:
    """Memory banks in one database. Use it as an async context manager.

    Example:
        >>> async with Memory.open("sqlite:///memory.db") as memory:
        ...     await memory.retain("notes/", bank_id="ana")
        ...     hits = await memory.recall("Where does Ana live?", bank_id="ana")
    """

    def __init__(
        self, database: Database, settings: Settings, beyond: Outside | None = None
    ) -> None:
        self.settings = settings
        parts = self._parts = Parts(database, settings, beyond or outside(database, settings))
        self._database, self._store, self._checkpoint = database, parts.store, parts.checkpoint
        self._superseder, self._finder = parts.superseder, parts.finder
        self._pages = Reader(parts.store, parts.writer, parts.superseder)
        self._transfer = Transfer(parts.store, parts.writer, parts.superseder)
        self._linter = Linter(parts.store, parts.writer, parts.superseder)
        self._preview = Preview(parts.store, parts.writer, parts.superseder, parts.finder)
        fold, choice = parts.store.fold, settings.choice
        self._runner = Runner(parts.machine_of, parts.checkpoint, fold, parts.underway, choice)
        self._intake = Intake(parts.store, parts.checkpoint, self._runner, parts.reader, choice)

    @classmethod
    def open(cls, url: str | None = None, *, settings: Settings | None = None) -> Memory:
        """The memory at a database URL; nothing is opened before it is used.

        Args:
            url: ``sqlite:///PATH``; the default is the settings' database.
            settings: The default is what the environment says.

        Raises:
            InputError: The URL, or a setting, cannot be used.
        """
        settings = settings or Settings.from_environment()
        path = sqlite_path(url or settings.db)
        if path == sqlite_path(default_db()):
            path.parent.mkdir(parents=True, exist_ok=True)
        database = Database(
            path, durability=settings.durability, busy_timeout_s=settings.busy_timeout_s
        )
        return cls(database, settings)

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
        """Finish what was asked and close what is open."""
        await self._parts.close()

    @property
    def path(self) -> Path:
        """The database file."""
        return self._database.path

    def subscribe(self, observer: Observer) -> Callable[[], None]:
        """Tell `observer` of every run and step; the returned function ends that."""
        return self._parts.subscribe(observer)

    async def diagram(self, source_id: str | None = None, *, bank_id: str = "default") -> str:
        """The pipeline as a Mermaid state diagram, with a run's states coloured and timed.

        Args:
            source_id: Whose run; none: the pipeline alone.
            bank_id: The source's bank.

        Raises:
            NotFoundError: There is no such run.
        """
        if source_id is None:
            return self._parts.pipeline.diagram()
        ctx = (await self.show(source_id, bank_id=bank_id)).context
        if ctx is None:
            raise NotFoundError(f"the run of {source_id!r} in bank {bank_id!r} was pruned")
        return self._parts.pipeline.diagram(steps=ctx.step_log)

    async def check(self) -> None:
        """Load the models that the settings name, for those who want to know at once of a flaw.

        Whatever asks them does so itself. Nothing is sent.

        Raises:
            InputError: There is no such model, it lacks a key, or its URL cannot be used.
            MissingExtraError: What it needs is not installed.
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
    ) -> list[Run]:
        """Retain files and folders.

        Every source is put down as a run before the first of them begins, so that `resume_all`
        finishes the whole of it after a crash. A source that the bank holds already costs nothing;
        one whose run was interrupted goes on where it stopped.

        Args:
            paths: A file, a folder, or several. A file's source id is its path relative to the
                folder that was given, or its name.
            bank_id: Whose memory they go into.
            reference_date: When they were written, where they do not say so themselves.
            jobs: How many run at once.
            planned: Told what will run.

        Returns:
            One `Run` a source, by id. A source that cannot be read has a failed one.

        Raises:
            InputError: The arguments cannot be used; nothing was begun.
            DatabaseError: The database cannot be used.
            DatabaseBusyError: Another process keeps the database locked.
        """
        await self._parts.check()
        return await self._intake.files(
            paths, bank_id=bank_id, reference_date=reference_date, jobs=jobs, planned=planned
        )

    async def forecast(
        self,
        paths: PathLike | Iterable[PathLike],
        *,
        bank_id: str = "default",
        reference_date: datetime | None = None,
        jobs: int = 4,
    ) -> Forecast:
        """What `retain` would ask the settings' model, and what that would cost; nothing is sent.

        The pipeline runs on a copy of the database with a stand-in that answers by rules, and what
        the journal holds is not counted. A model may find more than rules, or less.

        Args:
            paths: As for `retain`, and so for the others.
            bank_id: Whose memory they would go into.
            reference_date: When they were written.
            jobs: How many run at once.

        Raises:
            InputError: The settings name no model, or the arguments cannot be used.
            DatabaseError: The database cannot be read.
        """
        choice = self.settings.choice
        if choice is None:
            raise InputError("rules cost nothing: name a model to learn what it would cost")
        rehearsal = Rehearsal(self.path, self.settings, self._parts.journal)
        try:
            await rehearsal.begin()
            async with Memory(rehearsal.database, rehearsal.settings, rehearsal.outside) as dry:
                runs = await dry.retain(
                    paths, bank_id=bank_id, reference_date=reference_date, jobs=jobs
                )
                lines = tuple(await rehearsal.journal.costs())
                hits = len(rehearsal.journal.held)
                return forecast_of(choice.model, runs, lines, dry.spent, hits)
        finally:
            await asyncio.to_thread(rehearsal.end)

    @property
    def spent(self) -> Spending:
        """What calls to models have come to since this memory was opened."""
        return self._parts.models.spent

    @property
    def journal_hits(self) -> int:
        """How many answers the journal had, so that they were not asked for again."""
        return self._parts.models.hits

    def watch(
        self,
        folders: PathLike | Iterable[PathLike],
        *,
        bank_id: str = "default",
        reference_date: datetime | None = None,
        forget_deleted: bool = False,
    ) -> Watcher:
        """What follows folders and retains what changes in them.

        Args:
            folders: One, or several.
            bank_id: Whose memory changes go into.
            reference_date: When they were written, where they do not say so themselves.
            forget_deleted: Whether sources whose files are deleted are forgotten.
        """
        given = [folders] if isinstance(folders, (str, Path)) else list(folders)
        return Watcher(
            given,
            self._intake,
            bank_id=bank_id,
            reference_date=reference_date,
            forget=partial(self.forget, bank_id=bank_id) if forget_deleted else None,
        )

    async def retain_text(
        self,
        text: str,
        *,
        source_id: str,
        bank_id: str = "default",
        reference_date: datetime | None = None,
    ) -> Run:
        """Retain a text.

        Args:
            text: Markdown, a transcript, or chat messages in JSON or JSONL.
            source_id: Its name in the bank; a text of the same name is replaced.
            bank_id: Whose memory it goes into.
            reference_date: When it was written.

        Returns:
            How its run ended; ``status`` is ``completed`` or ``failed``.

        Raises:
            InputError: An id cannot be used, or the text is not Unicode.
            LeaseHeldError: Another runner is at this source.
            CheckpointError: The run could not be kept.
        """
        await self._parts.check()
        return await self._intake.text(
            text, source_id=source_id, bank_id=bank_id, reference_date=reference_date
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
    ) -> list[Hit]:
        """What the bank knows of a query, best first.

        Args:
            query: A question or some words; nothing in it is syntax.
            bank_id: Whose memory is asked.
            k: How many hits at most, 1 to 1000.
            as_of: Go back in time: leave out what was said later, and give what only that has
                replaced.
            kinds: What to give: facts, sections, or of each section what answers it best.
            explain: Whether the reasons of a hit tell its own words from those around it.
            with_superseded: Whether to give what later facts have replaced as well; such hits
                tell by which.

        Raises:
            InputError: The query is empty, `k` out of range, or `kinds` names none.
            MissingExtraError: What made the bank's vectors is not installed.
            DatabaseError: The database cannot be read.
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
        )

    async def reflect(
        self,
        question: str,
        *,
        bank_id: str = "default",
        k: int = 12,
        as_of: datetime | None = None,
    ) -> Reflection:
        """Answer a question from what the bank knows, and from nothing else, with citations.

        Args:
            question: What is asked, in at most 2,000 characters.
            bank_id: Whose memory is asked.
            k: How many hits to answer from at most, 1 to 1000.
            as_of: Go back in time, as `recall` does.

        Returns:
            The answer and the hits that it cites; that it is not in memory, where it is not.

        Raises:
            InputError: The question is empty or too long, `k` out of range, or there is no model.
            MissingExtraError: What made the bank's vectors is not installed.
            ModelBusyError: The model's server is busy, out of reach or too slow.
            ModelRefusedError: It refuses the key, or does not know the model.
            AnswerError: What it answers cannot be read.
            TruncatedError: Its answer was cut.
            BudgetError: The question may cost more than is left.
            DatabaseError: The database cannot be read.
        """
        await self._parts.check()
        asking = Asking(self.recall, self._parts.answerer())
        return await asking.reflect(question, bank_id=bank_id, k=k, as_of=as_of)

    async def reembed(
        self, *, bank_id: str = "default", progress: Progress | None = None
    ) -> tuple[int, str]:
        """Give the bank the vectors of the settings' embedder; a call that was cut off goes on.

        Args:
            bank_id: Whose memory.
            progress: Told how far it is.

        Returns:
            How many sections were embedded, and the model.

        Raises:
            NotFoundError: There is no such bank.
            MissingExtraError: What the embedder needs is not installed.
        """
        embedders = self._parts.embedders
        embedder = embedders.get(embedders.preferred)
        return await reembed(self._store, embedder, bank_id, progress), embedder.model

    async def forget(self, source_id: str, *, bank_id: str = "default") -> str:
        """Remove every trace of a source: all that it said, of it and by it, and its run.

        That is a run itself, which can be resumed. What the source had replaced holds again, and
        the pages are rendered from what is left.

        Args:
            source_id: Its id, or the path of the file that it came from.
            bank_id: Whose memory it leaves.

        Returns:
            Its id.

        Raises:
            NotFoundError: The bank has no such source.
            LeaseHeldError: It is being run.
            ForgetError: It could not be forgotten to the end; resuming it goes on.
        """
        try:
            source_id = await self._resolve(source_id, bank_id)
        except NotFoundError:
            await self._store.fold()  # an earlier call may have been kept from it
            raise
        run = await self._runner.forget(bank_id, source_id)
        if run.status != "completed":
            raise ForgetError(source_id, "; ".join(run.errors))
        return source_id

    async def forget_fact(self, fact_id: str, *, bank_id: str = "default") -> str:
        """Remove every trace of one fact; its words are blanked in its source.

        They stay blank when the source comes in again, until the source itself is forgotten.

        Args:
            fact_id: As `facts` and `recall` give it.
            bank_id: Whose memory it leaves.

        Returns:
            The id of its source.

        Raises:
            NotFoundError: The bank has no such fact, or the text of its source is not kept.
            LeaseHeldError: Its source is being run.
            ForgetError: It could not be forgotten to the end, or a model has yet to read a new
                version of its source; resuming its source goes on.
        """
        source_id = (await self._cited(fact_id, bank_id)).source_id
        quotes = await self._quotes(fact_id, source_id, bank_id)
        buried = (await self._store.buried(bank_id, source_id)).get(source_id, ())
        visible = await self._visible(source_id, bank_id)
        run = await self._runner.forget_fact(bank_id, source_id, fact_id, quotes, buried, visible)
        if run.status != "completed":
            raise ForgetError(source_id, "; ".join(run.errors))
        return source_id

    async def would_forget(self, source_id: str, *, bank_id: str = "default") -> Forgetting:
        """What would go with a source; nothing does.

        Raises:
            NotFoundError: The bank has no such source.
        """
        source_id = await self._resolve(source_id, bank_id)
        return await self._preview.of_source(bank_id, source_id)

    async def would_forget_fact(self, fact_id: str, *, bank_id: str = "default") -> Forgetting:
        """What would go with a fact; nothing does. Facts that lean on its words go as well.

        Raises:
            NotFoundError: The bank has no such fact, or the text of its source is not kept.
            ForgetError: A model has yet to read a new version of its source.
        """
        cited = await self._cited(fact_id, bank_id)
        visible = await self._visible(cited.source_id, bank_id)
        kept = await self._runner.kept(bank_id, cited.source_id)
        kept = with_text(kept, cited.source_id, visible)
        quotes = await self._quotes(fact_id, cited.source_id, bank_id)
        if kept.model is not None:
            said = await self._store.facts(bank_id, cited.source_id)
            left = standing_without(quotes, kept.md_text, [fact for _, fact in said])
        else:
            left = await stated_without(quotes, kept, self._parts.reader, self._parts.extractor)
        return await self._preview.of_fact(bank_id, cited, left)

    async def _visible(self, source_id: str, bank_id: str) -> str:
        """The name of the content that the bank holds of a source."""
        held = await self._store.source(bank_id, source_id)
        return held.content_hash if held is not None else ""

    async def _quotes(self, fact_id: str, source_id: str, bank_id: str) -> list[str]:
        """The words of a source that state a fact, all repetitions too."""
        said = await self._store.knowledge(bank_id, source_id)
        stated = [*said.facts, *(merged.fact for merged in said.merged)]
        return [fact.quote for fact in stated if fact.fact_id == fact_id]

    async def _cited(self, fact_id: str, bank_id: str) -> CitedFact:
        found = await self._store.cited_by_id(bank_id, [fact_id])
        if fact_id not in found:
            raise NotFoundError(
                f"bank {bank_id!r} has no fact {fact_id!r}: `retain facts --json` gives their ids"
            )
        return found[fact_id]

    async def runs(self, *, bank_id: str | None = None, status: str | None = None) -> list[Run]:
        """The latest run of every source, by bank and source.

        Raises:
            InputError: There is no such status.
        """
        return [told(summary) for summary in await self._checkpoint.list(bank_id, status)]

    async def show(self, source_id: str, *, bank_id: str = "default") -> SourceView:
        """All there is to tell of one source.

        Raises:
            NotFoundError: The bank has no such source, and no run of one.
        """
        source_id = await self._resolve(source_id, bank_id)
        summary = {run.source_id: run for run in await self.runs(bank_id=bank_id)}.get(source_id)
        ctx = await self._checkpoint.load(bank_id, source_id)
        found = await self._store.knowledge(bank_id, source_id)
        of_run = found if ctx is None or ctx.status == "completed" else ctx
        return SourceView(
            await self._store.source(bank_id, source_id),
            summary,
            ctx,
            await self._store.sections(bank_id, source_id),
            len(of_run.facts),
            len(of_run.merged),
        )

    async def resume(self, source_id: str, *, bank_id: str = "default") -> Run:
        """Go on with a source's run; a completed one is returned as it is.

        Raises:
            NotFoundError: There is no such run.
            LeaseHeldError: Another runner is at it.
            CheckpointError: The run cannot be read back or kept.
        """
        source_id = await self._resolve(source_id, bank_id)
        return await self._runner.resume(bank_id, source_id)

    async def resume_all(
        self, *, bank_id: str | None = None, jobs: int = 4, planned: Planned | None = None
    ) -> list[Run]:
        """Go on with every run that has not completed and that nobody runs.

        Args:
            bank_id: Of one bank, or of all.
            jobs: How many run at once.
            planned: Told what will run.

        Returns:
            How each of them ended.
        """
        if jobs < 1:
            raise InputError(f"jobs must be at least 1, not {jobs}")
        ahead = [run for run in await self.runs(bank_id=bank_id) if is_unfinished(run)]
        if planned is not None:
            planned([run.source_id for run in ahead], [])
        keys = [(run.bank_id, run.source_id) for run in ahead]
        ran = await self._runner.resume_each(keys, jobs)
        await self._store.fold()  # a process may have died between forgetting and this
        return ran

    async def facts(
        self, *, bank_id: str = "default", source_id: str | None = None, about: str | None = None
    ) -> list[CitedFact]:
        """The facts of a bank in the order of its sources.

        Args:
            bank_id: Whose.
            source_id: Of one source only: its id, or the path that it came from.
            about: Of one entity only: any of its names.

        Raises:
            NotFoundError: The bank has no such source.
        """
        if source_id is not None:
            source_id = await self._resolve(source_id, bank_id)
        found = list(await self._store.cited(bank_id, source_id))
        return found if about is None else facts_about(found, await self._named(bank_id), about)

    async def entities(self, *, bank_id: str = "default") -> list[KnownEntity]:
        """Who and what a bank's sources name, the most named first.

        They depend on the names in the bank and on users' corrections alone, not on the order in
        which the sources came.
        """
        return counted(await self._named(bank_id), await self._store.names(bank_id))

    async def merge_entities(self, name: str, other: str, *, bank_id: str = "default") -> None:
        """Take two names for the same from here on.

        Raises:
            NotFoundError: The bank's sources have no such name.
            InputError: The names are the same one.
        """
        await self._correct(bank_id, "merge", name, other)

    async def split_entities(self, name: str, other: str, *, bank_id: str = "default") -> None:
        """Never take two names for the same from here on.

        Raises:
            NotFoundError: The bank's sources have no such name.
            InputError: The names are the same one.
        """
        await self._correct(bank_id, "split", name, other)

    async def pages(self, *, bank_id: str = "default") -> list[Page]:
        """The pages of a bank's people, places, things and topics, rendered from its facts."""
        return list((await self._pages.wiki(bank_id)).pages)

    async def page(self, name: str, *, bank_id: str = "default") -> Page:
        """The page of an entity or a topic.

        Args:
            name: Its title, an alias or the page's id.
            bank_id: Whose.

        Raises:
            NotFoundError: There is none; the message names the nearest.
        """
        return await self._pages.page(name, bank_id)

    async def history(self, name: str, *, bank_id: str = "default") -> list[Revision]:
        """The revisions of an entity's page, oldest first.

        Raises:
            NotFoundError: There is no such page, or it is a topic's.
        """
        return await self._pages.history(name, bank_id)

    async def index(self, *, bank_id: str = "default") -> str:
        """The bank's index as Markdown: people, places, organisations, topics, sources."""
        return (await self._pages.wiki(bank_id)).contents

    async def log(self, *, bank_id: str = "default") -> list[LogEntry]:
        """What came into the bank, what changed and what was superseded, oldest first."""
        return await self._pages.log(bank_id)

    async def log_text(self, *, bank_id: str = "default") -> str:
        """The log as Markdown; every entry begins ``## [YYYY-MM-DD] ingest | SOURCE``."""
        return await self._pages.log_text(bank_id)

    async def export_folder(
        self, bank_id: str, folder: PathLike, *, force: bool = False
    ) -> Exported:
        """Make a folder the bank in Markdown: its index, log, pages and sources.

        A folder that a bank was exported to before is brought up to date: files that differ are
        written, those that are gone are removed, and others are left alone.

        Args:
            bank_id: The bank.
            folder: Where.
            force: Whether a folder with other things in it is taken, too.

        Raises:
            NotFoundError: There is no such bank.
            InputError: The folder cannot be used.
            OSError: It cannot be written.
        """
        return await self._transfer.to_folder(bank_id, folder, force=force)

    async def export_jsonl(
        self, bank_id: str, file: File, *, force: bool = False
    ) -> dict[str, int]:
        """Write all that a bank is made of, as JSON lines, which `import_jsonl` reads.

        Args:
            bank_id: The bank.
            file: A path, or a binary file. A path has the whole bank at the end, or what it had.
            force: Whether a file that is no export is replaced, too.

        Returns:
            How many records of each kind.

        Raises:
            NotFoundError: There is no such bank.
            InputError: The file cannot be used.
            OSError: It cannot be written.
        """
        return await self._transfer.to_file(bank_id, file, force=force)

    async def import_jsonl(self, file: File, *, bank_id: str = "default") -> Imported:
        """Read an exported bank into an empty one: all of it or nothing.

        Args:
            file: A path, or a binary file.
            bank_id: The bank that it is from here on.

        Raises:
            InputError: The bank is not empty, or the file cannot be used.
            RecordError: A line is not as it should be.
            OSError: The file cannot be read.
        """
        return await self._transfer.from_file(bank_id, file)

    async def lint(self, *, bank_id: str = "default", fix: bool = False) -> list[Finding]:
        """What is wrong in a bank: contradictions, orphans, stale pages, facts without support.

        Args:
            bank_id: Which.
            fix: Whether to mend what is safe: nothing that a source says is removed.
        """
        return await self._linter.lint(bank_id, await self.runs(bank_id=bank_id), fix=fix)

    async def prune(self, older_than: timedelta, *, bank_id: str | None = None) -> int:
        """Delete the kept runs that completed longer ago than `older_than`; return how many.

        What they put into the bank stays.
        """
        return await self._checkpoint.prune(older_than, bank_id)

    async def costs(
        self, *, bank_id: str | None = None, since: datetime | None = None
    ) -> list[CostLine]:
        """What models have cost, by run, state, purpose and model.

        Args:
            bank_id: Of one bank, or of all.
            since: Only of calls from then on.

        Raises:
            InputError: The time has no zone.
            DatabaseError: The journal cannot be read.
        """
        return list(await self._parts.journal.costs(bank_id, since=since))

    async def prune_journal(self, older_than: timedelta, *, bank_id: str | None = None) -> int:
        """Remove what models answered longer ago than `older_than`; return how many answers.

        Whoever asks the same again pays again. What was spent stays counted.

        Raises:
            DatabaseBusyError: Another process keeps the journal locked.
            DatabaseError: The journal cannot be written.
        """
        return await self._parts.journal.prune(older_than, bank_id)

    async def banks(self) -> dict[str, Counts]:
        """How much each bank holds."""
        return {bank: await self._store.counts(bank) for bank in await self._store.banks()}

    async def integrity(self) -> str:
        """What SQLite's quick check says of the database; ``ok`` if all is well.

        Raises:
            DatabaseError: The database cannot be read.
        """
        return await self._database.quick_check()

    async def journal_integrity(self) -> tuple[Path, str | None]:
        """The file of the journal, and what SQLite's quick check says; None: there is none yet.

        Raises:
            DatabaseError: It cannot be read.
        """
        path = journal_path(self.path)
        if not await asyncio.to_thread(path.exists):
            return path, None
        journal = Database(path)
        try:
            return path, await journal.quick_check()
        except DatabaseDamagedError as exc:
            return path, str(exc.__cause__)
        finally:
            await journal.close()

    async def _named(self, bank_id: str) -> Sequence[Entity]:
        names, corrections = await asyncio.gather(
            self._store.names(bank_id), self._store.corrections(bank_id)
        )
        return await self._finder.normalise(names, corrections)

    async def _correct(self, bank_id: str, kind: CorrectionKind, name: str, other: str) -> None:
        if name == other:
            raise InputError(f"{name!r} is one name: give two")
        known = {one.name for one in await self._store.names(bank_id)}
        for given in (name, other):
            if given not in known:
                raise NotFoundError(
                    f"bank {bank_id!r} has no name {given!r}: `retain entities` lists them"
                )
        relate = self._superseder.relate
        await self._store.correct(bank_id, kind, name, other, relate=relate)

    async def _resolve(self, source_id: str, bank_id: str) -> str:
        return await source_named(self._store, self._checkpoint, source_id, bank_id)
