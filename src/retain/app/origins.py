"""Which source a file is: one file stays one source, and no file replaces another one's source."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

from retain.app.runner import Runner
from retain.checkpoints.base import BaseCheckpoint
from retain.errors import SourceError
from retain.kinds import Task
from retain.memory.context import RetainContext
from retain.memory.unicode import composed
from retain.sources.paths import from_origin, printable

_DEPTH = 24


class Origins:
    """Knows the files of sources by their runs.

    Args:
        checkpoint: The saved runs.
        runner: Reads them.
    """

    def __init__(self, checkpoint: BaseCheckpoint[RetainContext], runner: Runner) -> None:
        self._checkpoint = checkpoint
        self._runner = runner

    async def named(
        self, bank_id: str, found: Sequence[tuple[str, Path]]
    ) -> list[tuple[str, Path]]:
        """The files by source id; one that is a source by another id keeps that id.

        A file has other ids where a folder above it, or below, was given before: each id is the
        end of the file's path.
        """
        taken = {source_id for source_id, _ in found}
        others = {path: _ends(path) for _, path in found}
        asked = sorted({*taken, *(one for ends in others.values() for one in ends)})
        keys = [(bank_id, one) for one in asked]
        known = {run.source_id for run in await self._checkpoint.list(keys=keys)}
        named: list[tuple[str, Path]] = []
        for source_id, path in found:
            before = source_id
            for other in others[path] if known else ():
                if other in known - taken and await self._is_of(bank_id, other, path):
                    before = other
            named.append((before, path))
        return named

    async def _is_of(self, bank_id: str, source_id: str, path: Path) -> bool:
        kept = await self._runner.kept(bank_id, source_id)
        if kept is None or kept.origin is None:
            return False
        return await asyncio.to_thread(_same, from_origin(kept.origin), path)


def replaces(kept: RetainContext | None, path: Path) -> str | None:
    """The file that a source is of, where that is another one than `path` and still there."""
    if kept is None or kept.origin is None or kept.task == Task.FORGET:
        return None
    other = from_origin(kept.origin)
    return None if _same(other, path) or not os.path.isfile(other) else other  # noqa: PTH113


def would_replace(source_id: str, other: str, path: Path) -> SourceError:
    """Why a file is not retained."""
    return SourceError(
        source_id,
        f"is the source of {printable(other)}, which {printable(path)} would replace: ingest the "
        f"folder that both are in, use another bank, or run `retain forget` on {source_id} first",
    )


def _ends(path: Path) -> list[str]:
    """Every relative path that the file may have been found under."""
    parts = Path(os.path.abspath(path)).parts[1:]  # noqa: PTH100 - links stay
    first = max(0, len(parts) - _DEPTH)
    ends = [printable("/".join(parts[at:])) for at in range(first, len(parts))]
    return list(dict.fromkeys(name for end in ends for name in (end, composed(end))))


def _same(other: str, path: Path) -> bool:
    return composed(os.path.realpath(other)) == composed(os.path.realpath(path))
