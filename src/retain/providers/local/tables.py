"""Rows of Markdown tables, each read with its header as one statement."""

from __future__ import annotations

import re
from dataclasses import dataclass

from retain.providers.local.plain import plain
from retain.providers.local.slots import Slot

_CELL = re.compile(r"(?:\\.|`[^`\n]{1,400}`|[^|\\`]|\\|`)*")
_WORDS = re.compile(r"[^\W_]")
_HEADING = re.compile(r"[^\W\d_][\w '/-]{0,40}")
_MAX_CELL, _MAX_VALUE, _MAX_COLUMNS = 300, 80, 40
_NO_HEADING = frozenset({"", "#", "no", "no.", "id", "-", "name", "who", "what"})
_SAYS_ALL = frozenset(
    {"", "explanation", "description", "meaning", "purpose", "summary", "definition", "notes"}
)
_NO_VALUE = frozenset({"", "-", "--", "\u2013", "\u2014", "n/a", "?", "none", "..."})


@dataclass(frozen=True, slots=True)
class Row:
    """What a row tells.

    Args:
        text: The statement.
        subject: What the row is of: its first cell.
        slot: Its second cell, where there are two.
    """

    text: str
    subject: str
    slot: Slot | None


def header_of(text: str, start: int, end: int) -> tuple[str, ...]:
    """The headings of the columns, of the line at this place."""
    return tuple(cell.rstrip(" ?:") for cell in _cells(text, start, end))


def row_of(text: str, start: int, end: int, header: tuple[str, ...]) -> Row | None:
    """The statement of the line at this place; None if it tells nothing under that header."""
    cells = _cells(text, start, end)
    if not 2 <= len(header) <= _MAX_COLUMNS or len(cells) > len(header):
        return None
    first, *others = cells
    told = [
        (_lower_first(heading), value)
        for heading, value in zip(header[1:], others, strict=False)
        if value.casefold() not in _NO_VALUE
    ]
    if not first or not told or any(len(cell) > _MAX_CELL for cell in cells):
        return None
    if not _WORDS.search("".join(value for _, value in told)):
        return None
    heading = "" if header[0].casefold() in _NO_HEADING else header[0] + " "
    values = "; ".join(v if name in _SAYS_ALL else f"{name}: {v}" for name, v in told)
    return Row(f"{heading}{first} - {values.rstrip('.')}", first, _slot(header, first, told))


def _slot(header: tuple[str, ...], first: str, told: list[tuple[str, str]]) -> Slot | None:
    heading, value = told[0]
    if len(header) != 2 or heading in _SAYS_ALL or len(value) > _MAX_VALUE:
        return None
    return Slot(heading.lower(), value.rstrip("."), first) if _HEADING.fullmatch(heading) else None


def _cells(text: str, start: int, end: int) -> list[str]:
    line = text[start:end]
    stripped = line.rstrip()
    at = start + len(line) - len(line.lstrip(" \t>"))
    after = start + len(stripped)
    at += text.startswith("|", at)
    if stripped.endswith("|") and not stripped.endswith("\\|"):
        after -= 1
    cells: list[str] = []
    while at <= after and len(cells) <= _MAX_COLUMNS:
        cell = _CELL.match(text, at, after)
        stop = cell.end() if cell else at
        cells.append(" ".join(plain(text, at, stop).text.split()))
        at = stop + 1
    return cells


def _lower_first(heading: str) -> str:
    return heading if heading[:2].isupper() else heading[:1].lower() + heading[1:]
