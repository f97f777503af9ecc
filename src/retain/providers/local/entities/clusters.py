"""Names of a bank as nodes, and groups of nodes that grow only where nothing speaks against it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from retain.memory.model import Corrections, EntityKind, NameCount
from retain.providers.local.entities.gazetteer import GIVEN, PLACES
from retain.providers.local.entities.names import PersonName, fold, parse_person

Name = NameCount


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A folded name of one kind; two nodes are equal only if they are one object.

    Args:
        folded: The folded name.
        kind: What it names.
        spellings: How it is written, the most frequent way first.
        count: How many mentions it has.
        shared: Whether the same name is also the name of something of another kind.
        person: The parts of the name of a person, or of one word of unknown kind.
    """

    folded: str
    kind: EntityKind
    spellings: tuple[str, ...]
    count: int
    shared: bool
    person: PersonName | None

    @property
    def is_short(self) -> bool:
        """Whether it names nobody fully: ``Patel``, ``Dr. Patel``, ``P. Patel``."""
        return self.person is not None and len(self.person.given) < 2

    @property
    def order(self) -> tuple[str, str]:
        """What nodes are sorted by."""
        return self.folded, self.kind


def to_nodes(folded: str, names: Iterable[NameCount]) -> tuple[Node, ...]:
    """The nodes of a folded name, sorted: one, unless it is a first name and a place as well.

    The kind is what most mentions in the bank say, and unknown where no kind has most of them.

    Args:
        folded: The folded name.
        names: Every way in which it is written.
    """
    kinds = _written(names)
    if _is_of_two(folded, kinds):
        two: list[EntityKind] = ["person", "place"]
        more = max(two, key=lambda kind: kinds[kind].total())
        for kind in kinds.keys() - {*two}:
            kinds[more] = kinds[more] + kinds[kind]
        return tuple(_node(folded, kind, kinds[kind], shared=True) for kind in two)
    if not kinds:
        return ()
    return (_node(folded, _decided(kinds), sum(kinds.values(), Counter[str]()), shared=False),)


def nodes_by_kind(folded: str, names: Iterable[NameCount]) -> tuple[Node, ...]:
    """A node for each kind that any mention says: what keys go by.

    They must not depend on which kind has most mentions, since one more mention may change that.
    """
    kinds = _written(names)
    return tuple(_node(folded, kind, kinds[kind], shared=len(kinds) > 1) for kind in sorted(kinds))


def _written(names: Iterable[NameCount]) -> dict[EntityKind, Counter[str]]:
    """How often a name is written in each way, by kind; unknown is the only one known elsewhere."""
    kinds: defaultdict[EntityKind, Counter[str]] = defaultdict(Counter)
    for one in names:
        kinds[one.kind][" ".join(one.name.split())] += one.times
    known: list[EntityKind] = sorted(one for one in kinds if one != "unknown")
    if len(known) == 1 and "unknown" in kinds:
        kinds[known[0]].update(kinds.pop("unknown"))
    return kinds


def _decided(kinds: Mapping[EntityKind, Counter[str]]) -> EntityKind:
    """The kind that more than half of the mentions with a known kind say."""
    known: Counter[EntityKind] = Counter()
    known.update({kind: one.total() for kind, one in kinds.items() if kind != "unknown"})
    most = known.most_common(1)
    return most[0][0] if most and 2 * most[0][1] > known.total() else "unknown"


def _is_of_two(folded: str, kinds: Mapping[EntityKind, Counter[str]]) -> bool:
    """Whether people bear the name of a place: facts of the one are none of the other.

    Of a name that is no known first name or place, both have to be spoken of about as often.
    """
    if "person" not in kinds or "place" not in kinds:
        return False
    few, many = sorted((kinds["person"].total(), kinds["place"].total()))
    return folded in GIVEN or folded in PLACES or (len(kinds) == 2 and many < 2 * few)


def _node(folded: str, kind: EntityKind, written: Counter[str], *, shared: bool) -> Node:
    ranked = sorted(written, key=lambda one: (-written[one], one.isupper(), one.isascii(), one))
    parsed = kind == "person" or (kind == "unknown" and " " not in folded)
    person = parse_person(_hyphenated(ranked)) if parsed else None
    return Node(folded, kind, tuple(ranked), written.total(), shared, person)


def _hyphenated(spellings: Sequence[str]) -> str:
    """The spelling that tells the parts of a name.

    It does not depend on how often each is used: otherwise one more mention could change the keys.
    """
    return min(spellings, key=lambda one: ("-" not in one, one))


class Group:
    """Nodes that mean the same.

    Args:
        node: The first of them.
    """

    __slots__ = ("anchored", "kinds", "members", "names")

    def __init__(self, node: Node) -> None:
        self.members = [node]
        self.kinds = {node.kind} - {"unknown"}
        self.names = {node.folded}
        self.anchored = not node.is_short
        """Whether one of its names is not short, so that it already stands for somebody."""


class Clusters:
    """All groups of some nodes.

    Args:
        nodes: Each is a group of its own at first.
        corrections: Two names that a user split are never joined.
    """

    def __init__(self, nodes: Iterable[Node], corrections: Corrections) -> None:
        self._group = {node: Group(node) for node in nodes}
        self._apart: defaultdict[str, set[str]] = defaultdict(set)
        for pair in corrections.splits:
            first, second = map(fold, pair)
            if first != second:
                self._apart[first].add(second)
                self._apart[second].add(first)

    def __contains__(self, node: Node) -> bool:
        return node in self._group

    def group(self, node: Node) -> Group:
        """The group of a node."""
        return self._group[node]

    def groups(self) -> Iterable[Group]:
        """All groups, in the order of their first nodes."""
        return dict.fromkeys(self._group.values())

    def join(self, first: Node, second: Node, *, forced: bool = False) -> bool:
        """Make one group of two.

        Returns:
            Whether that was done: not where they are one already, a user split them or, unless
            `forced`, their kinds differ.
        """
        few, many = sorted(
            (self._group[first], self._group[second]), key=lambda one: len(one.members)
        )
        if few is many:
            return False
        kinds = few.kinds | many.kinds
        most = max(len(few.kinds), len(many.kinds), 1)
        if (len(kinds) > most and not forced) or self.are_split(first, second):
            return False
        many.members += few.members
        many.kinds = kinds
        many.names |= few.names
        many.anchored = many.anchored or few.anchored
        self._group.update(dict.fromkeys(few.members, many))
        return True

    def are_split(self, first: Node, second: Node) -> bool:
        """Whether a user split a name of the one's group from a name of the other's."""
        if not self._apart:
            return False
        mine, yours = self._group[first].names, self._group[second].names
        return any(self._apart[name] & yours for name in mine if name in self._apart)
