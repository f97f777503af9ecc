"""The nearest neighbours of vectors: exact among some thousands, by cells among more."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_BLOCK = 4_000_000
"""How many similarities are held at once: 16 MB, and twice that to sort them."""

_EXACT = 6_000
"""Up to so many vectors all pairs are compared; beyond, a fixed share of them."""

_PROBED = 10
_DIGITS = 4
"""Sums differ in their last digits from machine to machine; what they decide must not."""


def nearest(vectors: NDArray[np.float32], k: int, floor: float) -> Iterator[tuple[int, int, float]]:
    """Each row with at most `k` rows that are most like it; of equal ones, the first.

    Args:
        vectors: (n, d) float32, L2-normalised or zero.
        k: How many at most.
        floor: The cosine that a neighbour is above.
    """
    import numpy as np

    count = len(vectors)
    if count <= _EXACT:
        yield from _among(vectors, np.arange(count), np.arange(count), k, floor)
        return
    for rows, candidates in _cells(vectors):
        yield from _among(vectors, rows, candidates, k, floor)


def _among(
    vectors: NDArray[np.float32],
    rows: NDArray[np.intp],
    candidates: NDArray[np.intp],
    k: int,
    floor: float,
) -> Iterator[tuple[int, int, float]]:
    """The nearest of `candidates`, which ascend and hold every one of `rows`."""
    import numpy as np

    others = vectors[candidates]
    k = min(k, len(candidates) - 1)
    size = max(1, _BLOCK // max(len(candidates), 1))
    for start in range(0, len(rows) if k > 0 else 0, size):
        block = rows[start : start + size]
        likeness = np.round(vectors[block] @ others.T, _DIGITS)
        likeness[np.arange(len(block)), np.searchsorted(candidates, block)] = -1.0
        border = np.partition(likeness, len(candidates) - k, axis=1)[:, len(candidates) - k]
        at, to = np.nonzero((likeness >= border[:, None]) & (likeness > floor))
        found = likeness[at, to]
        order = np.lexsort((to, -found, at))
        taken, last = 0, -1
        for n in order.tolist():
            row = int(at[n])
            taken = taken + 1 if row == last else 1
            last = row
            if taken <= k:
                yield int(block[row]), int(candidates[to[n]]), float(found[n])


def _cells(vectors: NDArray[np.float32]) -> Iterator[tuple[Any, Any]]:
    """The rows nearest to each of some centres, with those near it or near centres next to it.

    An inverted file, as in Sivic and Zisserman, 2003; the centres are rows at even distances.
    """
    import numpy as np

    kept = np.flatnonzero(vectors.any(axis=1))
    centres = vectors[kept[:: max(1, len(kept) // max(1, math.isqrt(len(kept))))]]
    if not len(centres):
        return
    home = np.full(len(vectors), -1)
    size = max(1, _BLOCK // len(centres))
    for start in range(0, len(kept), size):
        block = kept[start : start + size]
        home[block] = np.round(vectors[block] @ centres.T, _DIGITS).argmax(axis=1)
    close = np.argsort(-np.round(centres @ centres.T, _DIGITS), axis=1, kind="stable")[:, :_PROBED]
    for cell in range(len(centres)):
        rows = np.flatnonzero(home == cell)
        if len(rows):
            yield rows, np.flatnonzero(np.isin(home, [cell, *close[cell].tolist()]))
