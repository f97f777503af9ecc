"""Names of a bank as nodes, and groups of nodes that grow only where nothing speaks against it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from retain.memory.model import Corrections, EntityKind
from retain.providers.local.entities.names import fold


@dataclass(frozen=True, slots=True)
class Name:
    """A way to write a name in a bank.

    Args:
        name: As it is written.
        kind: What it seems to name there.
        count: How many mentions it has.
    """

    name: str
    kind: EntityKind
    count: int = 1


@dataclass(frozen=True, slots=True)
class Node:
    """A folded name of one kind.

    Args:
        index: Its place among the nodes, which are sorted.
        folded: The folded name.
        kind: What it names.
        spellings: How it is written, the most frequent way first.
        count: How many mentions it has.
        shared: Whether the same name is also the name of something of another kind.
    """

    index: int
    folded: str
    kind: EntityKind
    spellings: tuple[str, ...]
    count: int
    shared: bool


def to_nodes(names: Iterable[Name]) -> list[Node]:
    """One node a folded name and kind; an unknown kind is the only one known elsewhere."""
    found: defaultdict[str, defaultdict[EntityKind, Counter[str]]]
    found = defaultdict(lambda: defaultdict(Counter))
    for one in names:
        written = " ".join(one.name.split())
        if written:
            found[fold(written)][one.kind][written] += one.count
    nodes: list[Node] = []
    for folded in sorted(found):
        kinds = found[folded]
        known: list[EntityKind] = sorted(one for one in kinds if one != "unknown")
        if len(known) == 1 and "unknown" in kinds:
            kinds[known[0]].update(kinds.pop("unknown"))
        for kind in sorted(kinds):
            nodes.append(_node(len(nodes), folded, kind, kinds[kind], shared=len(kinds) > 1))
    return nodes


def _node(
    index: int, folded: str, kind: EntityKind, written: Counter[str], *, shared: bool
) -> Node:
    ranked = sorted(written, key=lambda one: (-written[one], one.isupper(), one.isascii(), one))
    return Node(index, folded, kind, tuple(ranked), written.total(), shared)


class Clusters:
    """Groups of nodes that mean the same.

    Args:
        nodes: All of them, each alone at first.
        corrections: Two names that a user split are never joined.
    """

    def __init__(self, nodes: Sequence[Node], corrections: Corrections) -> None:
        self._parent = list(range(len(nodes)))
        self._kinds = [frozenset({one.kind} - {"unknown"}) for one in nodes]
        self._names = [{one.folded} for one in nodes]
        self._apart: defaultdict[str, set[str]] = defaultdict(set)
        for pair in corrections.splits:
            first, second = map(fold, pair)
            if first != second:
                self._apart[first].add(second)
                self._apart[second].add(first)

    def root(self, index: int) -> int:
        """The node that stands for the group of node `index`."""
        while self._parent[index] != index:
            self._parent[index] = self._parent[self._parent[index]]
            index = self._parent[index]
        return index

    def join(self, first: int, second: int, *, forced: bool = False) -> bool:
        """Make one group of two.

        Returns:
            Whether that was done: not where they are one already, a user split them or, unless
            `forced`, their kinds differ.
        """
        into, other = sorted((self.root(first), self.root(second)))
        if into == other:
            return False
        kinds = self._kinds[into] | self._kinds[other]
        most = max(len(self._kinds[into]), len(self._kinds[other]), 1)
        if (len(kinds) > most and not forced) or self._are_split(into, other):
            return False
        self._parent[other] = into
        self._kinds[into] = kinds
        self._names[into] |= self._names[other]
        return True

    def _are_split(self, first: int, second: int) -> bool:
        if not self._apart:
            return False
        few, many = sorted((self._names[first], self._names[second]), key=len)
        return any(self._apart[name] & many for name in few if name in self._apart)
