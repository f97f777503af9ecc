"""NORMALIZE_ENTITIES: all names of a bank to its entities."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from hashlib import sha256

from retain.memory.model import Corrections, Entity, EntityKind, Mention
from retain.providers.local.entities.clusters import Clusters, Name, Node, to_nodes
from retain.providers.local.entities.links import STAGES, Link
from retain.providers.local.entities.names import fold, parse_person
from retain.providers.local.entities.words import LEGAL

_ID_LENGTH = 16
Reasons = dict[int, list[str]]
_NONE = Corrections()


def normalise(
    mentions: Sequence[Mention], known: Sequence[Entity] = (), corrections: Corrections = _NONE
) -> list[Entity]:
    """The entities that mentions speak of.

    What it returns depends on the names alone, in whatever order they come. So give it every
    mention of a bank, or use `normalise_names` with their counts.

    Args:
        mentions: Names where they stand.
        known: Entities whose names count as mentioned once more.
        corrections: What users decided.

    Returns:
        Entities by name; each name is an alias of one entity of its kind.
    """
    counts: Counter[tuple[str, EntityKind]] = Counter((one.name, one.kind) for one in mentions)
    counts.update((alias, entity.kind) for entity in known for alias in entity.aliases)
    names = (Name(name, kind, count) for (name, kind), count in counts.items())
    return normalise_names(names, corrections)


def normalise_names(names: Iterable[Name], corrections: Corrections = _NONE) -> list[Entity]:
    """The entities that all names of a bank stand for; see `normalise`."""
    nodes = to_nodes(names)
    clusters = Clusters(nodes, corrections)
    reasons: Reasons = defaultdict(list)
    _apply_merges(nodes, clusters, corrections, reasons)
    for stage in STAGES:
        _apply(list(stage(nodes)), nodes, clusters, reasons)
    groups: defaultdict[int, list[Node]] = defaultdict(list)
    for node in nodes:
        groups[clusters.root(node.index)].append(node)
    entities = [_entity(group, reasons) for group in groups.values()]
    return sorted(entities, key=lambda one: (fold(one.name), one.name, one.kind))


class Directory:
    """Finds the entity of a mention.

    Args:
        entities: What `normalise` returned.
    """

    def __init__(self, entities: Iterable[Entity]) -> None:
        self._by_name: defaultdict[str, dict[str, Entity]] = defaultdict(dict)
        for entity in entities:
            for alias in entity.aliases:
                self._by_name[fold(alias)][entity.entity_id] = entity

    def entity_of(self, name: str, kind: EntityKind = "unknown") -> Entity | None:
        """The entity of that name and kind, or the only one of that name; None if there is none."""
        found = list(self._by_name.get(fold(name), {}).values())
        exact = [one for one in found if one.kind == kind]
        if len(exact) == 1:
            return exact[0]
        return found[0] if len(found) == 1 else None


def _apply_merges(
    nodes: Sequence[Node], clusters: Clusters, corrections: Corrections, reasons: Reasons
) -> None:
    by_name: defaultdict[str, list[Node]] = defaultdict(list)
    for node in nodes:
        by_name[node.folded].append(node)
    for first, second in sorted(tuple(sorted(map(fold, pair))) for pair in corrections.merges):
        if by_name[first] and by_name[second]:
            whole = [*by_name[first], *by_name[second]]
            for node in whole[1:]:
                if clusters.join(whole[0].index, node.index, forced=True):
                    reasons[node.index].append(_line(node, "was merged by a user with", whole[0]))


def _apply(
    links: Sequence[Link], nodes: Sequence[Node], clusters: Clusters, reasons: Reasons
) -> None:
    """Join what is unambiguous as the groups stood when the stage began, titled names first."""
    titled = [one for one in links if " " in nodes[one.short].folded]
    plain = [one for one in links if " " not in nodes[one.short].folded]
    for part in (titled, plain):
        for link, target in [(link, _target(link, nodes, clusters)) for link in part]:
            if target is not None and clusters.join(link.short, target):
                line = _line(nodes[link.short], link.why, nodes[target])
                reasons[link.short].append(line)


def _target(link: Link, nodes: Sequence[Node], clusters: Clusters) -> int | None:
    """The fullest name that the link's name may be joined to, if all candidates are one."""
    roots: set[int] = set()
    for candidate in link.candidates:
        roots.add(clusters.root(candidate))
        if len(roots) > 1:
            return None
    return min(link.allowed, key=lambda at: (-len(nodes[at].folded), at), default=None)


def _line(node: Node, why: str, other: Node) -> str:
    return f'"{node.spellings[0]}" {why} "{other.spellings[0]}"'


def _entity(group: Sequence[Node], reasons: Reasons) -> Entity:
    kind = _kind(group)
    head = min(group, key=lambda node: _rank(node, kind))
    identity = f"{head.folded}\0{kind}".encode("utf-8", "surrogatepass")
    lines = [line for node in group for line in reasons.get(node.index, [])]
    for node in group:
        lines += [
            f'"{one}" is "{node.spellings[0]}" but for case, accents and punctuation'
            for one in node.spellings[1:]
        ]
    return Entity(
        entity_id=sha256(identity).hexdigest()[:_ID_LENGTH],
        name=head.spellings[0],
        kind=kind,
        aliases=tuple(sorted({one for node in group for one in node.spellings})),
        reasons=tuple(lines),
    )


def _kind(group: Sequence[Node]) -> EntityKind:
    counts: Counter[EntityKind] = Counter()
    for node in group:
        if node.kind != "unknown":
            counts[node.kind] += node.count
    return min(counts, key=lambda kind: (-counts[kind], kind)) if counts else "unknown"


def _rank(node: Node, kind: EntityKind) -> tuple[object, ...]:
    """The fullest name of a person without title, the shortest of others without legal form."""
    person = parse_person(node.spellings[0]) if kind == "person" else None
    if person is None:
        return (0, node.folded.split()[-1] in LEGAL, -node.count, node.folded)
    full = sum(len(word) > 1 for word in person.words)
    return (-full, bool(person.titles), -node.count, node.folded)
