"""The one table at the end, and the same as JSON."""

from __future__ import annotations

import platform
import sqlite3
import sys
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from benchmarks.measure import Group, Row, paired_ratio

OURS = "retain"
WIDTH = 140
LEGEND = """\
x base, x ours: median of the ratios within each repetition. Bases: (a) the seed's engine, (b) the
raw commit, (c) one run, (d) 10 ms, (e) a bare python, (f) the ticker alone, (h) the
raw commit."""


def show(groups: Sequence[Group], notes: Sequence[str]) -> None:
    """Print the table and its footnotes."""
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    table = Table(title=f"Retain's benchmarks: {machine()}", title_justify="left")
    table.add_column("", no_wrap=True)
    table.add_column("median", justify="right", no_wrap=True)
    table.add_column("unit")
    table.add_column("min - max", justify="right")
    table.add_column("x base", justify="right")
    table.add_column("x ours", justify="right")
    table.add_column("bytes/trans.", justify="right")
    table.add_column("keeps doc.")
    table.add_column("N", justify="right")
    for group in groups:
        table.add_row(f"[bold]{group.title}[/bold]")
        for row in group.rows:
            table.add_row(*_cells(group, row))
        table.add_section()
    console.print(table)
    console.print(LEGEND, highlight=False)
    for note in notes:
        console.print(note, highlight=False)
    for group in groups:
        for row in group.rows:
            if row.error is not None:
                console.print(f"[red]{row.name}[/red]: {escape(row.error)}", highlight=False)


def _cells(group: Group, row: Row) -> list[str]:
    name = f"  {row.name}" + (f" ({row.note})" if row.note else "")
    if not row.samples:
        return [name, "[red]failed[/red]"]
    written, keeps = row.written(), row.keeps()
    return [
        name if row.error is None else f"{name} [red]then failed[/red]",
        _number(row.median()),
        group.unit,
        f"{_number(min(row.values))} - {_number(max(row.values))}",
        _ratio(ratio_to_base(group, row)),
        _ratio(ratio_to_ours(group, row)),
        "" if written is None else f"{written:,.0f}",
        "" if keeps is None else ("yes" if keeps else "no"),
        str(len(row.samples)),
    ]


def ratio_to_base(group: Group, row: Row) -> float | None:
    """How `row` compares with the group's base."""
    if not isinstance(group.base, str):
        return row.median() / group.base
    base = group.row(group.base)
    return None if base is None else paired_ratio(row.values, base.values)


def ratio_to_ours(group: Group, row: Row) -> float | None:
    """How `row` compares with ours; above 1 where ours is better, but for rates."""
    ours = group.row(OURS)
    return None if ours is None or row is ours else paired_ratio(row.values, ours.values)


def as_json(groups: Sequence[Group], notes: Sequence[str]) -> dict[str, Any]:
    """Everything that was measured, every sample included."""
    return {
        "machine": machine(),
        "groups": [
            {
                "title": group.title,
                "unit": group.unit,
                "rows": [
                    {
                        "name": row.name,
                        "median": row.median() if row.samples else None,
                        "values": row.values,
                        "written": [sample.written for sample in row.samples],
                        "keeps_document": row.keeps(),
                        "x_base": ratio_to_base(group, row) if row.samples else None,
                        "x_ours": ratio_to_ours(group, row) if row.samples else None,
                        "note": row.note,
                        "error": row.error,
                    }
                    for row in group.rows
                ],
            }
            for group in groups
        ],
        "notes": list(notes),
    }


def machine() -> str:
    """What the numbers were measured on."""
    return (
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, "
        f"{platform.system()} {platform.machine()}"
    )


def _number(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
