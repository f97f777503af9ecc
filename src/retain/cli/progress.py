"""The live progress bar: which state each source is in."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from retain.cli.output import clean, complain, one_line
from retain.engine.events import Event, RunEnded, RunStarted, StepStarted
from retain.status import ENDED, RunStatus

if TYPE_CHECKING:
    from retain.app.memory import Memory
    from retain.memory.model import Call

SILENT_S = 1.0
"""For how long a model's server may give no answer before that is told, in seconds."""


class Tally:
    """Counts the runs that have ended, and knows the states of those that are active."""

    def __init__(self) -> None:
        self.total: int | None = None
        self.begun = False
        self.done = 0
        self.failed = 0
        self.states: dict[tuple[str, str], str] = {}

    def planned(self, ahead: Sequence[str], unchanged: Sequence[str]) -> None:
        """Note how many sources will run."""
        self.total = len(ahead)

    def observe(self, event: Event) -> None:
        """Update the counts by an event of a run."""
        key = (event.bank_id, event.source_id)
        match event:
            case RunStarted():
                self.begun = True
                self.states[key] = event.state
            case StepStarted():
                self.states[key] = event.state
            case RunEnded():
                self.states.pop(key, None)
                if event.status in (*ENDED, RunStatus.FAILED, RunStatus.DEAD):
                    self.done += 1
                    self.failed += event.status != RunStatus.COMPLETED
            case _:
                pass


@contextmanager
def progress(memory: Memory, verb: str, *, shown: bool) -> Generator[Tally, None, None]:
    """Show a bar on stderr while the block lasts, if `shown` and stderr is a terminal.

    A model's server that gives no answer at all is told on stderr, while it is asked again.
    """
    tally = Tally()
    unsubscribe = memory.subscribe(tally.observe)
    stop_watching = _watch_for_silence(memory)
    try:
        if shown and sys.stderr.isatty():
            with _bar(memory, tally, verb):
                yield tally
        else:
            yield tally
    finally:
        stop_watching()
        unsubscribe()


def _watch_for_silence(memory: Memory) -> Callable[[], None]:
    """Say once if a first call of a model fails and none is answered soon; how to stop that."""
    loop, waiting, answered = (
        asyncio.get_running_loop(),
        dict[str, asyncio.TimerHandle](),
        set[str](),
    )

    def tell(error: str) -> None:
        complain(
            f"retain: {one_line(error, 300)}; it is asked again for a while. Ctrl-C keeps what is "
            "done, and `retain resume --all` goes on later"
        )

    def observe(call: Call) -> None:
        if call.error is None:
            answered.add(call.model)
            if call.model in waiting:
                waiting[call.model].cancel()
        elif call.model not in answered and call.model not in waiting:
            waiting[call.model] = loop.call_later(SILENT_S, tell, call.error)

    unsubscribe = memory.costs.subscribe(observe)

    def stop() -> None:
        unsubscribe()
        for one in waiting.values():
            one.cancel()

    return stop


@contextmanager
def _bar(memory: Memory, tally: Tally, verb: str) -> Generator[None, None, None]:
    from rich.console import Console, Group, RenderableType
    from rich.live import Live
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    def render() -> RenderableType:
        head = Table.grid(padding=(0, 1))
        if tally.total is None:
            return Text("looking for new and changed files")
        failed = f"  {tally.failed} failed" if tally.failed else ""
        if calls := memory.costs.spent.calls:
            failed += f"  {calls:,} calls, {memory.costs.spent.tokens:,} tokens"
        bar = ProgressBar(total=max(tally.total, 1), completed=tally.done, width=40)
        head.add_row(Text(verb), bar, Text(f"{tally.done}/{tally.total}{failed}"))
        rows = Table.grid(padding=(0, 2))
        for (_, source_id), state in list(tally.states.items())[:8]:
            rows.add_row(Text("  " + state, style="cyan"), Text(clean(one_line(source_id, 60))))
        return Group(head, rows)

    with Live(
        console=Console(stderr=True), get_renderable=render, refresh_per_second=12, transient=True
    ):
        yield
