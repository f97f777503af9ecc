"""What tells two names apart, whatever makes them look alike."""

from __future__ import annotations

import re

from retain.providers.local.entities.names import PersonName
from retain.providers.local.entities.nicknames import may_be_one
from retain.providers.local.entities.spelling import akin

_DIGITS = re.compile(r"\d+")


def numbers(folded: str) -> list[str]:
    """The numbers in a folded name, in order."""
    return _DIGITS.findall(folded)


def are_apart(
    folded: str, other: str, person: PersonName | None, other_person: PersonName | None
) -> bool:
    """Whether the names cannot mean the same.

    Rooms of different numbers are two; so are people of different initials, different surnames,
    or of whom one is a junior.

    Args:
        folded: A folded name.
        other: Another.
        person: The parts of the one, if both are names of people.
        other_person: Those of the other.
    """
    mine, yours = numbers(folded), numbers(other)
    if mine and yours and mine != yours:
        return True
    return person is not None and other_person is not None and _are_two(person, other_person)


def _are_two(one: PersonName, other: PersonName) -> bool:
    mine, yours = one.gendered, other.gendered
    if (mine and yours and mine != yours) or one.generation != other.generation:
        return True
    if not one.given or not other.given:
        return False
    if not akin(one.last, other.last) or not _may_share(one.given, other.given):
        return True
    return any(a[0] != b[0] for a, b in zip(one.middle, other.middle, strict=False))


def _may_share(given: str, other: str) -> bool:
    """Whether one person may be called by both first names, or by an initial of one."""
    if min(len(given), len(other)) == 1:
        return given[0] == other[0]
    return akin(given, other) or may_be_one(given, other)
