"""Text cut into the pieces of a fixed vocabulary, the longest first, as BERT's uncased models do.

WordPiece (https://arxiv.org/abs/1609.08144): a word is the longest piece that it begins with, then
the longest that goes on from there, and so on; those behind the first have ``##`` before them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

UNKNOWN = "[UNK]"
START = "[CLS]"
END = "[SEP]"
INSIDE = "##"

MAX_CHARACTERS = 16_000
"""The part of a text that is looked at."""

MAX_WORD = 100
"""A longer word is unknown, whatever it is made of."""

CACHED_WORDS = 50_000

_IDEOGRAPHS = (
    range(0x4E00, 0xA000),
    range(0x3400, 0x4DC0),
    range(0x20000, 0x2A6E0),
    range(0x2A700, 0x2CEB0),
    range(0xF900, 0xFB00),
    range(0x2F800, 0x2FA20),
)
_ASCII_MARKS = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")


class _Plain(dict[int, str]):
    """A table for `str.translate`: lower case, no accents, marks and ideographs as words."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        self[code] = found = _plain(letter)
        return found


def _plain(letter: str) -> str:
    if letter in "\t\n\r":
        return " "
    category = unicodedata.category(letter)
    if category in ("Cc", "Cf", "Co", "Cs", "Mn") or letter == "\ufffd":
        return ""
    if category.startswith("Z"):
        return " "
    alone = (
        category.startswith("P")
        or letter in _ASCII_MARKS
        or any(ord(letter) in these for these in _IDEOGRAPHS)
    )
    return f" {letter} " if alone else letter.lower()


class WordPieces:
    """A vocabulary.

    Args:
        vocabulary: Every piece, in the order of the ids.
    """

    def __init__(self, vocabulary: Sequence[str]) -> None:
        self._ids = {piece: n for n, piece in enumerate(vocabulary)}
        self._cached = lru_cache(CACHED_WORDS)(self._cut)
        self._plain = _Plain()

    def encode(self, text: str, most: int) -> list[int]:
        """The ids of the pieces of `text` between those of its start and its end, or none.

        The vocabulary's own marks, such as ``[MASK]``, are words like any others in a text.

        Args:
            text: What to cut.
            most: How many ids there are at most.
        """
        found = [self._ids[START]]
        plain = unicodedata.normalize("NFD", text[:MAX_CHARACTERS]).translate(self._plain)
        for word in plain.split():
            found.extend(self._cached(word) if len(word) <= MAX_WORD else (self._ids[UNKNOWN],))
            if len(found) >= most:
                break
        return [*found[: most - 1], self._ids[END]] if len(found) > 1 else []

    def _cut(self, word: str) -> tuple[int, ...]:
        found: list[int] = []
        start = 0
        while start < len(word):
            before = INSIDE if start else ""
            for end in range(len(word), start, -1):
                if (piece := self._ids.get(before + word[start:end])) is not None:
                    found.append(piece)
                    start = end
                    break
            else:
                break
        return tuple(found) if start == len(word) else (self._ids[UNKNOWN],)
