"""Text as the words that a full-text index keeps, and terms as what finds them.

What these functions return is what an index already holds, and what takes it out again: a change
to them needs a migration that builds the index anew.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise

from retain.bank.stemming import stem

_MONTHS = "January February March April May June July August September October November December"

# Thai to Myanmar, Khmer, Hangul, Japanese kana and Chinese characters: scripts that write words
# without spaces between them, or glue particles to them.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3130-\u318f"
    "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"
)
_LONGEST = 64
"""Of a longer word, only its first characters count."""

_CHARACTER = re.compile(f"[{_UNSPACED}]")
_RUN = re.compile(f"[{_UNSPACED}]+|[^{_UNSPACED}]+")
_ASCII_WORD = re.compile("[a-z0-9]+")


class _Separators(dict[int, int | None]):
    """For `str.translate`: letters, marks and numbers stay, the rest becomes spaces."""

    def __missing__(self, code: int) -> int | None:
        category = unicodedata.category(chr(code))
        kept = category[0] in "LMN" or category == "Co"
        self[code] = code if kept else 32
        return self[code]


_separators = _Separators(dict.fromkeys(range(0x300, 0x370)))  # accents go without a trace


def tokens(text: str) -> tuple[list[str], int]:
    """What an index keeps of a text, in its order, and how many words that is.

    Words are in lower case, without accents and English endings. In a run of an unspaced script,
    each character is a word; its overlapping pairs are kept as well, which do for words there (as
    in Lucene's CJKBigramFilter).
    """
    if text.isascii():
        words = [stem(word[:_LONGEST]) for word in _ASCII_WORD.findall(text.lower())]
        return words, len(words)
    found: list[str] = []
    pairs = 0
    for run in _runs(text):
        if _CHARACTER.match(run):
            pairs += len(run) - 1
            found += [*run, *map("".join, pairwise(run))]
        else:
            found.append(stem(run[:_LONGEST]))
    return found, len(found) - pairs


def wanted(term: str) -> list[str]:
    """What to look for to find a term: of a run of an unspaced script, its pairs."""
    found: list[str] = []
    for run in _runs(term):
        unspaced = len(run) > 1 and _CHARACTER.match(run)
        found += map("".join, pairwise(run)) if unspaced else [stem(run[:_LONGEST])]
    return found


def _runs(text: str) -> Iterator[str]:
    plain = unicodedata.normalize("NFD", text.casefold()).translate(_separators)
    for word in unicodedata.normalize("NFC", plain).split():
        yield from _RUN.findall(word)


def date_words(moment: datetime | None) -> str:
    """The date as people write it, ``8 May 2023``, where it was written."""
    if moment is None:
        return ""
    return f"{moment.day} {_MONTHS.split()[moment.month - 1]} {moment.year}"
