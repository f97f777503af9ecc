"""Watches folders: files that change in them are retained."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence, Set
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from retain.app.intake import Intake
from retain.errors import InputError, NotFoundError, RetainError
from retain.memory.model import Provenance, Run
from retain.sources.discovery import discover
from retain.sources.left_out import Selection
from retain.sources.paths import printable

Action = Literal["watching", "retained", "failed", "deleted", "forgotten", "kept", "waiting"]

DEBOUNCE_MS = 800
"""The longest time that changes are collected before files are looked at, in milliseconds."""

TICK_MS = 250
"""How often to check for a stop, and for missing files that are deleted, in milliseconds."""


WAIT_S = 2.0
"""How often to look for files whose disk or folder is away, in seconds."""

MANY = 3
"""So many files, if they are more than half of all, are not forgotten when they go at once:
a lost disk looks the same as a deleted folder."""

Place = tuple[int, int]
"""The device and the number of a folder."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a file, and what was done about it.

    Args:
        source_id: The file's source; empty for ``watching``, which is reported once, when
            watching begins, and for ``waiting``.
        action: What was done. ``kept``: the file is gone, together with most of the others, so its
            source was not forgotten. ``waiting``: a watched folder is gone; nothing is forgotten,
            and watching goes on once the folder is there again.
        run: The run that retained the file, or failed to.
        reason: Why it failed, was kept, or what is waited for.
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
    device: int


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
        given: What is said of the sources as they are given.
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
        given: Provenance | None = None,
    ) -> None:
        self._given = given or Provenance()
        self._folders = [Path(os.path.abspath(folder)) for folder in folders]  # noqa: PTH100 - links stay
        self._intake = intake
        self._bank_id = bank_id
        self._reference_date = reference_date
        self._forget = forget
        self._selection = selection
        self._known: dict[str, _Seen] = {}
        self._missing: set[str] = set()
        self._away: set[str] = set()
        self._begun = False
        self._next_look = 0.0

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
            OSError: The system cannot watch so many folders.
        """
        while not stop.is_set():
            places = await asyncio.to_thread(self._places)
            if places is None:
                gone = [printable(one) for one in self._folders if not one.is_dir()]
                yield Change("", "waiting", reason=", ".join(gone))
                await self._until_all_are_there(stop)
                continue
            async with aclosing(self._changes(stop, places)) as changes:
                async for change in changes:
                    yield change

    async def _changes(
        self, stop: asyncio.Event, places: Sequence[Place]
    ) -> AsyncGenerator[Change, None]:
        """The changes until `stop` is set, or another folder is in the place of a watched one."""
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
        looked = False
        async with aclosing(events):
            async for event in events:
                if await asyncio.to_thread(self._places) != places:
                    return
                if looked and not event and not self._missing and not self._is_look_due():
                    continue
                async with aclosing(self._round()) as changes:
                    async for change in changes:
                        yield change
                        if stop.is_set():
                            return
                looked = True
                if not self._begun:
                    self._begun = True
                    yield Change("", "watching")

    def _places(self) -> list[Place] | None:
        """Which folders are watched; None while one of them is gone."""
        try:
            found = [folder.stat() for folder in self._folders]
        except OSError:
            return None
        return [(one.st_dev, one.st_ino) for one in found]

    async def _until_all_are_there(self, stop: asyncio.Event) -> None:
        while not stop.is_set() and await asyncio.to_thread(self._places) is None:
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), TICK_MS / 1000)

    def _is_look_due(self) -> bool:
        """Whether to look for files whose disk is away: no event tells of a disk that is back."""
        now = time.monotonic()
        if not self._away or now < self._next_look:
            return False
        self._next_look = now + WAIT_S
        return True

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
        hidden = self._known.keys() - seen.keys()
        missing, self._away = await asyncio.to_thread(self._gone, hidden)
        deleted = sorted(missing & self._missing)
        many = self._are_many(deleted, seen)
        for path in deleted:
            yield await self._deleted(self._known.pop(path), many)
        self._missing = missing & self._known.keys()

    def _are_many(self, deleted: Sequence[str], seen: Mapping[str, _Seen]) -> bool:
        """Whether so many files were deleted at once that this may be a mistake.

        A file that has moved is there under another name.
        """
        there = {one.stamp for one in seen.values()}
        lost = sum(self._known[path].stamp not in there for path in deleted)
        return lost >= MANY and 2 * lost > len(self._known)

    async def _retained(self, one: _Seen) -> list[Change]:
        try:
            runs = await self._intake.found(
                [(one.source_id, one.path)],
                bank_id=self._bank_id,
                reference_date=self._reference_date,
                given=self._given,
            )
        except RetainError as exc:  # the next change tries again
            return [Change(one.source_id, "failed", reason=str(exc))]
        self._known[str(one.path)] = one
        return [_change_of(run) for run in runs if not run.unchanged]

    async def _deleted(self, one: _Seen, many: bool) -> Change:
        if self._forget is None:
            return Change(one.source_id, "deleted")
        if many:
            return Change(one.source_id, "kept", reason="most files were deleted at once")
        try:
            await self._forget(one.source_id)
        except NotFoundError:  # the file was never retained
            return Change(one.source_id, "deleted")
        except RetainError as exc:
            return Change(one.source_id, "failed", reason=str(exc))
        return Change(one.source_id, "forgotten")

    def _gone(self, paths: Set[str]) -> tuple[set[str], set[str]]:
        """Those of the paths that were deleted, and those that are out of sight.

        A file is out of sight where its folder cannot be read, where a watched folder is gone, and
        where the nearest folder that is left is on another disk than the file was: the file's disk
        is not mounted there any more.
        """
        if self._places() is None:
            return set(), set(paths)
        gone = {path for path in paths if _is_gone(path)}
        deleted = {path for path in gone if _device_around(path) == self._known[path].device}
        return deleted, gone - deleted


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
        device = _device_around(str(one.path))
        files[str(one.path)] = _Seen(one.source_id, one.path, stamp, device)
    return files


def _is_gone(path: str) -> bool:
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def _device_around(path: str) -> int:
    """The disk of the nearest folder above a path that is there; -1 where none can be read."""
    folder = os.path.dirname(path)  # noqa: PTH120 - there are many paths
    while True:
        try:
            return os.stat(folder).st_dev  # noqa: PTH116
        except (FileNotFoundError, NotADirectoryError):
            above = os.path.dirname(folder)  # noqa: PTH120
            if above == folder:
                return -1
            folder = above
        except OSError:
            return -1
