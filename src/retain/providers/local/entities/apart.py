"""What tells two names apart, whatever makes them look alike."""

from __future__ import annotations

import re

from retain.providers.local.entities.names import PersonName, fold, parse_person
from retain.providers.local.entities.nicknames import may_be_one
from retain.providers.local.entities.spelling import akin
from retain.providers.local.entities.words import GENDERED_TITLES

_DIGITS = re.compile(r"\d+")


def numbers(name: str) -> list[str]:
    """The numbers in a name, in order."""
    return _DIGITS.findall(fold(name))


def are_apart(one: str, other: str, *, persons: bool) -> bool:
    """Whether the names cannot mean the same.

    Rooms of different numbers are two; so are people of different initials, different surnames,
    or of whom one is a junior.

    Args:
        one: A name as it is written.
        other: Another.
        persons: Whether both are names of people.
    """
    mine, yours = numbers(one), numbers(other)
    if mine and yours and mine != yours:
        return True
    if not persons:
        return False
    first, second = parse_person(one), parse_person(other)
    return first is not None and second is not None and _are_two(first, second)


def _are_two(one: PersonName, other: PersonName) -> bool:
    mine, yours = one.titles & GENDERED_TITLES, other.titles & GENDERED_TITLES
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
