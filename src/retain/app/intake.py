"""Takes files and texts into banks: saves new ones as runs, then drives the runs to their end."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Iterable,
    Mapping,
    Sequence,
)
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO

from retain.app.origins import Origins, replaces, would_replace
from retain.app.rendering import Renderer
from retain.app.runner import (
    BEGUN,
    Runner,
    failed,
    given_of,
    result_of,
    same_content,
    unchanged,
)
from retain.bank import BankStore
from retain.bank.rows import checked
from retain.checkpoints.base import BaseCheckpoint
from retain.engine.run_ids import identify
from retain.errors import InputError, LeaseHeldError, SourceError
from retain.kinds import Task
from retain.memory.context import RetainContext, content_hash, joined
from retain.memory.model import LoadedText, ModelChoice, Provenance, Run, StoredSource
from retain.memory.ports import SourceReader
from retain.memory.redaction import named_without
from retain.memory.unicode import composed
from retain.sources.discovery import discover
from retain.sources.left_out import LeftOut, Selection
from retain.sources.paths import to_origin
from retain.status import RunStatus

PathLike = str | Path

_NOTHING = Provenance()
"""Nothing is said of a source as it is given."""

WAIT_S = 0.02
"""How often to look whether others have added to a source, in seconds."""

STATED = "facts/"
"""What the ids of sources begin with that users stated as facts."""

MOST_STATED = 2_000
"""The longest statement, in characters."""

SOURCES_AT_ONCE = 500
"""How many sources are looked up at once."""

SAVED_AT_ONCE = 4 << 20
"""How many characters of texts are held before the runs that they are of are saved."""

Part = tuple[str, Path | None, LoadedText | SourceError | None]
"""A source: its id, the file that it comes from, and its text or why there is none."""

Planned = Callable[[Sequence[str], Sequence[str]], None]
"""Called before the first run begins with the sources that will run, and the unchanged ones."""

Kept = Callable[[Sequence[str], Collection[str]], Awaitable[None]]
"""Called with each batch of sources whose runs are kept, and with those that have new texts."""

ToldLeftOut = Callable[[Sequence[LeftOut]], None]
"""Called once with what the search of folders left out."""


@dataclass(slots=True)
class KeptRuns:
    """What became of sources that were given.

    Args:
        waiting: Those whose runs are kept and have yet to end.
        same: Those that the bank has already.
        refused: Those that cannot be retained, with why.
    """

    waiting: list[str] = field(default_factory=list[str])
    same: list[Run] = field(default_factory=list[Run])
    refused: list[Run] = field(default_factory=list[Run])


class Intake:
    """Takes files and texts into banks.

    Args:
        store: The banks.
        checkpoint: The saved runs.
        runner: Drives the runs.
        renderer: Renders what the runs mark.
        reader: Reads files.
        choice: The model of new runs; None: rules.
        rules: Whether runs that were begun with a model begin anew with rules.
        patience_s: How long whoever adds to a source waits for others who do, in seconds.
    """

    def __init__(
        self,
        store: BankStore,
        checkpoint: BaseCheckpoint[RetainContext],
        runner: Runner,
        renderer: Renderer,
        reader: SourceReader,
        choice: ModelChoice | None = None,
        *,
        rules: bool = False,
        patience_s: float = 0.0,
    ) -> None:
        self._store = store
        self._checkpoint = checkpoint
        self._runner = runner
        self._renderer = renderer
        self._reader = reader
        self._choice = choice
        self._rules = rules
        self._patience_s = patience_s
        self._origins = Origins(checkpoint, runner)

    async def files(
        self,
        paths: PathLike | Iterable[PathLike],
        *,
        bank_id: str,
        reference_date: datetime | None,
        jobs: int,
        planned: Planned | None,
        selection: Selection | None = None,
        left_out: ToldLeftOut | None = None,
        format: str | None = None,
        given: Provenance = _NOTHING,
    ) -> list[Run]:
        """Retain files and folders; see `Memory.retain`."""
        if jobs < 1:
            raise InputError(f"jobs must be at least 1, not {jobs}")
        found, unread = await self._discovered(paths, bank_id, selection, left_out)
        ran = await self.found(
            found,
            bank_id=bank_id,
            reference_date=reference_date,
            jobs=jobs,
            planned=planned,
            format=format,
            given=given,
        )
        return sorted([*ran, *unread], key=lambda r: r.source_id)

    async def keep_files(
        self,
        paths: PathLike | Iterable[PathLike],
        *,
        bank_id: str,
        reference_date: datetime | None,
        kept: Kept,
        selection: Selection | None = None,
        left_out: ToldLeftOut | None = None,
        format: str | None = None,
        given: Provenance = _NOTHING,
    ) -> KeptRuns:
        """Save files and folders as runs that workers drive; see `Memory.submit`."""
        found, unread = await self._discovered(paths, bank_id, selection, left_out)
        parts = self._loaded(found, format)
        runs = await self._keep(parts, bank_id, reference_date, given, kept)
        runs.refused += unread
        return runs

    async def keep_text(
        self,
        text: str,
        *,
        source_id: str,
        bank_id: str,
        reference_date: datetime | None,
        kept: Kept,
        format: str | None = None,
        given: Provenance = _NOTHING,
    ) -> KeptRuns:
        """Save a text as a run that a worker drives; see `Memory.submit_text`."""
        _check_id("bank", bank_id)
        _check_id("source", source_id)
        source_id = composed(source_id)
        _check_unicode(f"the text of {source_id!r}", text)

        async def parts() -> AsyncIterator[Part]:
            try:
                yield source_id, None, await self._reader.given(text, source_id, format)
            except SourceError as exc:
                yield source_id, None, exc

        return await self._keep(parts(), bank_id, reference_date, given, kept)

    async def _discovered(
        self,
        paths: PathLike | Iterable[PathLike],
        bank_id: str,
        selection: Selection | None,
        left_out: ToldLeftOut | None,
    ) -> tuple[list[tuple[str, Path]], list[Run]]:
        """The files below `paths` by source id, and failed runs of what cannot be used."""
        _check_id("bank", bank_id)
        named = [paths] if isinstance(paths, (str, Path)) else list(paths)
        found, unusable, missed = await asyncio.to_thread(_discover, named, selection)
        if left_out is not None:
            left_out(missed)
        found = await self._origins.named(bank_id, found)
        return found, [failed(bank_id, exc) for exc in unusable]

    async def found(
        self,
        found: Sequence[tuple[str, Path]],
        *,
        bank_id: str,
        reference_date: datetime | None,
        jobs: int = 1,
        planned: Planned | None = None,
        format: str | None = None,
        given: Provenance = _NOTHING,
    ) -> list[Run]:
        """Retain files, each given with its source's id."""
        parts = self._parts(found, format)
        return await self._retained(parts, bank_id, reference_date, jobs, planned, given)

    async def stream(
        self,
        file: BinaryIO,
        *,
        source_id: str,
        bank_id: str,
        reference_date: datetime | None,
        format: str | None,
        jobs: int,
        planned: Planned | None,
        given: Provenance = _NOTHING,
    ) -> list[Run]:
        """Retain an open file; see `Memory.retain_stream`."""
        _check_id("bank", bank_id)
        _check_id("source", source_id)
        source_id = composed(source_id)

        async def parts() -> AsyncIterator[Part]:
            async for part, loaded in self._reader.stream(file, source_id, format):
                yield part, None, loaded

        return await self._retained(parts(), bank_id, reference_date, jobs, planned, given)

    async def _retained(
        self,
        parts: AsyncIterator[Part],
        bank_id: str,
        reference_date: datetime | None,
        jobs: int,
        planned: Planned | None,
        given: Provenance,
    ) -> list[Run]:
        """Retain sources as they are read."""
        runs = await self._keep(parts, bank_id, reference_date, given)
        if planned is not None:
            planned(runs.waiting, [run.source_id for run in runs.same])
        keys = [(bank_id, source_id) for source_id in runs.waiting]
        return [*runs.same, *runs.refused, *await self._runner.resume_each(keys, jobs)]

    async def _keep(
        self,
        parts: AsyncIterator[Part],
        bank_id: str,
        reference_date: datetime | None,
        given: Provenance,
        kept: Kept | None = None,
    ) -> KeptRuns:
        """Save sources as runs as they are read.

        Args:
            parts: The sources.
            bank_id: The bank.
            reference_date: When they were written.
            given: What is said of them.
            kept: Called with each batch; None: this process drives the runs.
        """
        came_in = await self._store.now(bank_id)
        runs = KeptRuns()
        async for batch in _batches(parts):
            ids = [source_id for source_id, _, _ in batch]
            held = {s.source_id: s.content_hash for s in await self._store.sources(bank_id, ids)}
            redactions = await self._store.redactions(bank_id, ids)
            saved = await self._checkpoint.list(keys=[(bank_id, one) for one in ids])
            begun = {run.source_id: run.status for run in saved}
            new: list[RetainContext] = []
            waiting: list[str] = []
            for source_id, path, loaded in batch:
                if isinstance(loaded, SourceError):
                    runs.refused.append(failed(bank_id, SourceError(source_id, loaded.reason)))
                    continue
                origin = None if path is None else to_origin(path)
                ctx = self._context(bank_id, source_id, "", reference_date, origin)
                ctx.came_in, ctx.provenance = came_in, given
                named = None
                if loaded is not None:
                    named = content_hash(loaded.text, reference_date, given)
                of_source = redactions.get(source_id, ())
                visible = None if named is None else named_without(named, of_source)
                status = begun.get(source_id)
                # A dead run ends as it is, or is revived. What a worker runs need not wait twice.
                unfinished = status in BEGUN or (status == RunStatus.RUNNING and kept is not None)
                if visible == held.get(source_id, "") and not unfinished:
                    runs.same.append(unchanged(ctx))
                    continue
                old = await self._runner.kept(bank_id, source_id) if status is not None else None
                other = None if path is None else replaces(old, path)
                if other is not None and path is not None:
                    runs.refused.append(failed(bank_id, would_replace(source_id, other, path)))
                    continue
                goes_on = old is not None and unfinished and self._goes_on(old, ctx, named)
                if old is not None and goes_on and status == RunStatus.DEAD and kept is not None:
                    runs.refused.append(result_of(old))
                    continue
                waiting.append(source_id)
                if goes_on:
                    continue
                if loaded is not None:
                    ctx.md_text, ctx.provenance = loaded.text, loaded.provenance.given_as(given)
                new.append(ctx)
            refusals: dict[str, Run] = {}
            if new and kept is None:
                await self._renderer.put_down({bank_id})
            if new:
                refusals = await self._runner.put_down(new)
            runs.refused += refusals.values()
            waiting = [source_id for source_id in waiting if source_id not in refusals]
            runs.waiting += waiting
            if kept is not None:
                await kept(waiting, {ctx.source_id for ctx in new})
        return runs

    async def _loaded(
        self, found: Sequence[tuple[str, Path]], format: str | None
    ) -> AsyncIterator[Part]:
        """The sources in files with their texts: other machines need not have the files."""
        async for source_id, path, loaded in self._parts(found, format):
            if loaded is None and path is not None:
                try:
                    loaded = await self._reader.load(to_origin(path))
                except SourceError as exc:
                    loaded = exc
            yield source_id, path, loaded

    async def _parts(
        self, found: Sequence[tuple[str, Path]], format: str | None
    ) -> AsyncIterator[Part]:
        """The sources in files with their texts."""
        for source_id, path in found:
            async for part, loaded in self._reader.parts(source_id, to_origin(path), format):
                yield part, path, loaded

    async def text(
        self,
        text: str,
        *,
        source_id: str,
        bank_id: str,
        reference_date: datetime | None,
        format: str | None = None,
        given: Provenance = _NOTHING,
    ) -> Run:
        """Retain a text; see `Memory.retain_text`."""
        _check_id("bank", bank_id)
        _check_id("source", source_id)
        source_id = composed(source_id)
        _check_unicode(f"the text of {source_id!r}", text)
        try:
            loaded = await self._reader.given(text, source_id, format)
        except SourceError as exc:
            return failed(bank_id, exc)
        text = loaded.text
        ctx = self._context(bank_id, source_id, text, reference_date)
        ctx.came_in = await self._store.now(bank_id)
        ctx.provenance = loaded.provenance.given_as(given)
        named = content_hash(text, reference_date, given)
        held = await self._store.source(bank_id, source_id)
        redactions = (await self._store.redactions(bank_id, [source_id])).get(source_id, ())
        kept = await self._runner.kept(bank_id, source_id)
        goes_on = kept is not None and kept.status != RunStatus.COMPLETED
        visible = named_without(named, redactions)
        if held is not None and held.content_hash == visible and not goes_on:
            return unchanged(ctx)
        await self._renderer.put_down({bank_id})
        if kept is None or not goes_on or not self._goes_on(kept, ctx, named):
            identify(ctx)
            await self._checkpoint.save(ctx)
        return await self._runner.resume(bank_id, source_id)

    async def statement(
        self,
        text: str,
        *,
        bank_id: str,
        reference_date: datetime | None,
        given: Provenance = _NOTHING,
        corrects: str = "",
    ) -> Run:
        """Retain one statement as a source of its own; see `Memory.add`.

        Args:
            text: The statement.
            bank_id: The bank.
            reference_date: When it was said.
            given: Its author.
            corrects: The id of a fact that it corrects. A statement that corrects another fact is
                another source: it is said anew.
        """
        _check_id("bank", bank_id)
        text = " ".join(text.split())
        if not text:
            raise InputError("the fact is empty: write a statement")
        if len(text) > MOST_STATED:
            raise InputError(
                f"the fact has {len(text):,} characters: write one statement of at most "
                f"{MOST_STATED:,}, or retain a text"
            )
        _check_unicode("the fact", text)
        digest = content_hash(f"{text}\0{corrects}", reference_date, given)
        ctx = self._context(bank_id, f"{STATED}{digest[:16]}", text, reference_date)
        ctx.stated, ctx.model = True, None
        ctx.provenance = replace(given, format="markdown")
        ctx.came_in = await self._store.now(bank_id)
        kept = await self._runner.kept(bank_id, ctx.source_id)
        stored = await self._store.source(bank_id, ctx.source_id)
        if stored is not None and (kept is None or kept.status == RunStatus.COMPLETED):
            return unchanged(ctx)
        if kept is None or kept.status == RunStatus.COMPLETED:
            identify(ctx)
            await self._checkpoint.save(ctx)
        return await self._runner.resume(bank_id, ctx.source_id)

    async def append(
        self, text: str, *, source_id: str, bank_id: str, reference_date: datetime | None
    ) -> Run:
        """Add a text to a source; see `Memory.append`."""
        _check_id("bank", bank_id)
        _check_id("source", source_id)
        source_id = composed(source_id)
        _check_unicode(f"the text to add to {source_id!r}", text)
        added = text.removeprefix("\ufeff")
        if not added.strip():
            raise InputError(f"there is nothing to add to {source_id!r}: the text is empty")

        async def make(kept: RetainContext | None) -> RetainContext:
            return await self._appending(bank_id, source_id, added, reference_date, kept)

        await self._renderer.put_down({bank_id})
        deadline = time.monotonic() + self._patience_s
        while True:
            try:
                return await self._runner.append(bank_id, source_id, added, make)
            except LeaseHeldError:  # others add to it as well
                if time.monotonic() >= deadline:
                    raise
            await asyncio.sleep(WAIT_S)

    async def _appending(
        self,
        bank_id: str,
        source_id: str,
        added: str,
        reference_date: datetime | None,
        kept: RetainContext | None,
    ) -> RetainContext:
        """The run that adds a text, which can be read, to a source."""
        ctx = self._context(bank_id, source_id, "", reference_date)
        ctx.task, ctx.added, ctx.last_state = Task.APPEND, added, "APPEND"
        ctx.came_in = await self._store.now(bank_id)
        if kept is not None:
            ctx.reference_date, ctx.origin = kept.reference_date, kept.origin
            ctx.provenance = Provenance().given_as(kept.provenance)
            ctx.lost_before = kept.lost_before + sum(outcome.lost for outcome in kept.outcomes)
            if kept.task == Task.RETAIN and kept.completed_at is None:
                before = kept.md_text or (await self._reader.load(kept.origin or "")).text
                whole = before if before.endswith(added) else joined(before, added)
                await self._read(source_id, whole, kept.reference_date)
                retain = self._context(bank_id, source_id, whole, kept.reference_date, kept.origin)
                retain.model, retain.came_in = self._choice or kept.model, kept.came_in
                retain.provenance = ctx.provenance
                return retain
        found = await self._store.beginning_of(bank_id, source_id)
        if found is None:
            ctx.reference_date = reference_date
            await self._read(source_id, added, reference_date)
            return ctx
        source, begins = found
        if kept is None:
            ctx.reference_date = source.reference_date
            ctx.provenance = given_of(source.meta)
        if reference_date not in (None, ctx.reference_date):
            raise InputError(
                f"the date of {source_id!r} cannot change with what is added: give each message a "
                "timestamp of its own"
            )
        if begins is None:
            raise InputError(
                f"nothing can be added to {source_id!r}, since its text is not kept: it was "
                "imported, or retained by an older release; retain the whole text instead"
            )
        if self._reader.is_message_a_line(begins, source_id):
            await self._read(source_id, added, ctx.reference_date, source)
        else:
            _, before = await self._store.source_with_text(bank_id, source_id)
            await self._read(source_id, joined(before or "", added), ctx.reference_date)
        return ctx

    async def _read(
        self,
        source_id: str,
        text: str,
        reference_date: datetime | None,
        behind: StoredSource | None = None,
    ) -> None:
        """See that a text can be read, as more messages of the chat `behind` if that is given.

        Raises:
            SourceError: It cannot, or the source would be too large.
        """
        document = await self._reader.parse(
            text,
            source_id=source_id,
            reference_date=reference_date,
            messages=behind is not None,
        )
        if behind is not None:
            sections = behind.sections + len(document.sections)
            self._reader.check_size(source_id, behind.characters + len(text), sections)

    def _goes_on(self, kept: RetainContext, ctx: RetainContext, named: str | None) -> bool:
        """Whether a kept run goes on instead of the new one `ctx`."""
        if self._rules and kept.model is not None:
            return False
        return same_content(kept, ctx, named)

    def _context(
        self,
        bank_id: str,
        source_id: str,
        text: str,
        reference_date: datetime | None,
        origin: str | None = None,
    ) -> RetainContext:
        return RetainContext(
            bank_id, source_id, text, reference_date, origin=origin, model=self._choice
        )


