"""The commands of paid calls: costs, and journal prune."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Annotated, Any

import typer

import retain
from retain.cli.bridge import DONE, run
from retain.cli.options import Age, AsJson, Bank, Db, parse_age, parse_date
from retain.cli.output import one_line, plural, print_json, say, took
from retain.errors import InputError

if TYPE_CHECKING:
    from retain.memory.model import CostLine, Spending

journal = typer.Typer(
    name="journal",
    help="What models answered, kept so that nothing is paid for twice.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Names = tuple[str, ...]
_GROUPS: dict[str | None, Names] = {
    None: ("model", "state"),
    "run": ("bank_id", "source_id"),
    "state": ("state",),
    "model": ("model",),
}
"""What a line of the table is of."""


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of the table: what it is of, what that came to, and the mean latency."""

    names: Names
    spending: Spending
    latency_ms: float


def costs(
    bank: Bank = None,
    by: Annotated[
        str | None,
        typer.Option("--by", metavar="WHAT", help="run, state or model; default: model and state."),
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help="Only calls from then on.")
    ] = None,
    db: Db = None,
    as_json: AsJson = False,
) -> int:
    """Tell what models have cost, in one bank or in all."""
    if by not in _GROUPS:
        raise InputError(f"--by is {by!r}: ask for run, state or model")
    first = parse_date(since, "--since")

    async def work() -> list[CostLine]:
        async with retain.Memory.open(db) as memory:
            return await memory.costs(bank_id=bank, since=first)

    lines = run(work())
    total = _added((), lines)
    if as_json:
        print_json({"costs": _rows_json(lines, by), "total": _spent_json(total)})
        return DONE
    if not lines:
        say("no model was asked" + (f" since {since}" if since else ""))
        return DONE
    _say_table(_grouped(lines, _GROUPS[by]))
    _say_total(total)
    return DONE


@journal.command("prune")
def prune(older_than: Age, bank: Bank = None, db: Db = None, as_json: AsJson = False) -> int:
    """Remove answers that came long ago; asking the same again is paid for again."""
    age = parse_age(older_than, "--older-than")

    async def work() -> int:
        async with retain.Memory.open(db) as memory:
            return await memory.prune_journal(age, bank_id=bank)

    number = run(work())
    if as_json:
        print_json({"pruned": number})
    else:
        say(f"pruned {plural(number, 'answer')}; what they cost stays counted")
    return DONE


@journal.callback()
def group() -> None:
    """What models answered, kept so that nothing is paid for twice."""


def _name(line: CostLine, field: str) -> str:
    of = line if field in ("purpose", "model") else line.payer
    return getattr(of, field)


def _grouped(lines: Iterable[CostLine], of: Names) -> list[_Row]:
    """A row for each group of lines, sorted by its names."""
    groups: dict[Names, list[CostLine]] = {}
    for line in lines:
        groups.setdefault(tuple(_name(line, field) for field in of), []).append(line)
    return [_added(names, groups[names]) for names in sorted(groups)]


def _added(names: Names, lines: Sequence[CostLine]) -> _Row:
    from retain.memory.model import Spending

    each = [line.spending for line in lines]
    sums = {f.name: sum(getattr(one, f.name) for one in each) for f in fields(Spending)}
    spending = Spending(**sums)
    took_ms = sum(line.latency_ms * line.spending.calls for line in lines)
    return _Row(names, spending, took_ms / max(spending.calls, 1))


def _rows_json(lines: list[CostLine], by: str | None) -> list[dict[str, Any]]:
    """The ledger's own lines, or those of the table that was asked for."""
    whole = ("bank_id", "source_id", "state", "purpose", "model")
    of = whole if by is None else _GROUPS[by]
    rows = _grouped(lines, of)
    return [{**dict(zip(of, row.names, strict=True)), **_spent_json(row)} for row in rows]


def _spent_json(row: _Row) -> dict[str, Any]:
    spent = {f.name: getattr(row.spending, f.name) for f in fields(row.spending)}
    return {**spent, "latency_ms": row.latency_ms}


_COLUMNS: dict[str, Callable[[_Row], str]] = {
    "calls": lambda row: f"{row.spending.calls:,}",
    "failed": lambda row: f"{row.spending.failed:,}",
    "tokens in": lambda row: f"{row.spending.input_tokens:,}",
    "out": lambda row: f"{row.spending.output_tokens:,}",
    "latency": lambda row: took(row.latency_ms),
    "cost": lambda row: _cost(row.spending),
}


def _say_table(rows: Sequence[_Row]) -> None:
    named = [[one_line(name, 60) or "-" for name in row.names] for row in rows]
    wide = [max(map(len, column)) for column in zip(*named, strict=True)]
    cells = [list(_COLUMNS), *([cell(row) for cell in _COLUMNS.values()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for names, row in zip([[""] * len(wide), *named], cells, strict=True):
        left = "  ".join(name.ljust(width) for name, width in zip(names, wide, strict=True))
        right = "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        say(f"{left}  {right}")


def _say_total(total: _Row) -> None:
    spent = total.spending
    tokens = f"{spent.input_tokens:,} tokens in, {spent.output_tokens:,} out"
    failed = f" ({spent.failed:,} failed)" if spent.failed else ""
    say(f"total: {plural(spent.calls, 'call')}{failed}, {tokens}, {_dollars(spent.cost)}")
    if spent.unpriced:
        say(f"the price of {plural(spent.unpriced, 'call')} is not known, and not in it")


def _cost(spent: Spending) -> str:
    if not spent.unpriced:
        return _dollars(spent.cost)
    return f"{_dollars(spent.cost)} + unknown" if spent.cost else "unknown"


def _dollars(cost: float) -> str:
    """Dollars with four digits that count, and at least the cents."""
    if not cost:
        return "$0.00"
    decimals = max(2, 3 - math.floor(math.log10(abs(cost))))
    return f"${cost:,.{decimals}f}"
