"""Follows folders: what changes in them is retained."""

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
from retain.sources.discovery import discover, printable

Action = Literal["watching", "retained", "failed", "deleted", "forgotten"]

DEBOUNCE_MS = 800
"""The longest that changes which do not stop are gathered, in milliseconds."""

TICK_MS = 250
"""How often it is seen whether to stop, and whether what is missing is gone, in milliseconds."""


@dataclass(frozen=True, slots=True)
class Change:
    """What was done about a file.

    Args:
        source_id: Its source; empty for ``watching``, which comes once, when changes are seen.
        action: What was done.
        run: The run of what was retained, or failed.
        reason: Why it failed.
    """

    source_id: str
    action: Action
    run: Run | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Seen:
    """A file as it was last seen; another stamp tells that it was written to or replaced."""

    source_id: str
    path: Path
    stamp: tuple[int, int, int]


class Watcher:
    """Follows folders by the rules that `retain` finds files in them by.

    The system tells that something has happened, and a look at the folders what: so no way to
    write, to replace, to rename or to move a file or a folder escapes it.

    Args:
        folders: Which.
        intake: What takes files in.
        bank_id: Whose memory they go into.
        reference_date: When they were written, where they do not say so themselves.
        forget: What forgets a source whose file was deleted; None: it stays.
    """

    def __init__(
        self,
        folders: Sequence[str | Path],
        intake: Intake,
        *,
        bank_id: str,
        reference_date: datetime | None,
        forget: Callable[[str], Awaitable[object]] | None,
    ) -> None:
        self._folders = [Path(os.path.abspath(folder)) for folder in folders]  # noqa: PTH100 - links stay
        self._intake = intake
        self._bank_id = bank_id
        self._reference_date = reference_date
        self._forget = forget
        self._known: dict[str, _Seen] = {}
        self._missing: set[str] = set()

    async def begin(self) -> None:
        """Look at what is there; what is other later is a change.

        Raises:
            InputError: One of the folders is none, or two of their files would be one source.
        """
        for folder in self._folders:
            if not folder.is_dir():
                raise InputError(
                    f"{printable(folder)} is not a folder: only folders can be followed, "
                    "give the one that it lies in"
                )
        self._known = await asyncio.to_thread(_look, self._folders)

    async def changes(self, stop: asyncio.Event) -> AsyncGenerator[Change, None]:
        """What is done about each change, until `stop` is set; the file at hand is finished.

        Raises:
            SourceError: A folder is gone.
            OSError: The system cannot follow so many folders.
        """
        # Its types name events of a library that need not be there.
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
        """One look at the folders, and what it leads to."""
        try:
            seen = await asyncio.to_thread(_look, self._folders)
        except RetainError as exc:
            yield Change("", "failed", reason=str(exc))
            return
        for path, one in sorted(seen.items(), key=lambda item: item[1].source_id):
            before = self._known.get(path)
            if before is None or before.stamp != one.stamp:
                change = await self._retained(one)
                if change is not None:
                    yield change
        # A file that is being replaced is not there for a moment, so it has to be missed twice.
        missing = await asyncio.to_thread(self._gone, self._known.keys() - seen.keys())
        for path in sorted(missing & self._missing):
            yield await self._deleted(self._known.pop(path))
        self._missing = missing & self._known.keys()

    async def _retained(self, one: _Seen) -> Change | None:
        try:
            (run,) = await self._intake.found(
                [(one.source_id, one.path)],
                bank_id=self._bank_id,
                reference_date=self._reference_date,
            )
        except RetainError as exc:  # it is tried again with the next change
            return Change(one.source_id, "failed", reason=str(exc))
        self._known[str(one.path)] = one
        if run.unchanged:
            return None
        done = run.status == "completed"
        return Change(one.source_id, "retained" if done else "failed", run, "; ".join(run.errors))

    async def _deleted(self, one: _Seen) -> Change:
        if self._forget is None:
            return Change(one.source_id, "deleted")
        try:
            await self._forget(one.source_id)
        except NotFoundError:  # it was never retained
            return Change(one.source_id, "deleted")
        except RetainError as exc:
            return Change(one.source_id, "failed", reason=str(exc))
        return Change(one.source_id, "forgotten")

    def _gone(self, paths: set[str]) -> set[str]:
        """Those of the paths that are not there, rather than out of reach or out of the rules.

        Raises:
            SourceError: One of the folders is not there: that tells nothing of its files.
        """
        for folder in self._folders:
            if paths and not folder.is_dir():
                reason = "the folder is gone, so it is followed no longer"
                raise SourceError(printable(folder), reason)
        return {path for path in paths if _is_gone(path)}


def _look(folders: Sequence[Path]) -> dict[str, _Seen]:
    """The files in the folders by their paths; what cannot be read is passed by."""
    found: dict[str, _Seen] = {}
    for one in discover(folders, refused=lambda _: None):
        try:
            stat = one.path.stat()
        except OSError:
            continue
        stamp = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        found[str(one.path)] = _Seen(one.source_id, one.path, stamp)
    return found


def _is_gone(path: str) -> bool:
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False
