"""Tables in text, with commas, semicolons, tabs or bars between the cells (RFC 4180)."""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from retain.errors import SourceError
from retain.sources.drafts import Marks, Outline
from retain.sources.formats.base import Sample, SourceText
from retain.sources.formats.rewritten import Rewriting

Cell = tuple[int, int]
"""A cell's first character and the one past its last, without its quotes."""

MAX_TABLE_COLUMNS = 40
"""Rows of more columns are written as lines of ``name - heading: value``: nobody counts that many
bars."""

_MARKS = ",;\t|"
_SAMPLE_ROWS = 50
_SAMPLE_CHARS = 65_536
_MAX_NAME = 60
_NUMBER = re.compile(r"[-+]?[\d.,: /%-]+")
_SEP_LINE = re.compile(r'"?sep=(.)"?\r?\n')
_ESCAPED = re.compile(r'""|[|]|(?<!\s)\s*[\r\n]\s*')


class CsvTable:
    """CSV and TSV files, also those that spreadsheets write with semicolons."""

    name = "csv"
    suffixes = frozenset({".csv", ".tsv"})

    def detect(self, sample: Sample) -> bool | None:
        if sample.suffix in self.suffixes:
            return None if _marks(sample.text, 2) else False
        return not sample.suffix and _is_plainly_a_table(sample.text[:_SAMPLE_CHARS])

    def read(self, source: SourceText) -> Outline:
        text = source.text
        begin = int(text.startswith("\ufeff"))
        given = _SEP_LINE.match(text, begin)
        begin = given.end() if given else begin
        mark = given[1] if given else (_marks(text, 1) or ",")[0]
        writing = Rewriting(source)
        marks = _write(writing, lambda: _filled_rows(text, begin, mark))
        if writing.blank:
            raise SourceError(source.source_id, "is a table without cells: nothing is in it")
        return writing.as_section(marks)


def _write(writing: Rewriting, rows: Callable[[], Iterator[Sequence[Cell]]]) -> Marks:
    """Write what stands above the table as paragraphs, then its header and its rows.

    Args:
        writing: Where to.
        rows: The rows, as often as they are asked for: all cells of a table at once take more
            memory than its text.

    Returns:
        Where the table begins, and each of its rows.
    """
    text, head = writing.text, list(islice(rows(), _SAMPLE_ROWS))
    filled = [sum(a < b for a, b in row) for row in head]
    first = 0
    while first + 1 < len(filled) and filled[first] == 1 and max(filled[first + 1 :]) > 1:
        writing.copy(*next(cell for cell in head[first] if cell[0] < cell[1]))
        writing.write("\n\n")
        first += 1
    columns, count = set[int](), 0
    for row in islice(rows(), first, None):
        columns.update(n for n, (a, b) in enumerate(row) if a < b)
        count += 1
    if not count:
        return []
    used = sorted(columns)
    has_header = not any(_NUMBER.fullmatch(text[a:b]) for a, b in head[first] if b - a < 80)
    header: Sequence[Cell] = head[first] if has_header else ()
    body = islice(rows(), first + has_header, None)
    if len(used) > MAX_TABLE_COLUMNS:
        body = body if count > 1 else islice(rows(), first, None)
        return [array("q", _write_pairs(writing, header, body, used))]
    begin, marks = writing.length, array("q")
    _write_row(writing, header, used, names=True)
    writing.write("|" + " --- |" * len(used) + "\n")
    for row in body:
        marks.append(writing.length)
        _write_row(writing, row, used)
    return [[begin], marks]


def _filled_rows(text: str, at: int, mark: str) -> Iterator[list[Cell]]:
    """The rows from `at` on that hold anything."""
    return (row for row in _rows(text, at, mark) if any(a < b for a, b in row))


def _write_row(
    writing: Rewriting, row: Sequence[Cell], used: Sequence[int], *, names: bool = False
) -> None:
    writing.write("|")
    for number in used:
        writing.write(" ")
        start, end = row[number] if number < len(row) else (0, 0)
        if start < end:
            _write_cell(writing, start, end)
        elif names:
            writing.write(f"column {number + 1}")
        writing.write(" |")
    writing.write("\n")


