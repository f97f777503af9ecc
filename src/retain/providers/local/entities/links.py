"""Which names may mean the same, the surest rules first, each with its reason."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass

from retain.providers.local.entities.clusters import Node
from retain.providers.local.entities.gazetteer import PLACES
from retain.providers.local.entities.names import comparable
from retain.providers.local.entities.people import Person, by_person, initials, shorts
from retain.providers.local.entities.typos import typos
from retain.providers.local.entities.words import LEGAL

_LEGAL_FORMS = {
    "limited": "ltd", "incorporated": "inc", "corporation": "corp", "company": "co"
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Link:
    """A name that is taken for another, if all of `candidates` prove to be one.

    Args:
        short: The node of the name.
        candidates: Every node that it may mean.
        allowed: Those of them that it may be joined to.
        why: How the name goes on in a sentence that ends with the other name.
    """

    short: int
    candidates: tuple[int, ...]
    allowed: tuple[int, ...]
    why: str


_CROWD = 64
"""So many bearers of one surname and initial are not one person."""
Stage = Callable[[Sequence[Node]], Iterator[Link]]


def abbreviations(nodes: Sequence[Node]) -> Iterator[Link]:
    """``Saint Mary's`` and ``St. Mary's``, ``Mill Rd`` and ``Mill Road``."""
    groups: defaultdict[str, list[Node]] = defaultdict(list)
    for node in nodes:
        if not node.shared:
            groups[comparable(node.spellings[0])].append(node)
    for group in groups.values():
        kinds = {node.kind for node in group} - {"unknown"}
        if len(group) > 1 and len(kinds) < 2:
            first = group[0].index
            for node in group[1:]:
                yield Link(node.index, (first,), (first,), "is another way to write")


def legal_forms(nodes: Sequence[Node]) -> Iterator[Link]:
    """``Northwind Ltd`` and ``Northwind``, unless there is a ``Northwind GmbH`` too."""
    groups: defaultdict[str, dict[str, list[Node]]] = defaultdict(lambda: defaultdict(list))
    for node in nodes:
        base, form = _legal(node)
        if form:
            groups[base][form].append(node)
    for node in nodes:
        base, form = _legal(node)
        forms = groups.get(base)
        if forms and len(forms) == 1 and not node.shared and base not in PLACES:
            same = tuple(one.index for one in next(iter(forms.values())) if one is not node)
            if same and (form or node.kind in ("organisation", "unknown")):
                yield Link(node.index, same, same, "is, but for its legal form,")


def _legal(node: Node) -> tuple[str, str]:
    words = node.folded.split()
    if node.kind not in ("organisation", "unknown") or len(words) < 2 or words[-1] not in LEGAL:
        return node.folded, ""
    return " ".join(words[:-1]), _LEGAL_FORMS.get(words[-1], words[-1])


def misspellings(nodes: Sequence[Node]) -> Iterator[Link]:
    """``Margerite Thole`` and ``Marguerite Thole``."""
    for rare, usual in typos(nodes):
        yield Link(rare, (usual,), (usual,), "is one letter away from")


def titles(nodes: Sequence[Node]) -> Iterator[Link]:
    """``Dr. Priya Patel`` and ``Priya Patel``; ``Professor Rossi`` and ``Prof. Rossi``."""
    groups: defaultdict[Hashable, list[Person]] = defaultdict(list)
    for one in by_person(nodes):
        key = (one.name.words, one.name.generation)
        groups[key if one.name.given else (key, one.name.titles)].append(one)
    for group in groups.values():
        genders = {frozenset(one.gendered) for one in group if one.gendered}
        if len(group) > 1 and len(genders) < 2:
            first = group[0].node.index
            for one in group[1:]:
                yield Link(one.node.index, (first,), (first,), "has the same name as")


def middles(nodes: Sequence[Node]) -> Iterator[Link]:
    """``Priya R. Patel`` and ``Priya Rani Patel``."""
    index = _index(nodes, lambda one: (one.name.given, initials(one.name.middle), one.last))
    for one in by_person(nodes):
        if one.name.middle and all(len(word) == 1 for word in one.name.middle):
            key = (one.name.given, initials(one.name.middle), one.last)
            yield from _link(one, index[key], "writes a middle name short of")


def without_middle(nodes: Sequence[Node]) -> Iterator[Link]:
    """``Priya Patel`` and ``Priya Rani Patel``."""
    index = _index(nodes, lambda one: (one.name.given, one.last) if one.name.middle else None)
    for one in by_person(nodes):
        if len(one.name.given) > 1 and not one.name.middle:
            yield from _link(one, index[one.name.given, one.last], "leaves out a middle name of")


def first_initials(nodes: Sequence[Node]) -> Iterator[Link]:
    """``P. Patel`` and ``Priya Patel``; ``J. R. Tolkien`` and ``John Ronald Tolkien``."""
    plain = _index(nodes, lambda one: (initials((one.name.given,)), one.last))
    whole = _index(nodes, lambda one: (initials(one.name.words[:-1]), one.last))
    for one in by_person(nodes):
        if len(one.name.given) == 1:
            index = whole if one.name.middle else plain
            key = (initials(one.name.words[:-1]), one.last)
            yield from _link(one, index[key], "has the initials of the only")


def single_names(nodes: Sequence[Node]) -> Iterator[Link]:
    """``Patel``, ``Dr. Patel`` or ``Priya`` and ``Priya Patel``."""
    for one, candidates, allowed in shorts(nodes):
        yield _to_link(one, candidates, allowed, "is a name of the only")


STAGES: tuple[Stage, ...] = (
    abbreviations, legal_forms, titles, misspellings, middles, without_middle, first_initials,
    single_names,
)  # fmt: skip
OF_SHORT_NAMES: tuple[Stage, ...] = (first_initials, single_names)
"""Those that wait until only one full name is left."""


def _index(
    nodes: Sequence[Node], key: Callable[[Person], Hashable]
) -> defaultdict[Hashable, list[Person]]:
    index: defaultdict[Hashable, list[Person]] = defaultdict(list)
    for one in by_person(nodes):
        place = key(one)
        if one.name.given and place is not None:
            index[place].append(one)
    return index


def _link(one: Person, candidates: Sequence[Person], why: str) -> Iterator[Link]:
    if len(candidates) > _CROWD:
        return
    others = [other for other in candidates if other.node is not one.node]
    if others and not any(one.gendered and other.gendered - one.gendered for other in others):
        yield _to_link(one, others, others, why)


def _to_link(
    one: Person, candidates: Sequence[Person], allowed: Sequence[Person], why: str
) -> Link:
    return Link(
        one.node.index,
        tuple(other.node.index for other in candidates),
        tuple(other.node.index for other in allowed),
        why,
    )