async def _batches(parts: AsyncIterator[Part]) -> AsyncIterator[list[Part]]:
    """Sources with their texts, as many at a time as may be held."""
    batch: list[Part] = []
    characters = 0
    async for part in parts:
        batch.append(part)
        characters += len(part[2].text) if isinstance(part[2], LoadedText) else 0
        if characters > SAVED_AT_ONCE or len(batch) == SOURCES_AT_ONCE:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


def given(author: str | None, metadata: Mapping[str, str] | None) -> Provenance:
    """What is said of sources as they are given.

    Raises:
        InputError: The author or the name of a property is empty or no text.
    """
    said = [("the author", author), *(("a name in metadata", name) for name in metadata or {})]
    for what, name in said:
        if name is not None and not name.strip():
            raise InputError(f"{what} is empty: give it a name, or leave it out")
        _check_unicode(what, name or "")
    told = {" ".join(name.split()): str(value) for name, value in (metadata or {}).items()}
    for name, value in told.items():
        _check_unicode(f"the value of {name!r} in metadata", value)
    return Provenance(author=" ".join((author or "").split()), meta=told)


def as_json_lines(messages: Sequence[Mapping[str, Any]]) -> str:
    """Messages as JSON Lines.

    Raises:
        InputError: There are none, or one of them is no mapping or not JSON.
    """
    if not messages:
        raise InputError("there are no messages: give at least one")
    lines: list[str] = []
    for number, message in enumerate(messages, 1):
        # What a caller gives may have any type.
        if not isinstance(message, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InputError(f"message {number} is no mapping: give role and content")
        try:
            lines.append(json.dumps(dict(message), ensure_ascii=False, default=_as_text))
        except (TypeError, ValueError, RecursionError) as exc:
            raise InputError(f"message {number} cannot be written as JSON: {exc}") from exc
    return "".join(f"{line}\n" for line in lines)


def _as_text(value: object) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is no JSON value")


def _discover(
    paths: Sequence[PathLike], selection: Selection | None
) -> tuple[list[tuple[str, Path]], list[SourceError], list[LeftOut]]:
    """The files below `paths` by source id, why some of the paths cannot be used, and the rest."""
    refused: list[SourceError] = []
    missed: list[LeftOut] = []
    found = discover(paths, refused=refused.append, left_out=missed.append, selection=selection)
    return [(one.source_id, one.path) for one in found], refused, missed


def _check_id(what: str, value: str) -> None:
    if not value.strip():
        raise InputError(f"the {what} id is empty: give it a name")
    _check_unicode(f"the {what} id {value!r}", value)


def _check_unicode(what: str, value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError as exc:
        raise InputError(
            f"{what} is not valid text: it has half of a surrogate pair at character {exc.start}; "
            "decode it with errors='replace'"
        ) from exc
    checked(value, what)
