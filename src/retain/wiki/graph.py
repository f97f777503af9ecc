"""The graph that topics are the communities of: likeness of meaning and shared names."""

from __future__ import annotations

import math
from array import array
from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from retain.wiki.neighbours import nearest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_NEIGHBOURS = 8
_FLOOR = 0.35
"""A cosine that is no more than this is no likeness."""

_COMMON = 0.1
_MOST_PAIRED = 24
_WINDOW = 4
_SHARED = 0.3
"""What sharing the rarest of names counts for, where the same meaning counts 1."""


def edges_of(
    names: Sequence[Sequence[str]], vectors: NDArray[np.float32]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The edges of the graph, sorted, and their weights.

    Args:
        names: What each of the n passages names; in the order that ties are broken by.
        vectors: (n, d) float32, L2-normalised or zero; row i of the i-th passage.

    Returns:
        (m, 2) int64, the lower end first, and (m,) float64.
    """
    import numpy as np

    ends, weights = array("q"), array("d")
    for a, b, likeness in nearest(vectors, _NEIGHBOURS, _FLOOR):
        # Either end may name the other; a pair that both name is twice as close.
        ends.append(min(a, b) * len(names) + max(a, b))
        weights.append((likeness - _FLOOR) / (1 - _FLOOR) / 2)
    _share(names, ends, weights)
    found, at = np.unique(np.array(ends, np.int64), return_inverse=True)
    summed = np.zeros(len(found))
    np.add.at(summed, at, np.array(weights))
    return np.stack(np.divmod(found, max(len(names), 1)), axis=1), summed


def _share(names: Sequence[Sequence[str]], ends: array[int], weights: array[float]) -> None:
    """Add pairs of passages that name the same, with more weight for a rare name."""
    named: defaultdict[str, list[int]] = defaultdict(list)
    for n, those in enumerate(names):
        for name in set(those):
            named[name].append(n)
    count = len(names)
    for name in sorted(named):
        those = named[name]
        if len(those) < 2 or len(those) > max(_COMMON * count, 3):
            continue
        weight = _SHARED * math.log(count / len(those)) / math.log(count)
        if weight <= 0:
            continue
        if len(those) <= _MOST_PAIRED:
            pairs = combinations(those, 2)
        else:
            pairs = ((a, b) for n, a in enumerate(those) for b in those[n + 1 : n + 1 + _WINDOW])
        for a, b in pairs:
            ends.append(a * count + b)
            weights.append(weight)
