"""What a fact's slot claims: of which subject, and whether another value can be true as well."""

from __future__ import annotations

import re
from collections.abc import Iterator

from retain.english.wordlists import word_set
from retain.memory.model import Fact
from retain.providers.local.superseding.statuses import CALLED_OFF, axes

SINGLE = frozenset(
    {"lives in", "works at", "works as", "role", "age", "diet", "relationship", "deadline"}
    | {"date", "status", "starts", "ends", "price", "default", "name", "version", "owner"}
    | {"manager", "boss", "therapist", "doctor", "dentist", "landlord", "budget", "location"}
    | {"venue", "address", "phone", "phone number", "email", "email address", "salary", "rent"}
    | {"password", "size", "height", "weight", "color", "colour", "default value", "duration"}
    | {"capacity", "maximum", "minimum", "job", "major", "goal", "total", "cost", "count", "place"}
    | {"time", "gp", "teacher", "coach", "office", "car", "username", "supervisor", "limit"}
    | {"team lead", "team leader", "line manager", "tutor", "lawyer", "accountant", "vet", "number"}
)
"""Slots of which a subject has one value at a time; of all others, only a denial supersedes."""

CUED = frozenset({"prefers", "studies"})
"""Slots that one can have several values of, unless the words say that the new one replaces."""

NEVER = frozenset({"born", "from", "birthday", "hometown", "mother", "father", "visited"})
_NO_EMPLOYER = word_set("home night nights weekends free myself themself himself herself")
_OF_A_DAY = word_set("""
    meeting appointment exam test interview class lesson call question idea thing reason problem
    issue day week hour minute second month year time chance goal point option way part step game
    match event task other more people
    """)
_ALSO_CALLED = {
    "due": "deadline",
    "due date": "deadline",
    "start": "starts",
    "start date": "starts",
    "end": "ends",
    "end date": "ends",
    "cost": "price",
    "phone": "phone number",
    "email": "email address",
    "color": "colour",
    "location": "place",
    "venue": "place",
    "job": "works as",
    "dislikes": "likes",
}
_RELATIONS = {
    "partner": "with",
    "girlfriend": "with",
    "boyfriend": "with",
    "engaged to": "engaged",
    "fiancé": "engaged",
    "fiancée": "engaged",
    "fiance": "engaged",
    "fiancee": "engaged",
    "married to": "married",
    "husband": "married",
    "wife": "married",
    "spouse": "married",
}
_KIN = frozenset(_RELATIONS) - {"partner", "engaged to", "married to"}
_KIN_OF = re.compile(
    r"^(?P<owner>.{1,40}?)'s (?:new |current )?(?:boy|girl)?(?:friend|husband|wife|spouse|partner"
    r"|fianc[ée]e?|boss|manager|therapist)\b"
)
_NO_KIN = re.compile(r"\b(?:ex|former)\b", re.IGNORECASE)
_CHANGED = re.compile(
    r"\b(?:now|these days|nowadays|instead|any ?more|from now on|since then|switched|changed)\b",
    re.IGNORECASE,
)
_ALSO = re.compile(r"\b(?:also|too|as well|both|another|second|part-time|on weekends)\b")
_MOVED = re.compile(
    r"\b(?:moved|postponed|rescheduled|pushed|delayed|brought forward|put off|shifted|changed)\b"
)
_COUNTED = re.compile(
    r"(?P<number>\d+|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
    r" (?P<noun>[\w-]+)$",
    re.IGNORECASE,
)
_IN_TIME = re.compile(
    r"(?:\d|(?:next |this )?(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:january|february|march"
    r"|april|june|july|august|september|october|november|december)\b)",
    re.IGNORECASE,
)

Said = tuple[str | None, str, str]
"""Subject, slot and value."""


def spread(fact: Fact, said: Said) -> Iterator[Said]:
    """What a subject, slot and value claim, each under the slot that it competes in."""
    subject, slot, value = said
    slot = " ".join(slot.split())
    if slot.startswith("= has ") and slot.split(" ")[2] in _OF_A_DAY:
        return
    if slot == "left":
        yield subject, "works at", f"not {value}"
        yield subject, "lives in", f"not {value}"
        return
    if slot == "works at" and value.casefold() in _NO_EMPLOYER:
        return
    if slot in NEVER or _NO_KIN.search(fact.text[:60]):
        return
    if slot in _RELATIONS or slot == "relationship":
        yield _related(fact, subject, slot, value)
        return
    if slot in ("boss", "manager", "therapist") and (kin := _KIN_OF.match(fact.text)):
        subject = kin["owner"]
    if slot == "dislikes":
        value = value.removeprefix("not ") if value.startswith("not ") else f"not {value}"
    if slot == "owns" and (counted := _COUNTED.match(value)):
        yield subject, f"count of {singular(counted['noun'])}", counted["number"]
    if slot.startswith("count of "):
        noun = singular(slot.removeprefix("count of "))
        if noun in _OF_A_DAY:
            return
        slot = f"count of {noun}"
    slot = _ALSO_CALLED.get(slot, slot)
    yield from _with_others(fact, subject, slot, value)


def is_of_its_kind(text: str, said: Said) -> bool:
    """Whether the value fits its slot: the number of a thing is not its age."""
    subject, slot, _ = said
    if slot != "age" or not subject:
        return True
    return "years old" in text or not subject.lower().startswith("the ")


def competes(slot: str) -> bool:
    """Whether a subject has one value of the slot at a time."""
    return slot in SINGLE or slot.startswith(
        ("favourite ", "favorite ", "count of ", "status", "=")
    )


def is_weak(fact: Fact, slot: str, value: str) -> bool:
    """Whether the words leave open that what was said before is true as well."""
    if slot in CUED and not _CHANGED.search(fact.text):
        return True
    if slot.startswith("count of ") and value.lower() in ("a", "an"):
        return True
    return slot in ("works at", "works as", "role", "place") and bool(_ALSO.search(fact.text))


def singular(noun: str) -> str:
    """The noun without the ending of its plural, for comparing only."""
    noun = noun.lower()
    if noun.endswith("ies") and len(noun) > 4:
        return noun[:-3] + "y"
    return noun[:-1] if noun.endswith("s") and not noun.endswith("ss") else noun


def _related(fact: Fact, subject: str | None, slot: str, value: str) -> Said:
    if slot in _KIN and (kin := _KIN_OF.match(fact.text)):
        subject = kin["owner"]
    denied = "not " if value.startswith("not ") else ""
    value = value.removeprefix("not ")
    state = _RELATIONS.get(slot)
    if state is None:
        return subject, "relationship", denied + value
    return subject, "relationship", f"{denied}{state} {value}"


def _with_others(fact: Fact, subject: str | None, slot: str, value: str) -> Iterator[Said]:
    """The claim, and those that come with it: what moves is not where it was."""
    if slot == "lives in":
        if _IN_TIME.match(value):
            slot = "date"
        else:
            yield subject, "place", value
    if slot == "date" and _MOVED.search(fact.text):
        yield subject, "starts", value
    if slot == "status":
        positive = value.removeprefix("not ")
        for axis in axes(positive):
            yield subject, f"status of {axis}", value
        if CALLED_OFF.match(value):
            yield subject, "date", value
            yield subject, "starts", value
        if axes(positive) and not fact.text.lower().startswith(("the status of", "status:")):
            return
    yield subject, slot, value
