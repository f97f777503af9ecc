"""Which names may mean the same, the surest rules first, each with its reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from retain.providers.local.entities.clusters import Node
from retain.providers.local.entities.gazetteer import PLACES
from retain.providers.local.entities.keys import (
    CROWD,
    bare,
    bare_key,
    given_and_family,
    initials,
    legal,
    legal_key,
    middle_key,
)
from retain.providers.local.entities.names import PersonName, variants
from retain.providers.local.entities.people import Link, persons, to_link
from retain.providers.local.entities.typos import slip
from retain.providers.local.entities.view import NameView

Stage = Callable[[Node, NameView], Link | None]


def abbreviation(node: Node, view: NameView) -> Link | None:
    """``Saint Mary's`` and ``St. Mary's``, ``Mill Rd`` and ``Mill Road``."""
    names = variants(node.folded)
    if node.shared or len(names) == 1:
        return None
    group = [one for one in view.nodes_of(names) if not one.shared]
    alike = len({one.kind for one in group} - {"unknown"}) < 2
    return _to_first(node, group, "is another way to write") if alike else None


def legal_form(node: Node, view: NameView) -> Link | None:
    """``Northwind Ltd`` and ``Northwind``, unless there is a ``Northwind GmbH`` too."""
    base = legal(node)[0] or node.folded
    if node.shared or base in PLACES or node.kind not in ("organisation", "unknown"):
        return None
    formed = [one for one in view.nodes_of(view.sharing(legal_key(base))) if legal(one)[0] == base]
    same = [one for one in formed if one is not node]
    if not same or len({legal(one)[1] for one in formed}) > 1:
        return None
    return Link(node, same, same, "is, but for its legal form,")


def title(node: Node, view: NameView) -> Link | None:
    """``Dr. Priya Patel`` and ``Priya Patel``; ``Professor Rossi`` and ``Prof. Rossi``."""
    if node.kind != "person" or node.person is None:
        return None
    group = with_titles(bare(node.person), view)
    genders = {person.gendered for _, person in group if person.gendered}
    nodes = [one for one, _ in group]
    return _to_first(node, nodes, "has the same name as") if len(genders) < 2 else None


def misspelling(node: Node, view: NameView) -> Link | None:
    """``Margerite Thole`` and ``Marguerite Thole``."""
    other = slip(node, view)
    if other is None or (-node.count, node.order) < (-other.count, other.order):
        return None
    return Link(node, (other,), (other,), "is one letter away from")


def middle(node: Node, view: NameView) -> Link | None:
    """``Priya R. Patel`` and ``Priya Rani Patel``."""
    person = node.person
    if node.kind != "person" or person is None or not (person.given and person.middle):
        return None
    if any(len(word) > 1 for word in person.middle):
        return None
    letters = initials(person.middle)
    alike = [(n, p) for n, p in _with_middles(person, view) if initials(p.middle) == letters]
    return to_link(node, alike, "writes a middle name short of")


def without_middle(node: Node, view: NameView) -> Link | None:
    """``Priya Patel`` and ``Priya Rani Patel``."""
    person = node.person
    if node.kind != "person" or person is None or person.middle or len(person.given) < 2:
        return None
    if not with_titles(bare(person), view):
        return None
    return to_link(node, _with_middles(person, view), "leaves out a middle name of")


STAGES: Sequence[Stage] = (
    abbreviation, legal_form, title, misspelling, middle, without_middle,
)  # fmt: skip
"""What joins names before short ones ask whom they may mean."""


def _to_first(node: Node, group: Sequence[Node], why: str) -> Link | None:
    first = group[0] if group else node
    return None if node is first else Link(node, (first,), (first,), why)


def with_titles(text: str, view: NameView) -> list[tuple[Node, PersonName]]:
    """The persons whose name, without titles if it is full, is `text`; none if they are a crowd."""
    names = {text, *view.sharing(bare_key(text))}
    return _few([(n, p) for n, p in persons(names, view) if bare(p) == text])


def _with_middles(person: PersonName, view: NameView) -> list[tuple[Node, PersonName]]:
    """The persons with a person's first and last name, and a middle name; none if a crowd."""
    return _few(persons(view.sharing(middle_key(person)), view))


def _few(found: list[tuple[Node, PersonName]]) -> list[tuple[Node, PersonName]]:
    return found if len(found) <= CROWD else []


def kin_keys(name: str, nodes: Sequence[Node]) -> Iterator[tuple[str, str]]:
    """The keys of what `STAGES` may join a name to, slips apart, each with a name that has none.

    Args:
        name: The folded name.
        nodes: Its nodes.
    """
    for node in nodes:
        person = node.person
        if node.kind == "person" and person is not None:
            yield bare_key(bare(person)), bare(person)
            if person.given:
                full = given_and_family(person)
                yield middle_key(person), full
                yield bare_key(full), full
        elif node.kind in ("organisation", "unknown"):
            yield legal_key(name), name
            if base := legal(node)[0]:
                yield legal_key(base), base


def kin(name: str, nodes: Sequence[Node], view: NameView, crowd: int = CROWD) -> set[str]:
    """The folded names that `STAGES` may join a name to, slips apart, or users, or a model.

    Some that it is never joined to may be among them, and some that the bank lacks.

    Args:
        name: The folded name.
        nodes: Its nodes.
        view: The bank.
        crowd: Keys that more names have are left out.
    """
    found = {*variants(name), *view.partners(name)}
    for key, plain in kin_keys(name, nodes):
        sharing = view.sharing(key)
        if len(sharing) <= crowd:
            found.add(plain)
            found.update(sharing)
    return found
