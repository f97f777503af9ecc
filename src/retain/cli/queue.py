"""The command that shows the queue of a fleet: queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from retain.app import views
from retain.cli.bridge import DONE, with_memory
from retain.cli.options import AnyBank, AsJson, Db
from retain.cli.output import moment, one_line, plural, print_json, say
from retain.errors import InputError

if TYPE_CHECKING:
    from retain.memory.model import DeadLetter, QueueCounts, QueueState

MAX_BANKS = 50
"""How many banks are listed."""

_COLUMNS = ("queued", "running", "failed", "stalled", "dead")


def queue(
    bank: AnyBank = None,
    dead: Annotated[
        bool, typer.Option("--dead", help="List the sources that failed too often, and why.")
    ] = False,
    cancel: Annotated[
        bool,
        typer.Option("--cancel", help="Take the bank's waiting sources out of the queue."),
    ] = False,
    db: Db = None,
    as_json: AsJson = False,
) -> int:
    """Show the queue that `retain worker` runs.

    Queued sources wait for a worker. Failed ones are tried again after a pause. Stalled ones lost
    their worker, and another one takes them within seconds. Dead ones failed three times:
    `retain resume --dead --queue` tries them again.

    Sources that --cancel takes out of the queue stay saved: `retain resume --all --queue` puts them
    back, and `retain forget` deletes them.
    """
    if cancel:
        if bank is None:
            raise InputError("--cancel takes the sources of one bank: give --bank")
        taken = with_memory(lambda memory: memory.queue.cancel(bank_id=bank), db)
        if as_json:
            print_json({"cancelled": taken})
        else:
            say(f"took {plural(taken, 'source')} out of the queue")
        return DONE
    if dead:
        letters = with_memory(lambda memory: memory.queue.dead(bank_id=bank), db)
        if as_json:
            print_json([views.plain(letter) for letter in letters])
        else:
            _say_dead(letters)
        return DONE
    state = with_memory(lambda memory: memory.queue(bank_id=bank), db)
    if as_json:
        print_json(views.plain(state))
    else:
        _say(state)
    return DONE


def _say(state: QueueState) -> None:
    names = {name: one_line(name, 40) for name in [*state.banks][:MAX_BANKS]}
    width = max([len(name) for name in names.values()] + [len("all banks")])
    say("  ".join([" " * width, *(f"{column:>9}" for column in _COLUMNS)]))
    for name, shown in names.items():
        say(_row(f"{shown:<{width}}", state.banks[name]))
    if (more := len(state.banks) - MAX_BANKS) > 0:
        say(f"… and {more:,} more banks: --json prints all")
    say(_row(f"{'all banks':<{width}}", state.total))
    wait = "" if state.oldest_wait_s is None else f", oldest wait {_age(state.oldest_wait_s)}"
    live = plural(state.workers, "live worker")
    say(f"{live}, {state.per_minute:,.1f} sources a minute{wait}")


def _row(name: str, counts: QueueCounts) -> str:
    return "  ".join([name, *(f"{getattr(counts, column):>9,}" for column in _COLUMNS)])


def _age(seconds: float) -> str:
    for unit, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= unit:
            return f"{seconds / unit:.1f} {name}"
    return f"{seconds:.1f} s"


def _say_dead(letters: list[DeadLetter]) -> None:
    if not letters:
        say("no source is dead")
    for letter in letters:
        name = f"{one_line(letter.bank_id, 40)}  {one_line(letter.source_id, 60)}"
        tries = f"tried {letter.tries} times" if letter.tries > 1 else "tried once"
        say(f"{moment(letter.failed_at):<16}  {name}  {tries}: {one_line(letter.reason, 600)}")
