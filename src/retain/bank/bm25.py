"""Scores of rows by the words that they have.

BM25 as FTS5 has it (https://www.sqlite.org/fts5.html#the_bm25_function): a word brings the more,
the fewer rows have it and the more often it stands in a row, for the length of the row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

_K1 = 1.2
_B = 0.75

_MORE = 1
"""Every row counts as longer by this: few words alone make no row the best."""

_LEAST = 1e-6
"""The rarity of a word that half of all rows have, or more."""


class Blocks:
    """The rows of a bank.

    Args:
        blocks: Of each block its id, the ids of its rows and their sizes, as the index has them.
    """

    def __init__(self, blocks: Iterable[tuple[int, bytes, bytes]]) -> None:
        rows: list[bytes] = []
        sizes: list[bytes] = []
        self._base: dict[int, int] = {}
        at = 0
        for id_, of_rows, of_sizes in blocks:
            self._base[id_] = at
            at += len(of_rows) // 8
            rows.append(of_rows)
            sizes.append(of_sizes)
        self._rows = np.frombuffer(b"".join(rows), "<i8")
        self._count = int(np.count_nonzero(self._rows))
        lengths = np.frombuffer(b"".join(sizes), "<u4") + float(_MORE)
        mean = lengths[self._rows != 0].sum() / max(self._count, 1)
        self._saturation = _K1 * (1 - _B + _B * lengths / mean)

    def best(
        self,
        entries: Sequence[tuple[int, int, bytes]],
        meant: Sequence[int],
        weights: Sequence[float],
        limit: int,
    ) -> dict[int, float]:
        """The rows that score best, and those that score as the last of them.

        Args:
            entries: Where words stand: the number of the word, the block, and of each time that it
                stands in one of its rows ``slot << 4 | field``, those of a row behind each other.
            meant: Of each word, how often it is looked for.
            weights: What a word counts for in each field.
            limit: How many rows are wanted.
        """
        if not entries:
            return {}
        found = np.frombuffer(b"".join([body for _, _, body in entries]), "<u2")
        lengths = [len(body) // 2 for _, _, body in entries]
        word = np.repeat([number for number, _, _ in entries], lengths)
        place = np.repeat([self._base[block] for _, block, _ in entries], lengths) + (found >> 4)
        by_field = np.zeros(16)
        by_field[: len(weights)] = weights
        first = np.flatnonzero(np.diff(place, prepend=-1) | np.diff(word, prepend=-1))
        often = np.add.reduceat(by_field[found & 15], first)
        having = often > 0
        often, place, word = often[having], place[first][having], word[first][having]
        rows = np.bincount(word, minlength=len(meant))
        rarity = np.log((self._count - rows + 0.5) / (rows + 0.5)).clip(_LEAST) * meant
        score = rarity[word] * often * (_K1 + 1) / (often + self._saturation[place])
        return self._first(np.bincount(place, score, minlength=len(self._rows)), limit)

    def _first(self, scores: np.ndarray, limit: int) -> dict[int, float]:
        having = np.flatnonzero(scores)
        if len(having) > limit:
            told = scores[having]
            having = having[told >= np.partition(told, -limit)[-limit]]
        return dict(zip(self._rows[having].tolist(), scores[having].tolist(), strict=True))
