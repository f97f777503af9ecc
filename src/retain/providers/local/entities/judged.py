"""Names that a model takes for the same, as links that have to stand against all else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from retain.memory.model import Corrections
from retain.providers.local.entities.apart import are_apart, numbers
from retain.providers.local.entities.clusters import Clusters, Node
from retain.providers.local.entities.names import fold
from retain.providers.local.entities.people import Link
from retain.providers.local.entities.view import NameView

_WHY = "is taken by a model for"


def judged_links(
    clusters: Clusters, meanings: Mapping[Node, Link], corrections: Corrections, view: NameView
) -> list[Link]:
    """Each name with those that a model takes it for, and all others that it may be short for.

    Args:
        clusters: How names stand.
        meanings: Whom the short ones among them may mean.
        corrections: What was decided of them.
        view: The bank, which holds whatever else a model takes for one of them.

    Returns:
        The fullest names first, so that whoever they are taken for is one before shorter names ask.
    """
    partners: defaultdict[Node, list[Node]] = defaultdict(list)
    for one, other in _pairs(corrections, view):
        short, long = sorted((one, other), key=_fullness)
        if short in clusters and long not in partners[short]:
            partners[short].append(long)
    links: list[Link] = []
    for node in sorted(partners, key=_fullness, reverse=True):
        allowed = partners[node]
        meant = [meanings[one] for one in (node, *allowed) if _is_single(one) and one in meanings]
        everyone = [*allowed, *(one for link in meant for one in link.candidates)]
        links.append(Link(node, everyone, allowed, _WHY, any(link.crowded for link in meant)))
    return links


def _is_single(node: Node) -> bool:
    return node.person is not None and not node.person.given


def _pairs(corrections: Corrections, view: NameView) -> Iterator[tuple[Node, Node]]:
    for first, second in sorted(tuple(map(fold, pair)) for pair in corrections.judged):
        for one in view.nodes(first):
            for other in view.nodes(second):
                alike = one.kind == other.kind or not (one.shared or other.shared)
                if one is not other and alike and _may_be_one(one, other):
                    yield one, other


def _may_be_one(one: Node, other: Node) -> bool:
    return numbers(one.folded) == numbers(other.folded) and not _are_apart(one, other)


def _are_apart(one: Node, other: Node) -> bool:
    persons = one.kind == other.kind == "person"
    mine, yours = (one.person, other.person) if persons else (None, None)
    return are_apart(one.folded, other.folded, mine, yours)


def _fullness(node: Node) -> tuple[int, int, tuple[str, str]]:
    return (node.folded.count(" "), len(node.folded), node.order)


def judged_target(link: Link, clusters: Clusters) -> Node | None:
    """The name that a link's name is joined to; none if nobody, or if something speaks against it.

    Two groups that each stand for somebody become one by their full names only: that a model takes
    ``Kate`` for ``Katherine`` does not make two people one, who are called so.
    """
    if link.crowded or not all(one in clusters for one in link.candidates):
        return None
    mine = clusters.group(link.short)
    groups = {clusters.group(one) for one in link.candidates} - {mine}
    if len(groups) != 1:
        return None
    (yours,) = groups
    both = mine.anchored and yours.anchored
    if both and link.short.is_short:
        return None
    if any(_are_apart(a, b) for a in mine.members for b in yours.members):
        return None
    targets = [one for one in link.allowed if clusters.group(one) is yours]
    return next((one for one in targets if not (both and one.is_short)), None)
