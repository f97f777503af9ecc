"""NORMALIZE_ENTITIES: all names of a bank to its entities."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from hashlib import sha256

from retain.memory.model import Corrections, Entity, EntityKind
from retain.providers.local.entities.clusters import Clusters, Name, Node, to_nodes
from retain.providers.local.entities.judged import Groups, judged_links
from retain.providers.local.entities.links import OF_SHORT_NAMES, STAGES, Link
from retain.providers.local.entities.names import fold, parse_person
from retain.providers.local.entities.words import LEGAL

_ID_LENGTH = 16
Reasons = dict[int, list[str]]
_NONE = Corrections()


def normalise_names(names: Iterable[Name], corrections: Corrections = _NONE) -> list[Entity]:
    """The entities that all names of a bank stand for.

    What it returns depends on the names alone, in whatever order they come.

    Args:
        names: With how often each is written.
        corrections: What was decided: users' words come before all rules, a model's after them.

    Returns:
        Entities by name; each name is an alias of one entity of its kind.
    """
    nodes = to_nodes(names)
    clusters = Clusters(nodes, corrections)
    reasons: Reasons = defaultdict(list)
    _apply_merges(nodes, clusters, corrections, reasons)
    for stage in STAGES:
        _apply(list(stage(nodes)), nodes, clusters, reasons)
    if _apply_judged(nodes, clusters, corrections, reasons):
        for stage in OF_SHORT_NAMES:
            _apply(list(stage(nodes)), nodes, clusters, reasons)
    groups: defaultdict[int, list[Node]] = defaultdict(list)
    for node in nodes:
        groups[clusters.root(node.index)].append(node)
    entities = [_entity(group, reasons) for group in groups.values()]
    return sorted(entities, key=lambda one: (fold(one.name), one.name, one.kind))


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


def _apply_judged(
    nodes: Sequence[Node], clusters: Clusters, corrections: Corrections, reasons: Reasons
) -> bool:
    """Join what a model takes for the same; whether anything was, which may end an ambiguity."""
    links = judged_links(nodes, corrections)
    groups = Groups(nodes, clusters) if links else None
    joined = False
    for link in links:
        target = None if groups is None else groups.join(link)
        if target is not None:
            reasons[link.short].append(_line(nodes[link.short], link.why, nodes[target]))
            joined = True
    return joined


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
