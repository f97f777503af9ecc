"""Names that differ by one slip of the pen."""

from __future__ import annotations

from retain.providers.local.entities.clusters import Node
from retain.providers.local.entities.gazetteer import GIVEN, PLACES
from retain.providers.local.entities.keys import MIN_CHANGED_WORD, slip_keys
from retain.providers.local.entities.view import NameView

_SURE_WORD = 9
"""Shorter words that differ by one letter are often two names: Johnson, Johnston."""
_LONG_WORD = 11
RARE = 2
"""A name that is written no more often may be a slip."""
_CROWD = 12
"""So many names that share a key are a series, not slips."""


def slip(node: Node, view: NameView) -> Node | None:
    """The name that a name and no other is one slip away from, and that has no other such."""
    others = _near(node, view)
    return others[0] if len(others) == 1 and len(_near(others[0], view)) == 1 else None


def _near(node: Node, view: NameView) -> list[Node]:
    if node.shared:
        return []
    return [
        other
        for name in similar(node.folded, view)
        for other in view.nodes(name)
        if not other.shared
        and len({node.kind, other.kind} - {"unknown"}) < 2
        and min(node.count, other.count) <= RARE
    ]


def similar(folded: str, view: NameView) -> list[str]:
    """The names that a name is one slip away from, sorted."""
    found: set[str] = set()
    for key in slip_keys(folded):
        sharing = view.sharing(key)
        if len(sharing) <= _CROWD:
            found.update(name for name in sharing if name not in found and is_slip(folded, name))
    return sorted(found)


def is_slip(first: str, second: str) -> bool:
    """Whether one folded name is the other but for a slip of the pen."""
    words, others = first.split(), second.split()
    if len(words) != len(others):
        return False
    changed = [(a, b) for a, b in zip(words, others, strict=True) if a != b]
    if len(changed) != 1:
        return False
    one, other = sorted(changed[0], key=len)
    if one[0] != other[0] or one[-2:] != other[-2:] or len(other) < MIN_CHANGED_WORD:
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
