"""Text cut into the pieces of a fixed vocabulary, by merging the best pair of neighbours first.

Byte-pair encoding (https://arxiv.org/abs/1508.07909) with LLaMA 2's conventions: a space is the
letter ▁, and a character that is no piece becomes its UTF-8 bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from heapq import heappop, heappush

SPACE = "▁"

MARKS = ("<unk>", "<s>", "</s>")
"""The first pieces of a vocabulary. In a text they stand for themselves and part what is around."""

FIRST_MERGED = len(MARKS) + 256
"""After the marks come the bytes; the pieces from here on are letters and what merges make."""

CACHED_WORDS = 50_000
CACHED_LENGTH = 40
"""Longer words are cut afresh each time, so that the cache stays small."""

_mark = re.compile(f"({'|'.join(MARKS)})")
_word = re.compile(f"{SPACE}+[^{SPACE}]*")


class Pieces:
    """A vocabulary: of two pairs, the one whose merged piece stands earlier is merged first.

    No merge reaches over the start of a word, so that each word is cut alone, and the words that
    come often are cut once.

    Args:
        vocabulary: Every piece, in the order of the ids: marks, bytes, then the rest.
    """

    def __init__(self, vocabulary: Sequence[str]) -> None:
        self._ids = {piece: n for n, piece in enumerate(vocabulary)}
        self._cached = lru_cache(CACHED_WORDS)(self._cut)

    def encode(self, text: str) -> list[int]:
        """The ids of the pieces of `text`."""
        found: list[int] = []
        for n, part in enumerate(_mark.split(text)):
            if n % 2:
                found.append(self._ids[part])
            elif part:
                for word in _word.findall(SPACE + part.replace(" ", SPACE)):
                    cut = self._cached if len(word) <= CACHED_LENGTH else self._cut
                    found.extend(cut(word))
        return found

    def _cut(self, word: str) -> tuple[int, ...]:
        pieces = list(self._smallest(word))
        before, after = list(range(-1, len(pieces) - 1)), list(range(1, len(pieces) + 1))
        waiting: list[tuple[tuple[bool, int, int, int], int, str, str]] = []

        def offer(left: int) -> None:
            if left >= 0 and after[left] < len(pieces):
                a, b = pieces[left], pieces[after[left]]
                if (rank := self._rank(a, b)) is not None:
                    heappush(waiting, (rank, left, a, b))

        for n in range(len(pieces)):
            offer(n)
        while waiting:
            _, left, a, b = heappop(waiting)
            right = after[left]
            if right == len(pieces) or (pieces[left], pieces[right]) != (a, b):
                continue  # a merge before this one took one of the two
            pieces[left], pieces[right] = a + b, ""
            after[left] = after[right]
            if after[left] < len(pieces):
                before[after[left]] = left
            offer(before[left])
            offer(left)
        return tuple(self._ids[piece] for piece in pieces if piece)

    def _smallest(self, word: str) -> Iterator[str]:
        for letter in word:
            if letter in self._ids:
                yield letter
            else:
                yield from (f"<0x{byte:02X}>" for byte in letter.encode())

    def _rank(self, a: str, b: str) -> tuple[bool, int, int, int] | None:
        """The place of a pair among all pairs, runs of spaces last; None: they do not merge."""
        merged = self._ids.get(a + b, 0)
        if merged < FIRST_MERGED:
            return None
        return not (a + b).strip(SPACE), merged, self._ids[a], self._ids[b]
