"""What `ingest --queue` does: puts sources into the queue, and may wait for their end."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, cast

from retain.app import views
from retain.cli.bridge import DONE, FAILED, Interrupted, with_memory
from retain.cli.output import complain, one_line, plural, print_json, reasons, run_name, say
from retain.sources.left_out import LeftOutGroup, grouped
from retain.status import ENDED

if TYPE_CHECKING:
    from retain.app.memory import Memory
    from retain.config import Settings
    from retain.memory.model import Priority, Run, Submission

MAX_COMPLAINTS = 20
"""How many sources are reported one by one."""

LOOK_S = 0.5
"""How often to look how many sources are left, in seconds."""


def submit(
    db: str | None,
    settings: Settings,
    paths: Sequence[str],
    bank_id: str,
    written: datetime | None,
    priority: str,
    include: Sequence[str],
    exclude: Sequence[str],
    format: str | None,
    author: str | None,
    told: Mapping[str, str],
    *,
    following: bool,
    as_json: bool,
) -> int:
    """Put files and folders into the queue; see the options of `ingest`."""
    missed: list[LeftOutGroup] = []

    async def work(memory: Memory) -> tuple[Submission, list[Run]]:
        given = await memory.submit(
            paths,
            bank_id=bank_id,
            reference_date=written,
            priority=cast("Priority", priority),
            include=include,
            exclude=exclude,
            left_out=lambda files: missed.extend(grouped(files)),
            format=format,
            author=author,
            metadata=told,
        )
        if not following:
            return given, []
        if not as_json:
            _say(given)
        await _follow(memory, given)
        runs = {run.source_id: run for run in await memory.runs(bank_id=bank_id)}
        return given, [runs[one] for one in given.queued if one in runs]

    try:
        given, runs = with_memory(work, db, settings)
    except Interrupted as exc:
        raise Interrupted(
            "interrupted: what was put into the queue stays there. Repeat the command to add the "
            "rest, or to follow again"
        ) from exc
    unfinished = [run for run in runs if run.status not in ENDED]
    if as_json:
        left_out = [views.left_out(group, bank_id) for group in missed]
        print_json({**views.plain(given), "runs": [*map(views.plain, runs)], "left_out": left_out})
    elif following:
        failed = f", {len(unfinished):,} failed" if unfinished else ""
        say(f"retained {plural(len(runs) - len(unfinished), 'source')}{failed}")
    else:
        _say(given)
    for run in [*given.refused, *unfinished][:MAX_COMPLAINTS]:
        complain(f"{run_name(run)}: {'; '.join(reasons(run)) or run.status}")
    return FAILED if given.refused or unfinished else DONE


def resume_queued(
    db: str | None, bank_id: str | None, *, all_too: bool, dead: bool, as_json: bool
) -> int:
    """Put unfinished runs into the queue; see the options of `resume`."""
    which = "leave" if not dead else "too" if all_too else "only"
    jobs = with_memory(lambda memory: memory.queue.resume(bank_id=bank_id, dead=which), db)
    if as_json:
        print_json({"jobs": jobs})
    else:
        say(f"queued {plural(len(jobs), 'source')}")
    return DONE


def _say(given: Submission) -> None:
    parts = [f"queued {plural(len(given.queued), 'source')}"]
    parts += [f"{len(given.unchanged):,} unchanged"] if given.unchanged else []
    parts += [f"{len(given.refused):,} refused"] if given.refused else []
    say(", ".join(parts))


async def _follow(memory: Memory, given: Submission) -> None:
    """Wait until the sources have ended, with a bar where stderr is a terminal."""
    total = len(given.jobs)
    with _Bar(total, shown=sys.stderr.isatty()) as bar:
        while left := await memory.queue.left(given.jobs):
            state = await memory.queue()
            bar.update(total - left, state.workers)
            await asyncio.sleep(LOOK_S)


class _Bar:
    """A bar on stderr of the sources that have ended.

    Args:
        total: How many there are.
        shown: Whether to show it.
    """

    def __init__(self, total: int, *, shown: bool) -> None:
        self._total = total
        self._shown = shown
        self._warned = False

    def __enter__(self) -> _Bar:
        if self._shown:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
            self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
            self._bar.start()
            self._task = self._bar.add_task("queued", total=self._total)
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown:
            self._bar.stop()

    def update(self, done: int, workers: int) -> None:
        """Show how many have ended; say so where nobody runs them."""
        if not workers and not self._warned:
            self._warned = True
            complain("no worker runs: start one with `retain worker`")
        if self._shown:
            live = plural(workers, "worker")
            self._bar.update(self._task, completed=done, description=one_line(live))
