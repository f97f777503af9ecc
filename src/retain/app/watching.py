"""Watches folders: files that change in them are retained."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from retain.app.intake import Intake
from retain.errors import InputError, NotFoundError, RetainError, SourceError
from retain.memory.model import Run
from retain.sources.discovery import discover
from retain.sources.left_out import Selection
from retain.sources.paths import printable

Action = Literal["watching", "retained", "failed", "deleted", "forgotten"]

DEBOUNCE_MS = 800
"""The longest time that changes are collected before files are looked at, in milliseconds."""

TICK_MS = 250
"""How often to check for a stop, and for missing files that are deleted, in milliseconds."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a file, and what was done about it.

    Args:
        source_id: The file's source; empty for ``watching``, which is reported once, when
            watching begins.
        action: What was done.
        run: The run that retained the file, or failed to.
        reason: Why it failed.
    """

    source_id: str
    action: Action
    run: Run | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Seen:
    """A file as it was last seen; its stamp changes when it is written to or replaced."""

    source_id: str
    path: Path
    stamp: tuple[int, int, int]


class Watcher:
    """Watches folders, by the rules by which `Memory.retain` finds files in them.

    The operating system only signals that something has changed; the folders are then listed to
    find out what. So every way to write, replace, rename or move a file or folder is noticed.

    Args:
        folders: The folders.
        intake: Retains files.
        bank_id: The bank.
        reference_date: When the sources were written, for those that do not say so themselves.
        forget: Forgets a source whose file was deleted; None: the source stays.
        selection: Which files of the folders are watched.
    """

    def __init__(
        self,
        folders: Sequence[str | Path],
        intake: Intake,
        *,
        bank_id: str,
        reference_date: datetime | None,
        forget: Callable[[str], Awaitable[object]] | None,
        selection: Selection | None = None,
    ) -> None:
        self._folders = [Path(os.path.abspath(folder)) for folder in folders]  # noqa: PTH100 - links stay
        self._intake = intake
        self._bank_id = bank_id
        self._reference_date = reference_date
        self._forget = forget
        self._selection = selection
        self._known: dict[str, _Seen] = {}
        self._missing: set[str] = set()

    async def begin(self) -> None:
        """List the files that are there; a later difference is a change.

        Raises:
            InputError: A path is not a folder, or two files would have the same source id.
        """
        for folder in self._folders:
            if not folder.is_dir():
                raise InputError(
                    f"{printable(folder)} is not a folder, and only folders can be watched: "
                    "give the folder that contains it"
                )
        self._known = await asyncio.to_thread(_look, self._folders, self._selection)

    async def changes(self, stop: asyncio.Event) -> AsyncGenerator[Change, None]:
        """Handle changes and yield each, until `stop` is set; the current file is finished.

        Raises:
            SourceError: A folder was deleted or moved.
            OSError: The system cannot watch so many folders.
        """
        # Its types refer to a library that may not be installed.
        from watchfiles import awatch  # pyright: ignore[reportUnknownVariableType]

        events = awatch(
            *self._folders,
            watch_filter=None,
            debounce=DEBOUNCE_MS,
            rust_timeout=TICK_MS,
            yield_on_timeout=True,
            stop_event=stop,
            ignore_permission_denied=True,
        )
        begun = False
        async with aclosing(events):
            async for event in events:
                if begun and not event and not self._missing:
                    continue
                async with aclosing(self._round()) as changes:
                    async for change in changes:
                        yield change
                        if stop.is_set():
                            return
                if not begun:
                    begun = True
                    yield Change("", "watching")

    async def _round(self) -> AsyncGenerator[Change, None]:
        """List the folders once and handle what changed."""
        try:
            seen = await asyncio.to_thread(_look, self._folders, self._selection)
        except RetainError as exc:
            yield Change("", "failed", reason=str(exc))
            return
        for path, one in sorted(seen.items(), key=lambda item: item[1].source_id):
            before = self._known.get(path)
            if before is None or before.stamp != one.stamp:
                for change in await self._retained(one):
                    yield change
        # A file that is being replaced is missing for a moment: only one that is missing twice
        # in a row was deleted.
        missing = await asyncio.to_thread(self._gone, self._known.keys() - seen.keys())
        for path in sorted(missing & self._missing):
            yield await self._deleted(self._known.pop(path))
        self._missing = missing & self._known.keys()

    async def _retained(self, one: _Seen) -> list[Change]:
        try:
            runs = await self._intake.found(
                [(one.source_id, one.path)],
                bank_id=self._bank_id,
                reference_date=self._reference_date,
            )
        except RetainError as exc:  # the next change tries again
            return [Change(one.source_id, "failed", reason=str(exc))]
        self._known[str(one.path)] = one
        return [_change_of(run) for run in runs if not run.unchanged]

    async def _deleted(self, one: _Seen) -> Change:
        if self._forget is None:
            return Change(one.source_id, "deleted")
        try:
            await self._forget(one.source_id)
        except NotFoundError:  # the file was never retained
            return Change(one.source_id, "deleted")
        except RetainError as exc:
            return Change(one.source_id, "failed", reason=str(exc))
        return Change(one.source_id, "forgotten")

    def _gone(self, paths: set[str]) -> set[str]:
        """Those of the paths that do not exist, as opposed to unreadable or ignored ones.

        Raises:
            SourceError: A folder does not exist, so its files may be anywhere.
        """
        for folder in self._folders:
            if paths and not folder.is_dir():
                reason = "the folder is gone: watching stopped"
                raise SourceError(printable(folder), reason)
        return {path for path in paths if _is_gone(path)}


def _change_of(run: Run) -> Change:
    done = run.completed_at is not None
    return Change(run.source_id, "retained" if done else "failed", run, "; ".join(run.errors))


def _look(folders: Sequence[Path], selection: Selection | None) -> dict[str, _Seen]:
    """The files in the folders by their paths, without those that cannot be read."""
    files: dict[str, _Seen] = {}
    for one in discover(folders, refused=lambda _: None, selection=selection):
        try:
            stat = one.path.stat()
        except OSError:
            continue
        stamp = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        files[str(one.path)] = _Seen(one.source_id, one.path, stamp)
    return files


def _is_gone(path: str) -> bool:
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False
