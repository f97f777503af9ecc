"""Text as the words that a full-text index keeps, and terms as what finds them.

What these functions return is what an index already holds, and what takes it out again: a change
to them needs a migration that builds the index anew.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from itertools import pairwise

_MONTHS = "January February March April May June July August September October November December"

# Thai to Myanmar, Khmer, Hangul, Japanese kana and Chinese characters: scripts that write words
# without spaces between them, or glue particles to them.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3130-\u318f"
    "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"
)
_CHARACTER = re.compile(f"[{_UNSPACED}]")
_RUN = re.compile(f"[{_UNSPACED}]+|[^{_UNSPACED}]+")


def spaced(text: str) -> str:
    """`text` with each character of an unspaced script a word of its own."""
    return text if text.isascii() else _CHARACTER.sub(r" \g<0> ", text)


def phrases(term: str) -> list[str]:
    """What to look for, as phrases over `spaced` text, to find `term`.

    A run of an unspaced script becomes its overlapping pairs of characters, which do for words
    there (as in Lucene's CJKBigramFilter). Control characters count as spaces.
    """
    if term.isascii() and term.isprintable():
        return [term]
    term = "".join(char if char.isprintable() else " " for char in term)
    found: list[str] = []
    for run in _RUN.findall(term):
        if len(run) > 1 and _CHARACTER.match(run):
            found.extend(f"{a} {b}" for a, b in pairwise(run))
        else:
            found.append(run)
    return found


def date_words(moment: datetime | None) -> str:
    """The date as people write it, ``8 May 2023``, in UTC."""
    if moment is None:
        return ""
    day = moment.astimezone(UTC)
    return f"{day.day} {_MONTHS.split()[day.month - 1]} {day.year}"
