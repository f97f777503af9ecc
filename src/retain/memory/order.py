"""What stands in another order than before."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile


def moved(before: Sequence[str], after: Sequence[str]) -> frozenset[str]:
    """The items of both sequences but for those whose order to all the others stayed.

    Sections that only shift, since text came or went around them, do not move. What depends on the
    order of two facts in a source has to be derived again only where one of them moved.

    Args:
        before: Different items.
        after: Different items, some of them the same.
    """
    kept = frozenset(before).intersection(after)
    old = [one for one in before if one in kept]
    new = [one for one in after if one in kept]
    if old == new:
        return frozenset()
    head = _common(old, new)
    tail = _common(old[::-1], new[::-1])
    return frozenset(old[head : len(old) - tail])


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many items both begin with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=True)))
