"""What `ingest --watch` prints, and how it stops."""

from __future__ import annotations

import asyncio
import shlex
from typing import TYPE_CHECKING

from retain.app import views
from retain.cli.output import complain, one_line, print_json_line, reasons, say, took
from retain.cli.signals import call_first

if TYPE_CHECKING:
    from retain.app.watching import Change, Watcher


async def follow(watcher: Watcher, as_json: bool) -> None:
    """Print a line for each change; the first signal stops it after the current file, or soon.

    Raises:
        CancelledError: There was a second signal.
    """
    stop = asyncio.Event()
    call_first(stop.set)
    async for change in watcher.changes(stop):
        if as_json:
            print_json_line(views.change(change))
        else:
            _say(change)
    if not as_json:
        say("stopped watching")


def _say(change: Change) -> None:
    name = one_line(change.source_id)
    match change.action:
        case "watching":
            say("watching for changes; Ctrl-C stops it")
        case "retained":
            say(f"retained {name} in {took(change.run.duration_ms if change.run else 0)}")
        case "deleted":
            forget = f"`retain forget {shlex.quote(name)}`"
            say(f"deleted {name}: what it said stays in the bank; {forget} removes it")
        case "kept":
            forget = f"`retain forget {shlex.quote(name)}`"
            complain(f"kept {name}: {change.reason}; if that was meant, {forget} removes it")
        case "waiting":
            folders = one_line(change.reason, 600)
            complain(f"{folders}: the folder is gone; watching goes on when it is there again")
        case "forgotten":
            say(f"forgot {name}, whose file was deleted")
        case "failed":
            errors = reasons(change.run) if change.run else [one_line(change.reason, 600)]
            complain(f"{name}: {'; '.join(errors)}" if name else "; ".join(errors))
