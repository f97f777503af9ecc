"""A table of what was measured, printed in columns and kept as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Value = str | int | float | None


@dataclass
class Table:
    """Rows with the same columns.

    Args:
        title: What was measured, with units where the columns do not tell them.
        rows: The values of each row, by the column's name.
    """

    title: str
    rows: list[Mapping[str, Value]] = field(default_factory=list)

    def text(self) -> str:
        """The table in columns, numbers to the right."""
        columns = list(self.rows[0]) if self.rows else []
        cells = [columns, *([_shown(row.get(name)) for name in columns] for row in self.rows)]
        widths = [max(len(line[n]) for line in cells) for n in range(len(columns))]
        left = [any(isinstance(row.get(name), str) for row in self.rows) for name in columns]
        lines = [_line(line, widths, left) for line in cells]
        return "\n".join([self.title, *(f"  {line.rstrip()}" for line in lines), ""])


def _line(cells: Sequence[str], widths: Sequence[int], left: Sequence[bool]) -> str:
    return "  ".join(
        cell.ljust(width) if is_left else cell.rjust(width)
        for cell, width, is_left in zip(cells, widths, left, strict=True)
    )


def _shown(value: Value) -> str:
    match value:
        case None:
            return "-"
        case float() if abs(value) < 10:
            return f"{value:.2f}"
        case float() if abs(value) < 100:
            return f"{value:.1f}"
        case float():
            return f"{value:,.0f}"
        case int():
            return f"{value:,}"
        case str():
            return value
