"""Names that differ by one slip of the pen."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from retain.providers.local.entities.clusters import Node
from retain.providers.local.entities.gazetteer import GIVEN, PLACES

_DIGIT = re.compile(r"\d")
_MIN_LETTERS = 8
_MIN_CHANGED_WORD = 6
_SURE_WORD = 9
"""Shorter words that differ by one letter are often two names: Johnson, Johnston."""
_LONG_WORD = 11
RARE = 2
"""A name that is written no more often may be a slip."""
_MAX_LETTERS = 60
_CROWD = 12
"""So many names one letter apart are a series, not slips."""


def typos(nodes: Sequence[Node]) -> Iterator[tuple[int, int]]:
    """Pairs of nodes: a rare spelling, and the only name that it can be a slip for."""
    near: defaultdict[int, set[int]] = defaultdict(set)
    for first, second in _pairs(nodes):
        if _is_slip(nodes[first], nodes[second]):
            near[first].add(second)
            near[second].add(first)
    for index in sorted(near):
        others = near[index]
        other = min(others)
        if len(others) == 1 and len(near[other]) == 1 and index < other:
            usual, rare = sorted((index, other), key=lambda at: (-nodes[at].count, at))
            yield rare, usual


def _pairs(nodes: Sequence[Node]) -> Iterator[tuple[int, int]]:
    """Names that become equal when each loses at most one letter, found without comparing all."""
    buckets: defaultdict[str, list[int]] = defaultdict(list)
    for node in nodes:
        name = node.folded
        if _MIN_LETTERS <= len(name) <= _MAX_LETTERS and not _DIGIT.search(name):
            keys = {name, *(name[:at] + name[at + 1 :] for at in range(1, len(name)))}
            for key in sorted(keys):
                buckets[key].append(node.index)
    seen: set[tuple[int, int]] = set()
    for bucket in buckets.values():
        if 1 < len(bucket) <= _CROWD:
            seen.update((a, b) for at, a in enumerate(bucket) for b in bucket[at + 1 :])
    yield from sorted(seen)


def _is_slip(first: Node, second: Node) -> bool:
    kinds = {first.kind, second.kind} - {"unknown"}
    if len(kinds) > 1 or first.shared or second.shared or min(first.count, second.count) > RARE:
        return False
    return is_slip(first.folded, second.folded)


def is_slip(first: str, second: str) -> bool:
    """Whether one folded name is the other but for a slip of the pen."""
    words, others = first.split(), second.split()
    if len(words) != len(others):
        return False
    changed = [(a, b) for a, b in zip(words, others, strict=True) if a != b]
    if len(changed) != 1:
        return False
    one, other = sorted(changed[0], key=len)
    if one[0] != other[0] or one[-2:] != other[-2:] or len(other) < _MIN_CHANGED_WORD:
        return False
    if {one, other} <= GIVEN or {one, other} <= PLACES:
        return False
    return _slip_of(one, other, alone=len(words) == 1)


def _slip_of(one: str, other: str, *, alone: bool) -> bool:
    """Whether `other`, not the shorter, is `one` with one letter doubled, swapped or changed."""
    at = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
    if len(other) == len(one) + 1:
        doubled = other[at] in (other[at - 1], other[at + 1 : at + 2])
        sure = len(other) >= _SURE_WORD and not alone
        return one[at:] == other[at + 1 :] and (sure or (doubled and len(other) >= _LONG_WORD))
    if len(other) != len(one):
        return False
    if one[at : at + 2] == other[at : at + 2][::-1] and one[at + 2 :] == other[at + 2 :]:
        return True
    return one[at + 1 :] == other[at + 1 :] and len(one) >= _SURE_WORD and not alone
