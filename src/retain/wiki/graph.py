"""The graph that topics are the communities of: likeness of meaning and shared names."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from retain.memory.model import Passage
from retain.wiki.neighbours import nearest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Edges = dict[tuple[int, int], float]

_NEIGHBOURS = 8
_FLOOR = 0.35
"""A cosine that is no more than this is no likeness."""

_COMMON = 0.1
_MOST_PAIRED = 24
_WINDOW = 4
_SHARED = 0.3
"""What sharing the rarest of names counts for, where the same meaning counts 1."""


def edges_of(passages: Sequence[Passage], vectors: NDArray[np.float32]) -> Edges:
    """The weights of the graph's edges, ``(a, b)`` with a < b.

    Args:
        passages: In the order that ties are broken by.
        vectors: (n, d) float32, L2-normalised or zero; row i of ``passages[i]``.
    """
    found: defaultdict[tuple[int, int], float] = defaultdict(float)
    for a, b, likeness in nearest(vectors, _NEIGHBOURS, _FLOOR):
        # Either end may name the other; a pair that both name is twice as close.
        found[min(a, b), max(a, b)] += (likeness - _FLOOR) / (1 - _FLOOR) / 2
    for a, b, weight in _sharing(passages):
        found[a, b] += weight
    return dict(found)


def _sharing(passages: Sequence[Passage]) -> Iterator[tuple[int, int, float]]:
    """Pairs of passages that name the same, with more weight for a rare name."""
    named: defaultdict[str, list[int]] = defaultdict(list)
    for n, passage in enumerate(passages):
        for name in set(passage.entities):
            named[name].append(n)
    count = len(passages)
    for name in sorted(named):
        those = named[name]
        if len(those) < 2 or len(those) > max(_COMMON * count, 3):
            continue
        weight = _SHARED * math.log(count / len(those)) / math.log(count)
        if len(those) <= _MOST_PAIRED:
            pairs = combinations(those, 2)
        else:
            pairs = ((a, b) for n, a in enumerate(those) for b in those[n + 1 : n + 1 + _WINDOW])
        for a, b in pairs:
            if weight > 0:
                yield a, b, weight