def _write_pairs(
    writing: Rewriting, header: Sequence[Cell], body: Iterable[Sequence[Cell]], used: Sequence[int]
) -> Iterator[int]:
    """Write each row as a paragraph: its cells, each with its heading and the name of the row."""
    for row in body:
        yield writing.length
        before = ""
        for number in used:
            start, end = row[number] if number < len(row) else (0, 0)
            if start == end:
                continue
            name = header[number] if number < len(header) else (0, 0)
            heading = " ".join(writing.text[name[0] : name[1]].split())
            writing.write(f"{before}{heading or f'column {number + 1}'}: ")
            _write_cell(writing, start, end)
            if not before:
                of = " ".join(writing.text[start:end].split())
                before = f";\n{of} - " if len(of) <= _MAX_NAME else ";\n"
        writing.write(".\n\n")


def _write_cell(writing: Rewriting, start: int, end: int) -> None:
    """Write a cell on one line, with doubled quotes as one and with bars escaped."""
    for match in _ESCAPED.finditer(writing.text, start, end):
        writing.copy(start, match.start())
        start = match.end()
        shown = {'""': '"', "|": "\\|"}.get(match[0], " ")
        writing.put(shown, match.start(), start)
    writing.copy(start, end)


def _rows(text: str, at: int, mark: str) -> Iterator[list[Cell]]:
    """The rows from `at` on; a quote that nothing closes is a character like any other."""
    bare = re.compile(rf"[^\r\n{re.escape(mark)}]*")
    closed, row = True, list[Cell]()
    while at < len(text):
        quoted = _closing_quote(text, at) if closed and text[at] == '"' else None
        closed = closed and (quoted is not None or text[at] != '"')
        if quoted is not None:
            cell = (at + 1, quoted)
            found = bare.match(text, quoted + 1)
        else:
            found = bare.match(text, at)
            cell = (at, found.end() if found else at)
        at = found.end() if found else at
        row.append(_trimmed(text, *cell))
        if text[at : at + 1] == mark:
            at += 1
            if at == len(text) or text[at] in "\r\n":
                row.append((at, at))
            else:
                continue
        yield row
        row = []
        at += 2 if text.startswith("\r\n", at) else 1
    if row:
        yield row


def _closing_quote(text: str, at: int) -> int | None:
    """Where the quote ends that begins at `at`; a doubled quote stands for one."""
    at += 1
    while (at := text.find('"', at)) >= 0:
        if text[at + 1 : at + 2] != '"':
            return at
        at += 2
    return None


def _trimmed(text: str, start: int, end: int) -> Cell:
    words = text[start:end]
    stripped = words.strip()
    first = start + len(words) - len(words.lstrip()) if stripped else start
    return first, first + len(stripped)


def _marks(text: str, least_rows: int) -> list[str]:
    """What may stand between the cells, the likeliest first."""
    sample = text[:_SAMPLE_CHARS].removeprefix("\ufeff")
    scores: dict[str, tuple[float, int]] = {}
    for mark in _MARKS:
        widths = Counter(
            len(row) for row in islice(_rows(sample, 0, mark), _SAMPLE_ROWS) if row != [(0, 0)]
        )
        total = sum(widths.values())
        width, rows = max(widths.items(), key=lambda one: (one[1] * (one[0] > 1), one[0]))
        if width > 1 and rows >= least_rows:
            scores[mark] = (round(rows / total, 1), width)
    return sorted(scores, key=lambda mark: scores[mark], reverse=True)


def _is_plainly_a_table(text: str) -> bool:
    """Whether a text without a name has the same cells in each of its lines, and no sentences."""
    lines = [line for line in text.removeprefix("\ufeff").splitlines() if line.strip()]
    if len(lines) < 3 or any(line[:1] in "#|>-*{[<" for line in lines[:_SAMPLE_ROWS]):
        return False
    mark = (_marks(text, 3) or [""])[0]
    rows = list(islice(_rows(text, 0, mark), 1, _SAMPLE_ROWS)) if mark else []
    if mark == "," and text.count(", ") * 2 > text.count(","):
        return False
    header = lines[0].count(mark) if mark else 0
    return header >= 1 + (mark in ",|") and all(
        len(row) == header + 1 for row in rows if any(a < b for a, b in row)
    )
