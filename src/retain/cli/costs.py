"""The commands of model calls: costs, and journal prune."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from retain.app import views
from retain.app.costs import BY, CostGroup, grouped, total
from retain.cli.bridge import DONE, with_memory
from retain.cli.options import Age, AnyBank, AsJson, Db, parse_age, parse_date
from retain.cli.output import one_line, plural, print_json, say, took
from retain.errors import InputError

if TYPE_CHECKING:
    from retain.memory.model import Spending

journal = typer.Typer(
    name="journal",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
)


def costs(
    bank: AnyBank = None,
    by: Annotated[
        str | None,
        typer.Option(
            "--by",
            metavar="GROUP",
            help="Group by run, state or model; default: model and state.",
        ),
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help="Only calls from this date on.")
    ] = None,
    db: Db = None,
    as_json: AsJson = False,
) -> int:
    """Show what calls to language models cost."""
    if by is not None and by not in BY:
        raise InputError(f"--by is {by!r}: ask for run, state or model")
    first = parse_date(since, "--since")
    lines = with_memory(lambda memory: memory.costs(bank_id=bank, since=first), db)
    if as_json:
        print_json(views.costs(lines, by))
    elif not lines:
        say("no model was asked" + (f" since {since}" if since else ""))
    else:
        _say_table(grouped(lines, ("model", "state") if by is None else BY[by]))
        _say_total(total(lines).spending)
    return DONE


@journal.callback()
def group() -> None:
    """Manage the kept answers of models.

    Every answer of a model is kept in a journal beside the database, so that no request is paid
    for twice.
    """


@journal.command("prune")
def prune(older_than: Age, bank: AnyBank = None, db: Db = None, as_json: AsJson = False) -> int:
    """Delete old answers of models.

    Their costs stay counted. A request whose answer was deleted is paid for again.
    """
    age = parse_age(older_than, "--older-than")
    number = with_memory(lambda memory: memory.costs.prune_journal(age, bank_id=bank), db)
    if as_json:
        print_json(views.pruned(number))
    else:
        say(f"pruned {plural(number, 'answer')}; what they cost stays counted")
    return DONE


_COLUMNS: dict[str, Callable[[CostGroup], str]] = {
    "calls": lambda row: f"{row.spending.calls:,}",
    "failed": lambda row: f"{row.spending.failed:,}",
    "tokens in": lambda row: f"{row.spending.input_tokens:,}",
    "out": lambda row: f"{row.spending.output_tokens:,}",
    "latency": lambda row: took(row.latency_ms),
    "cost": lambda row: _cost(row.spending),
}


def _say_table(rows: Sequence[CostGroup]) -> None:
    names = [[one_line(name, 60) or "-" for name in row.names.values()] for row in rows]
    name_widths = [max(map(len, column)) for column in zip(*names, strict=True)]
    cells = [list(_COLUMNS), *([cell(row) for cell in _COLUMNS.values()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row_names, row in zip([[""] * len(name_widths), *names], cells, strict=True):
        pairs = zip(row_names, name_widths, strict=True)
        left = "  ".join(name.ljust(width) for name, width in pairs)
        right = "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        say(f"{left}  {right}")


def _say_total(spent: Spending) -> None:
    tokens = f"{spent.input_tokens:,} tokens in, {spent.output_tokens:,} out"
    failed = f" ({spent.failed:,} failed)" if spent.failed else ""
    say(f"total: {plural(spent.calls, 'call')}{failed}, {tokens}, {_dollars(spent.cost)}")
    if spent.unpriced:
        say(f"the total leaves out {plural(spent.unpriced, 'call')} of unknown price")


def _cost(spent: Spending) -> str:
    if not spent.unpriced:
        return _dollars(spent.cost)
    return f"{_dollars(spent.cost)} + unknown" if spent.cost else "unknown"


def _dollars(cost: float) -> str:
    """Dollars with four significant digits, and at least the cents."""
    if not cost:
        return "$0.00"
    decimals = max(2, 3 - math.floor(math.log10(abs(cost))))
    return f"${cost:,.{decimals}f}"
