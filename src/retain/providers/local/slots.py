"""What a clause tells of its subject, where a pattern knows: slot and value."""

from __future__ import annotations

import re
from dataclasses import dataclass

from retain.english import verbforms
from retain.english.wordlists import CAPITAL, word_set
from retain.providers.local.cues import possible_slots
from retain.providers.local.negated import but_instead, positive
from retain.providers.local.objects import is_clear, object_at, word_after
from retain.providers.local.personslots import PERSON_RULES, PLACE
from retain.providers.local.thingslots import (
    COUNT_RULES,
    KIN_IS,
    KIN_OF,
    LABEL,
    THING_RULES,
    Rules,
)
from retain.providers.local.words import is_adverb, may_be_subject, straight

INSTEAD_OF = " instead of "
"""Between the value and the one that it replaces, where a slot of several values says both."""

_OBJECTS = frozenset(
    {"likes", "dislikes", "prefers", "owns", "allergic to", "studies", "uses", "plans"}
)
_FRONTED = re.compile(
    r"^(?:(?:(?:Last|Next|This|In|On|At|Since|After|During|A few|Two|Three|Back in"
    r"|Just|As of) [^,]{1,30}?"
    r"|Yesterday|Today|Tomorrow|Recently|Personally|Now|Currently|Actually|These days),? )"
    rf"(?={CAPITAL}|the user)"
)
_EMPTY_VALUES = word_set("it that this them you me him her us there here one so")
_MAX_CHARS = 300
_PLACE = re.compile(PLACE)
_PREFERRED_TO = re.compile(r"\s+(?:to|over)\b(?! \w+ing)")
_PURPOSE = re.compile(r"\s+(?:to|for|in order|by|on|in|as)\b")
_TO_VERB = re.compile(r"\bto (?:[a-z]|$)")
_NO_SUBJECT = word_set("that which who where when if because than what how will")
_POSSESSIVE = word_set("my our your his her its their this that these those no any some many all")
_MANY = word_set("i we they")


@dataclass(frozen=True, slots=True)
class Slot:
    """One thing that a clause tells of somebody or something.

    Args:
        name: What.
        value: What it is; ``not X`` where the clause denies it.
        subject: Of whom or what.
    """

    name: str
    value: str
    subject: str | None


def find_slot(text: str) -> Slot | None:
    """The slot that the clause fills, its first person resolved."""
    text = _FRONTED.sub("", text[:_MAX_CHARS].rstrip(" .!"))
    if label := LABEL.match(text):
        return Slot(label["of"].lower(), label["value"], None)
    if kin := KIN_IS.match(text):
        return Slot(kin["kin"].lower(), kin["value"], kin["subject"])
    said, denied = positive(text)
    possible = possible_slots(said)
    return (
        _of_thing(said, THING_RULES, possible, denied)
        or _of_person(said, possible, denied)
        or (None if denied else _of_thing(said, COUNT_RULES, possible, denied))
    )


def relative_of(text: str) -> tuple[str, str, str] | None:
    """``(owner, kin, name)`` where the clause names somebody's relative or friend."""
    match = KIN_OF.match(text)
    return (match["owner"], match["kin"].lower(), match["name"]) if match else None


def _of_thing(text: str, rules: Rules, possible: frozenset[str], denied: bool) -> Slot | None:
    for name, pattern in rules:
        if name not in possible:
            continue
        match = pattern.match(text)
        if match is None or not _may_have_slots(match["subject"] or "the"):
            continue
        told = match.groupdict()
        slot = name.format(**{key: (value or "").lower() for key, value in told.items()})
        value = _trimmed(told["value"])
        if straight(value) in _EMPTY_VALUES:
            continue
        return Slot(slot, f"not {value}" if denied else value, _bare(match["subject"]))
    return None


def _of_person(text: str, possible: frozenset[str], denied: bool) -> Slot | None:
    for name, pattern in PERSON_RULES:
        if name not in possible:
            continue
        match = pattern.match(text)
        if match is None:
            continue
        told = match.groupdict()
        subject: str | None = told["subject"] or told.get("subjects")
        if not _is_subject(subject or "", text, match):
            continue
        slot = name.removeprefix("not ")
        value = _value(text, slot, match)
        if value is None:
            continue
        other = but_instead(text, match.start("value") + len(value)) if denied else None
        if other or (told.get("old") and not denied):
            return Slot(slot, other or f"{value}{INSTEAD_OF}{told['old']}", subject)
        return Slot(slot, f"not {value}" if denied or name != slot else value, subject)
    return None


def _is_subject(subject: str, text: str, match: re.Match[str]) -> bool:
    """Whether the subject can be one, and the word behind it is a verb of its form."""
    if not _may_have_slots(subject):
        return False
    if match["subject"] is None:
        return True
    verb = word_after(text, match.end("subject"))
    if verb not in verbforms.BASES or verb in verbforms.PAST:
        return True
    first = straight(subject)
    return first in _MANY or " and " in first or first.split(" ")[-1].endswith("s")


def _bare(subject: str | None) -> str | None:
    """The subject without the adverbs behind it."""
    while subject and " " in subject and is_adverb(subject.rsplit(" ", 1)[1]):
        subject = subject.rsplit(" ", 1)[0]
    return subject or None


def _may_have_slots(subject: str) -> bool:
    tokens = straight(subject).split(" ")
    if tokens[-1].endswith("'s") or (len(tokens) == 1 and tokens[0] in _POSSESSIVE):
        return False
    if _TO_VERB.search(subject) or any(
        word in _NO_SUBJECT or verbforms.is_auxiliary(word) for word in tokens
    ):
        return False
    if tokens[0].endswith("ing") and len(tokens) > 1:
        return False
    return may_be_subject(subject)


def _value(text: str, slot: str, match: re.Match[str]) -> str | None:
    """The value from where the rule found it; None where it is none to keep."""
    if slot == "visited":
        place = _PLACE.match(text, match.start("value"))
        return _trimmed(place["value"]) if place else None
    if slot not in _OBJECTS or len(match["value"]) > 1:
        value = _trimmed(match["value"])
        return None if straight(value) in _EMPTY_VALUES else value
    at = match.start("value")
    if slot == "prefers" and (to := _PREFERRED_TO.search(text, at)):
        text = text[: to.start()]
    if slot == "uses" and (purpose := _PURPOSE.search(text, at)):
        text = text[: purpose.start()]
    value = object_at(text, at)
    return value if is_clear(value) else None


def _trimmed(value: str) -> str:
    return value.strip(" .,'\"")
