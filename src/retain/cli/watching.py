"""What `ingest --watch` prints, and how it ends."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from retain.cli.output import complain, one_line, print_json_line, reasons, run_json, say, took

if TYPE_CHECKING:
    from retain.app.watching import Change, Watcher
    from retain.memory.model import Run


async def follow(watcher: Watcher, as_json: bool) -> None:
    """Print a line for each change; the first signal ends it after the file at hand.

    Raises:
        CancelledError: There was a second signal.
    """
    stop = asyncio.Event()
    _stop_at_signal(stop)
    async for change in watcher.changes(stop):
        if as_json:
            print_json_line(_json(change))
        else:
            _say(change)
    if not as_json:
        say("stopped watching")


def print_runs(runs: Sequence[Run]) -> None:
    """Print what the first look retained, as changes are printed."""
    for run in runs:
        done = "unchanged" if run.unchanged else "retained"
        print_json_line(
            {"change": done if run.status == "completed" else "failed", **run_json(run)}
        )


def _stop_at_signal(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()

    def asked() -> None:
        if stop.is_set() and task is not None:
            task.cancel()
        stop.set()

    def asked_from_outside(_number: int, _frame: object) -> None:
        loop.call_soon_threadsafe(asked)

    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, asked)
        except NotImplementedError:  # Windows
            signal.signal(number, asked_from_outside)


def _say(change: Change) -> None:
    name = one_line(change.source_id)
    match change.action:
        case "watching":
            say("watching; Ctrl-C ends it")
        case "retained":
            say(f"retained {name} in {took(change.run.duration_ms if change.run else 0)}")
        case "deleted":
            say(f"deleted {name}: what it said stays, until `retain forget`")
        case "forgotten":
            say(f"forgot {name}, which was deleted")
        case "failed":
            told = reasons(change.run) if change.run else [one_line(change.reason, 600)]
            complain(f"{name}: {'; '.join(told)}" if name else "; ".join(told))


def _json(change: Change) -> dict[str, Any]:
    told = {"change": change.action, "source_id": change.source_id, "reason": change.reason}
    return told if change.run is None else {**told, **run_json(change.run)}
