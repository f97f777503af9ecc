"""Persons among the names of a bank, and whom a single name may mean."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from retain.providers.local.entities.clusters import Node
from retain.providers.local.entities.gazetteer import PLACES, THINGS
from retain.providers.local.entities.names import PersonName, parse_person
from retain.providers.local.entities.words import GENDERED_TITLES

_FAMILY_TITLES = frozenset(
    [
        "uncle",
        "aunt",
        "auntie",
        "grandma",
        "grandpa",
        "sister",
        "brother",
        "father",
        "fr",
        "king",
        "queen",
        "prince",
        "princess",
    ]
)
"""``Aunt Mary`` is hardly the Mary whom the text calls by that name alone."""


@dataclass(frozen=True, slots=True)
class Person:
    """A node whose name is, or may be, that of a person."""

    node: Node
    name: PersonName

    @property
    def last(self) -> str:
        """The surname; with its generation, so that a junior is nobody else."""
        return f"{self.name.last} {self.name.generation}".rstrip()

    @property
    def gendered(self) -> frozenset[str]:
        """The titles that only one member of a couple has."""
        return self.name.titles & GENDERED_TITLES

    @property
    def single(self) -> bool:
        """Whether only one name is there."""
        return not self.name.given


def by_person(nodes: Sequence[Node]) -> Iterator[Person]:
    """The persons among the nodes."""
    for node in nodes:
        if node.kind == "person":
            name = _parse(node)
            if name is not None:
                yield Person(node, name)


def initials(words: Sequence[str]) -> tuple[str, ...]:
    """The first letter of each word."""
    return tuple(word[:1] for word in words)


def shorts(nodes: Sequence[Node]) -> Iterator[tuple[Person, list[Person], list[Person]]]:
    """Each single name, everybody whom it may mean, and those of them whom it may join."""
    everyone = list(by_person(nodes))
    by_last: defaultdict[str, list[Person]] = defaultdict(list)
    by_given: defaultdict[str, list[Person]] = defaultdict(list)
    for one in everyone:
        if not one.single or one.name.titles:
            by_last[one.last].append(one)
        if len(one.name.given) > 1:
            by_given[one.name.given].append(one)
    elsewhere = _words_of_others(nodes)
    titled = [one for one in everyone if one.single and one.name.titles]
    for one in titled:
        yield from _titled(one, by_last[one.last])
    for one in [*(one for one in everyone if one.single and not one.name.titles), *_unknown(nodes)]:
        candidates = [*by_last[one.last], *by_given[one.last]]
        doubtful = one.node.kind == "unknown" and (
            one.node.folded in elsewhere or one.node.folded in PLACES | THINGS
        )
        if candidates and not one.node.shared and not doubtful:
            plain = [other for other in candidates if not other.name.titles & _FAMILY_TITLES]
            yield one, candidates, plain


def _titled(
    one: Person, same_last: Sequence[Person]
) -> Iterator[tuple[Person, list[Person], list[Person]]]:
    full = [other for other in same_last if not other.single]
    alike = [other for other in full if other.name.titles & one.name.titles]
    if alike:
        yield one, alike, alike
    elif full and not one.gendered and not one.name.titles & _FAMILY_TITLES:
        yield one, full, [other for other in full if not other.name.titles]


def _unknown(nodes: Sequence[Node]) -> Iterator[Person]:
    for node in nodes:
        if node.kind == "unknown" and " " not in node.folded:
            name = _parse(node)
            if name is not None:
                yield Person(node, name)


def _words_of_others(nodes: Sequence[Node]) -> frozenset[str]:
    return frozenset(
        word for node in nodes if node.kind != "person" for word in node.folded.split()[:9]
        if " " in node.folded
    )  # fmt: skip


def _parse(node: Node) -> PersonName | None:
    hyphenated = [one for one in node.spellings if "-" in one]
    return parse_person((hyphenated or node.spellings)[0])
