"""What a name seems to name: evidence from its own words and from those around it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from retain.memory.model import EntityKind
from retain.providers.local.entities.common import NEVER
from retain.providers.local.entities.gazetteer import GIVEN, PLACES, THINGS
from retain.providers.local.entities.words import (
    EMPLOY,
    GREETINGS,
    KIN,
    LEGAL,
    MOTION,
    NOT_PLACE_BEFORE,
    NUMBERED_PLACES,
    ORGANISATION_HEADS,
    PERSON_OBJECT,
    PERSON_VERBS,
    PLACE_BEFORE,
    PLACE_FIRST,
    PLACE_HEADS,
    SPEECH,
    THING_NOUNS,
    TITLES,
    USE,
    WEAK_PERSON_VERBS,
    WORK,
)

Votes = Counter[EntityKind]
_SURNAME = re.compile(r"(?:[OD]['\u2019]|Ma?c)[^\W\d_a-z]\w+$")
"""O'Connell, D'Angelo, McLeod."""


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around a name.

    Args:
        before: Up to three words before it in its sentence, in lower case, nearest last.
        after: The word after it in its sentence, in lower case, or nothing.
        possessive: Whether ``'s`` follows the name.
        addressed: Whether somebody is spoken to: ``Thanks, Ana!``
    """

    before: tuple[str, ...] = ()
    after: str = ""
    possessive: bool = False
    addressed: bool = False


def judge(words: Sequence[str], around: Around) -> Votes:
    """What one mention says of the kind; weights of 2 and more are evidence on their own."""
    votes: Votes = Counter()
    for kind, weight in (*_inside(words), *_before(words, around), *_after(around)):
        votes[kind] += weight
    return votes


def decide(votes: Votes) -> EntityKind:
    """The kind with evidence, where no other has nearly as much."""
    ranked = sorted(votes.items(), key=lambda item: (-item[1], item[0]))
    if not ranked or ranked[0][1] < 2:
        return "unknown"
    if len(ranked) > 1 and 3 * ranked[1][1] > 2 * ranked[0][1]:
        return "unknown"
    return ranked[0][0]


def _inside(words: Sequence[str]) -> Iterator[tuple[EntityKind, int]]:
    lower = [word.lower().rstrip(".") for word in words]
    first, last, whole = lower[0], lower[-1], " ".join(lower)
    if whole in PLACES:
        yield "place", 6
    elif whole in THINGS:
        yield "thing", 8
    elif first == "the" and len(lower) > 2:
        yield "thing", 4
    elif len(lower) == 1:
        if first in GIVEN or first.split("-")[0] in GIVEN or _SURNAME.match(words[0]):
            yield "person", 4
    elif last in LEGAL or "&" in words:
        yield "organisation", 9
    elif last in ORGANISATION_HEADS or (first in ORGANISATION_HEADS and first not in TITLES):
        yield "organisation", 8
    elif first in TITLES and "of" not in lower:
        yield "person", 9
    elif (
        (last.isdigit() and first in NUMBERED_PLACES) or last in PLACE_HEADS or first in PLACE_FIRST
    ):
        yield "place", 8
    elif any(char.isdigit() for char in last):
        yield "thing", 3
    elif first in GIVEN or (len(first) == 1 and len(last) > 2):
        yield "person", 6


def _before(names: Sequence[str], around: Around) -> Iterator[tuple[EntityKind, int]]:
    words = [word for word in around.before if word != "the"]
    the = around.before[-1:] == ("the",)
    near = words[-1] if words else ""
    further = set(words[:-1])
    if around.addressed:
        yield "person", 3
    if the and (not around.after or around.after in NEVER):
        yield "thing", 1
    if near in THING_NOUNS or near in USE:
        yield "thing", 3
    elif near in EMPLOY:
        yield "organisation", 3
    elif near in KIN or near in PERSON_OBJECT or near in GREETINGS:
        yield "person", 3
    elif near in ("visit", "visited", "visiting"):
        yield "place", 2
    elif near in ("at", "for", "with") and further & WORK:
        yield "organisation", 3
    elif near in ("with", "by"):
        yield "person", (2 if near == "by" and _is_full(names) else 1)
    elif near in ("to", "from") and further & SPEECH:
        yield "person", 2
    elif near in ("to", "from"):
        yield ("place", 3) if further & MOTION else ("place", 1)
    elif near == "in" and further & NOT_PLACE_BEFORE:
        yield "thing", 2
    elif near in PLACE_BEFORE and not the:
        yield ("place", 3) if further & MOTION else ("place", 2)


def _is_full(names: Sequence[str]) -> bool:
    return 1 < len(names) < 4 and not any(len(name) > 1 and name.isupper() for name in names)


def _after(around: Around) -> Iterator[tuple[EntityKind, int]]:
    if around.possessive:
        yield ("person", 3) if around.after in KIN else ("person", 1)
    elif around.after in THING_NOUNS:
        yield "thing", 4
    elif around.after in PERSON_VERBS:
        yield "person", 3
    elif around.after in WEAK_PERSON_VERBS:
        yield "person", 1
