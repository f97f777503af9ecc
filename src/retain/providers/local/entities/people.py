"""Whom a short name may mean: ``Patel``, ``Dr. Patel``, ``Priya``, ``P. Patel``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from retain.providers.local.entities.clusters import Node
from retain.providers.local.entities.gazetteer import PLACES, THINGS
from retain.providers.local.entities.keys import (
    CROWD,
    initial_keys,
    part_key,
    parts,
    word_key,
)
from retain.providers.local.entities.names import PersonName, fold
from retain.providers.local.entities.view import NameView
from retain.providers.local.entities.words import FAMILY_TITLES, TITLES

_INITIALS = "has the initials of the only"
_PART = "is a name of the only"


@dataclass(frozen=True, slots=True)
class Link:
    """A name that is taken for another, if all of `candidates` prove to be one.

    Args:
        short: The name.
        candidates: Every node that it may mean.
        allowed: Those of them that it may be joined to.
        why: How the name goes on in a sentence that ends with the other name.
        crowded: Whether it may mean more than are looked at, so that it means nobody.
    """

    short: Node
    candidates: Sequence[Node]
    allowed: Sequence[Node]
    why: str
    crowded: bool = False


def persons(names: Iterable[str], view: NameView) -> list[tuple[Node, PersonName]]:
    """The nodes of persons among some folded names, sorted, with the parts of their names."""
    return [
        (node, node.person)
        for node in view.nodes_of(names)
        if node.kind == "person" and node.person is not None
    ]


def to_link(one: Node, candidates: Sequence[tuple[Node, PersonName]], why: str) -> Link | None:
    """The link of a person to the others among some, unless titles tell it apart from one."""
    others = [(node, person) for node, person in candidates if node is not one]
    gendered = one.person.gendered if one.person else frozenset[str]()
    if not others or (gendered and any(person.gendered - gendered for _, person in others)):
        return None
    nodes = [node for node, _ in others]
    return Link(one, nodes, nodes, why)


def meaning(node: Node, view: NameView) -> Link | None:
    """Whom a short name may mean; None where nobody can be meant."""
    person = node.person
    if person is None:
        return None
    if person.given:
        sharing = view.sharing(initial_keys(person)[-1])
        if len(sharing) > CROWD:
            return Link(node, (), (), _INITIALS, crowded=True)
        return to_link(node, persons(sharing, view), _INITIALS)
    if not person.titles and (node.shared or _names_something_else(node, view)):
        return None
    sharing = view.sharing(part_key(person.family))
    if len(sharing) > CROWD:
        return Link(node, (), (), _PART, crowded=True)
    if person.titles and node.kind == "person":
        return _titled(node, person, persons(sharing, view))
    plain = persons(sharing, view)
    allowed = [other for other, name in plain if not name.titles & FAMILY_TITLES]
    return Link(node, [other for other, _ in plain], allowed, _PART) if plain else None


def _titled(
    node: Node, person: PersonName, sharing: Sequence[tuple[Node, PersonName]]
) -> Link | None:
    full = [(one, name) for one, name in sharing if name.given and name.family == person.family]
    alike = [one for one, name in full if name.titles & person.titles]
    if alike:
        return Link(node, alike, alike, _PART)
    if full and not person.gendered and not person.titles & FAMILY_TITLES:
        allowed = [one for one, name in full if not name.titles]
        return Link(node, [one for one, _ in full], allowed, _PART)
    return None


def _names_something_else(node: Node, view: NameView) -> bool:
    """Whether a word of unknown kind is the name of a place, or a word of a longer name."""
    return node.kind == "unknown" and (
        node.folded in PLACES or node.folded in THINGS or bool(view.sharing(word_key(node.folded)))
    )


def asked_keys(node: Node) -> Iterator[str]:
    """The keys that `meaning` asks for."""
    if node.person is None:
        return
    if node.person.given:
        yield initial_keys(node.person)[-1]
        return
    yield part_key(node.person.family)
    if node.kind == "unknown":
        yield word_key(node.folded)


def short_keys(person: PersonName) -> Iterator[str]:
    """The keys of a person that short names for it have or ask for."""
    yield from map(part_key, parts(person))
    if person.given:
        yield from initial_keys(person)


def short_names(person: PersonName, view: NameView, crowd: int) -> set[str]:
    """The folded names that may be short for a person; some that are not may be among them.

    Args:
        person: The parts of the person's name.
        view: The bank.
        crowd: Keys that more names have are left out.
    """
    found: set[str] = set()
    for part in parts(person):
        sharing = view.sharing(part_key(part))
        if len(sharing) <= crowd:
            found.add(fold(part))
            found.update(name for name in sharing if name.split(" ", 1)[0] in TITLES)
    for key in initial_keys(person) if person.given else ():
        sharing = view.sharing(key)
        if len(sharing) <= crowd:
            found.update(name for name in sharing if _has_initial(name))
    return found


def _has_initial(folded: str) -> bool:
    words = folded.split(" ")
    return len(next((word for word in words if word not in TITLES), "")) == 1
