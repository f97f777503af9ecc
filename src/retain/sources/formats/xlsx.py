"""Excel files: a section and a table for each sheet; empty cells cost nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import Any, cast

from retain.errors import SourceError
from retain.sources.decoding import valid_unicode
from retain.sources.formats.base import Converted, Sample
from retain.sources.formats.libraries import library
from retain.sources.formats.packed import check_unpacked

MAX_COLUMNS = 16_384
MAX_CELLS = 2_000_000


class Xlsx:
    """Excel files."""

    name = "xlsx"
    suffixes = frozenset({".xlsx", ".xlsm"})
    extra = "docs"

    def detect(self, sample: Sample) -> bool | None:
        return None

    def convert(self, data: bytes, source: str, max_bytes: int) -> Converted:
        check_unpacked(data, source, ".xlsx", max_bytes)
        workbook = library("openpyxl", source).load_workbook(
            BytesIO(data), read_only=True, data_only=True
        )
        cells = 0
        parts: list[str] = []
        hidden = 0
        for sheet in workbook.worksheets:
            if sheet.sheet_state != "visible":
                hidden += 1
                continue
            rows: list[list[str]] = []
            for row in _rows(sheet):
                cells += len(row)
                if cells > MAX_CELLS:
                    raise SourceError(source, f"has more than {MAX_CELLS:,} cells: split it")
                rows.append(row)
            if rows:
                parts.append(f"## {sheet.title}\n\n{table(rows)}")
        passed_over = {"hidden sheets": hidden} if hidden else {}
        return Converted(
            valid_unicode("\n\n".join(parts)) + "\n" * bool(parts), "document", passed_over
        )


def _rows(sheet: Any) -> Iterator[list[str]]:
    """The rows that hold something; columns that hold nothing at all are left out by `table`.

    A row is a list of its cells up to the last that is not empty. The cells are read one by one: a
    single cell in the last column would otherwise make each row of the sheet 16,384 cells long.
    """
    from openpyxl.worksheet._reader import WorkSheetParser

    with sheet._get_source() as opened:  # noqa: SLF001 - the public reader fills in empty cells
        parser = WorkSheetParser(
            opened,
            sheet._shared_strings,  # noqa: SLF001
            data_only=True,
            epoch=sheet.parent.epoch,
            date_formats=sheet.parent._date_formats,  # noqa: SLF001
            timedelta_formats=sheet.parent._timedelta_formats,  # noqa: SLF001
        )
        for _, found in parser.parse():
            cells = {
                int(cell["column"]): shown
                for cell in cast("Sequence[dict[str, Any]]", found)
                if (shown := _shown(cell["value"])) and int(cell["column"]) <= MAX_COLUMNS
            }
            if cells:
                yield _Sparse(cells)


class _Sparse(list[str]):
    """A row as its cells by column."""

    def __init__(self, cells: dict[int, str]) -> None:
        super().__init__(cells.values())
        self.cells = cells


def table(rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table of sparse rows or of plain ones; the first row heads it."""
    sparse = [row.cells if isinstance(row, _Sparse) else dict(enumerate(row)) for row in rows]
    columns = sorted({column for row in sparse for column in row if row[column]})
    if len(columns) > 1 and len(columns) * len(sparse) > 4 * sum(map(len, sparse)) + 10_000:
        # So few of the cells are filled that the columns mean nothing.
        return "\n\n".join("; ".join(row.values()) for row in sparse)
    lines = [_line([row.get(column, "") for column in columns]) for row in sparse]
    return "\n".join([lines[0], "| " + " | ".join("---" for _ in columns) + " |", *lines[1:]])


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _shown(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case float():
            return f"{value:.15g}"
        case datetime() if value.time() == time():
            return value.date().isoformat()
        case datetime():
            return value.isoformat(" ", "minutes")
        case date() | time() | timedelta():
            return str(value)
        case _:
            return " ".join(str(value).split())
