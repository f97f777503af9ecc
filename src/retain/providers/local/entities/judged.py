"""Names that a model takes for the same, as links that have to stand against all else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from retain.memory.model import Corrections
from retain.providers.local.entities.apart import are_apart, numbers
from retain.providers.local.entities.clusters import Clusters, Node
from retain.providers.local.entities.links import Link
from retain.providers.local.entities.names import fold
from retain.providers.local.entities.people import shorts

_WHY = "is taken by a model for"


def judged_links(nodes: Sequence[Node], corrections: Corrections) -> list[Link]:
    """Each name with those that a model takes it for, and all others that it may be short for.

    Args:
        nodes: The names of a bank.
        corrections: What was decided of them.

    Returns:
        The fullest names first, so that whoever they are taken for is one before shorter names ask.
    """
    partners: defaultdict[int, set[int]] = defaultdict(set)
    for one, other in _pairs(nodes, corrections):
        short, long = sorted((one, other), key=_fullness)
        partners[short.index].add(long.index)
    if not partners:
        return []
    meant = {one.node.index: {other.node.index for other in all_} for one, all_, _ in shorts(nodes)}
    links: list[Link] = []
    for index in sorted(partners, key=lambda at: _fullness(nodes[at]), reverse=True):
        allowed = partners[index]
        everyone = allowed.union(*(meant.get(at, set()) for at in (index, *allowed)))
        links.append(Link(index, tuple(sorted(everyone)), tuple(sorted(allowed)), _WHY))
    return links


def _pairs(nodes: Sequence[Node], corrections: Corrections) -> Iterator[tuple[Node, Node]]:
    by_name: defaultdict[str, list[Node]] = defaultdict(list)
    for node in nodes:
        by_name[node.folded].append(node)
    for first, second in sorted(tuple(map(fold, pair)) for pair in corrections.judged):
        for one in by_name[first]:
            for other in by_name[second]:
                alike = one.kind == other.kind or not (one.shared or other.shared)
                if one is not other and alike and _may_be_one(one, other):
                    yield one, other


def _may_be_one(one: Node, other: Node) -> bool:
    mine, yours = one.spellings[0], other.spellings[0]
    return numbers(mine) == numbers(yours) and not _are_apart(one, other)


def _are_apart(one: Node, other: Node) -> bool:
    persons = one.kind == other.kind == "person"
    return are_apart(one.spellings[0], other.spellings[0], persons=persons)


def _fullness(node: Node) -> tuple[int, int, int]:
    return (node.folded.count(" "), len(node.folded), node.index)


class Groups:
    """The groups of nodes that stand, and whether two of them may become one.

    Args:
        nodes: The names of a bank.
        clusters: How they stand.
    """

    def __init__(self, nodes: Sequence[Node], clusters: Clusters) -> None:
        self._clusters = clusters
        self._nodes = nodes
        self._members: defaultdict[int, list[Node]] = defaultdict(list)
        for node in nodes:
            self._members[clusters.root(node.index)].append(node)

    def join(self, link: Link) -> int | None:
        """Join a link's name to those that it is taken for, if these are one and all may be.

        Returns:
            The node that it was joined to; None if it was not.
        """
        mine = self._clusters.root(link.short)
        roots = {self._clusters.root(at) for at in link.candidates} - {mine}
        if len(roots) != 1:
            return None
        (yours,) = roots
        if any(_are_apart(a, b) for a in self._members[mine] for b in self._members[yours]):
            return None
        target = next(at for at in link.allowed if self._clusters.root(at) == yours)
        if not self._clusters.join(link.short, target):
            return None
        both = self._members.pop(mine) + self._members.pop(yours)
        self._members[self._clusters.root(target)] = both
        return target
