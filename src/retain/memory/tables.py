"""Tables of a Markdown text that go on over several sections, with their headers."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import lru_cache

_RULE = re.compile(r"^[ \t>]*+\|?[ \t]*+:?-++:?[ \t]*+\|[ \t:|-]*+\r?$", re.MULTILINE)
_END = re.compile(r"^[^|\n]*$", re.MULTILINE)

Table = tuple[int, int, tuple[int, int]]
"""Where the rows begin and end, and where the line of the header begins and ends."""


def header_before(text: str, offset: int) -> tuple[int, int] | None:
    """Where the header of the table stands in whose rows `offset` lies; None outside of rows."""
    if "|" not in text[offset : offset + 1_000]:
        return None
    tables = _tables(text)
    at = bisect_right(tables, (offset, len(text), (0, 0))) - 1
    if at < 0:
        return None
    begin, end, header = tables[at]
    return header if begin <= offset < end else None


@lru_cache(maxsize=4)
def _tables(text: str) -> list[Table]:
    found: list[Table] = []
    for rule in _RULE.finditer(text):
        if found and rule.start() < found[-1][1]:
            continue
        after = text.rfind("\n", 0, rule.start())
        if after < 0:
            continue
        header = (text.rfind("\n", 0, after) + 1, after)
        if "|" not in text[header[0] : header[1]]:
            continue
        rows = rule.end() + 1
        end = _END.search(text, rows)
        found.append((rows, end.start() if end else len(text), header))
    return found
