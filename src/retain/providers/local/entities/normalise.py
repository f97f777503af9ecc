"""NORMALIZE_ENTITIES: names of a bank to entities."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

from retain.memory.model import Corrections, Entity, EntityKind, NameCount
from retain.providers.local.entities.clusters import Clusters, Group, Node
from retain.providers.local.entities.judged import judged_links, judged_target
from retain.providers.local.entities.keys import keys
from retain.providers.local.entities.links import STAGES
from retain.providers.local.entities.names import fold, parse_person
from retain.providers.local.entities.people import Link, meaning
from retain.providers.local.entities.view import NamesInMemory, NameView
from retain.providers.local.entities.words import LEGAL

_ID_LENGTH = 16
_NONE = Corrections()


def normalise_names(names: Iterable[NameCount], corrections: Corrections = _NONE) -> list[Entity]:
    """The entities that all names of a bank stand for.

    What it returns depends on the names alone, in whatever order they come.

    Args:
        names: With how often each is written.
        corrections: What was decided: users' words come before all rules, a model's after them.

    Returns:
        Entities by name; each name is an alias of one entity of its kind.
    """
    memory = NamesInMemory(names, corrections, keys)
    view = NameView(memory)
    view.read(memory.folded)
    return resolved(view.nodes_of(memory.folded), corrections, view)


def resolved(nodes: Sequence[Node], corrections: Corrections, view: NameView) -> list[Entity]:
    """The entities of some names of a bank.

    Args:
        nodes: All nodes of the names, sorted. Whatever one of them is joined to must be among them.
        corrections: What was decided of the names.
        view: The bank.

    Returns:
        Entities by name.
    """
    resolution = _Resolution(nodes, corrections, view)
    return sorted(map(resolution.entity, resolution.clusters.groups()), key=by_name)


def canonical_names(entities: Iterable[Entity]) -> dict[str, str]:
    """The canonical name of each alias; of two entities with one alias, the later by name."""
    return {alias: one.name for one in sorted(entities, key=by_name) for alias in one.aliases}


def by_name(entity: Entity) -> tuple[str, str, str]:
    """What entities are sorted by."""
    return fold(entity.name), entity.name, entity.kind


class _Resolution:
    """Joins names, the surest rules first."""

    def __init__(self, nodes: Sequence[Node], corrections: Corrections, view: NameView) -> None:
        self.clusters = Clusters(nodes, corrections)
        self._reasons: defaultdict[Node, list[str]] = defaultdict(list)
        self._merge(nodes, corrections)
        for stage in STAGES:
            self._apply([link for node in nodes if (link := stage(node, view))], self._target)
        self._meanings = {
            node: self._inside(link)
            for node in nodes
            if node.is_short and (link := meaning(node, view))
        }
        self._join_short_names()
        for link in judged_links(self.clusters, self._meanings, corrections, view):
            self._join(link, judged_target(link, self.clusters))
        # What was joined may have ended an ambiguity.
        self._join_short_names()

    def _merge(self, nodes: Sequence[Node], corrections: Corrections) -> None:
        by_name: defaultdict[str, list[Node]] = defaultdict(list)
        for node in nodes:
            by_name[node.folded].append(node)
        for first, second in sorted(tuple(sorted(map(fold, pair))) for pair in corrections.merges):
            both = by_name[first], by_name[second]
            if all(both) and not self.clusters.are_split(both[0][0], both[1][0]):
                head, *others = (*both[0], *both[1])
                for node in others:
                    if self.clusters.join(head, node, forced=True):
                        self._reason(node, "was merged by a user with", head)

    def _inside(self, link: Link) -> Link:
        """The link; if it leads outside, where nothing is joined, it means nobody for certain."""
        if all(one in self.clusters for one in link.candidates):
            return link
        return Link(link.short, (), (), link.why, crowded=True)

    def _join_short_names(self) -> None:
        """Join initials before single names, who may be meant by more, and titled ones first."""
        for step in range(3):
            links = [one for one in self._meanings.values() if _step(one.short) == step]
            self._apply(links, self._meant)

    def _apply(self, links: Sequence[Link], target: Callable[[Link], Node | None]) -> None:
        """Join what is unambiguous as the groups stood when the step began."""
        for link, other in [(link, target(link)) for link in links]:
            self._join(link, other)

    def _target(self, link: Link) -> Node | None:
        """The fullest name that the link's name may be joined to, if all candidates are one."""
        if not all(one in self.clusters for one in link.candidates):
            return None
        groups = {self.clusters.group(one) for one in link.candidates}
        return _fullest(link.allowed) if len(groups) == 1 else None

    def _meant(self, link: Link) -> Node | None:
        """Whom a short name means, if its group stands for nobody and may mean nobody else.

        So a short name never makes two full ones the same.
        """
        mine = self.clusters.group(link.short)
        links = [self._meanings[one] for one in mine.members if one in self._meanings]
        if mine.anchored or any(one.crowded for one in links):
            return None
        others = {self.clusters.group(one) for some in links for one in some.candidates} - {mine}
        outside = [one for one in link.allowed if self.clusters.group(one) is not mine]
        return _fullest(outside) if len(others) == 1 else None

    def _join(self, link: Link, target: Node | None) -> None:
        if target is not None and self.clusters.join(link.short, target):
            self._reason(link.short, link.why, target)

    def _reason(self, node: Node, why: str, other: Node) -> None:
        self._reasons[node].append(f'"{node.spellings[0]}" {why} "{other.spellings[0]}"')

    def entity(self, group: Group) -> Entity:
        """The entity that a group of names makes."""
        nodes = sorted(group.members, key=lambda node: node.order)
        kind = _kind(nodes)
        head = min(nodes, key=lambda node: _rank(node, kind))
        identity = f"{head.folded}\0{kind}".encode("utf-8", "surrogatepass")
        lines = [line for node in nodes for line in self._reasons.get(node, ())]
        for node in nodes:
            lines += [
                f'"{one}" is "{node.spellings[0]}" but for case, accents and punctuation'
                for one in node.spellings[1:]
            ]
        return Entity(
            entity_id=sha256(identity).hexdigest()[:_ID_LENGTH],
            name=head.spellings[0],
            kind=kind,
            aliases=tuple(sorted({one for node in nodes for one in node.spellings})),
            reasons=tuple(lines),
        )


def _fullest(nodes: Iterable[Node]) -> Node | None:
    return min(nodes, key=lambda one: (-len(one.folded), one.order), default=None)


def _step(node: Node) -> int:
    person = node.person
    titled = person is not None and bool(person.titles)
    return 0 if person is not None and person.given else 1 if titled else 2


def _kind(nodes: Sequence[Node]) -> EntityKind:
    counts: Counter[EntityKind] = Counter()
    for node in nodes:
        if node.kind != "unknown":
            counts[node.kind] += node.count
    return min(counts, key=lambda kind: (-counts[kind], kind)) if counts else "unknown"


def _rank(node: Node, kind: EntityKind) -> tuple[object, ...]:
    """The fullest name of a person without title, the shortest of others without legal form.

    A name that is also that of something else comes last where its kind is another: the one of
    that kind may be the first name of an entity, and both would have one id.
    """
    other = node.shared and node.kind != kind
    person = parse_person(node.spellings[0]) if kind == "person" else None
    if person is None:
        return (other, 0, node.folded.split()[-1] in LEGAL, -node.count, node.folded)
    full = sum(len(word) > 1 for word in person.words)
    return (other, -full, bool(person.titles), -node.count, node.folded)
