"""Notes in few words: fields, rules, sentences without their subject, and figures."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from retain.english import verbforms
from retain.english.wordlists import (
    LABELS,
    NO_FIELDS,
    PARTS_OF_NOTES,
    RULE_VERBS,
    TERSE_STATES,
    TERSE_VERBS,
    word_set,
)
from retain.providers.local.slots import Slot, find_slot
from retain.providers.local.thingslots import LABEL
from retain.providers.local.words import NAME, content_words, is_adverb, is_name, words

_FIELD = re.compile(r"(?P<label>[^\W\d_][\w /()&+.#'-]{0,38}?)::?\s+(?P<value>\S.{0,200})$")
_STATE = re.compile(
    rf"(?:{'|'.join(TERSE_STATES.split())})\b(?: (?:to|in|of|with|for|at)\b| \S+$|$)", re.IGNORECASE
)
_FILE_NAME = re.compile(r"\S+\.\w{1,5}$")
_DATE = re.compile(r"[\W\d]*$")
_USER = re.compile(
    r"(?:about )?(?:the |my )?(?:user|human|owner)(?:'s)?(?: profile| preferences| facts| info)?$",
    re.IGNORECASE,
)
_NAMED = re.compile(
    r"^[-*+> \t]{0,8}(?:Full )?Name(?:\*{0,2}:\*{0,2}|:)[ \t]+"
    r"(?P<name>[^\W\d_][^\n*:;,(]{1,60}?)[ \t*]{0,8}$",
    re.MULTILINE,
)
_ORDER = re.compile(
    r"(?:NEVER|ALWAYS|MUST(?: NOT)?|DO NOT|DON'T|AVOID|ONLY|Never|Always|Do not|Don't|Avoid|Must"
    r"(?: not)?)\b"
)
_PATH = re.compile(r"\.\w{1,4}$|-->|://|\(Chapter \d|^Chapter \d")
# What is stated of a thing that only the heading names.
_BARE = re.compile(
    rf"(?:(?i:{'|'.join(LABELS.split())})|Payment terms|Work|Opening hours|Entry|Parking)"
    r" (?:is|are|was|will be|starts?|ends?|takes?|costs?)\b"
)
_NUMBERED = re.compile(r"\A\d{1,3}(?:(?:\.\d{1,3}){1,3}[.)]?|[.)]) (?=\S)")
_PARTS = word_set(PARTS_OF_NOTES)
"""Headings that say nothing of what the note is about."""
_TASK = re.compile(
    rf"(?:(?i:action(?: items?| points?)?|todo|task|ap)\s?:\s*)?(?P<who>{NAME})"
    r" to (?P<verb>[a-z]+)(?= \S)"
)
_NUMBER = re.compile(r"\d")
_CONSTANT = re.compile(r"\b[A-Z][A-Z\d]{2,}(?:_[A-Z\d]+)*\b")
_FEW_CONSTANTS = 2
_MAX_LABEL, _MAX_WORDS, _SHORT, _HEAD = 4, 14, 300, 4_000
_NO_FIELD, _VERBS, _RULES = map(word_set, (NO_FIELDS, TERSE_VERBS, RULE_VERBS))
_BEHIND_RULE = word_set("the a an your our my only for to in with on at and or tests no")


@dataclass(frozen=True, slots=True)
class Terse:
    """What few words tell.

    Args:
        text: The statement, readable alone.
        subject: Of whom or what.
        slot: What it fills, where it is a field or a pattern knows.
    """

    text: str
    subject: str | None
    slot: Slot | None


@dataclass(frozen=True, slots=True)
class Scope:
    """Of what the few words of a section tell.

    Args:
        owner: The person of whom the whole note tells.
        writer: Who wrote it: of him tell sentences without a subject, and no fields.
        heading: The heading above them; empty where it is a file's name or a date.
        short: Whether the source is no more than a note.
        tutorial: Whether the source leads its reader by the hand.
    """

    owner: str | None
    heading: str
    short: bool
    writer: str | None = None
    tutorial: bool = False

    @classmethod
    def of(
        cls,
        owner: str | None,
        path: tuple[str, ...],
        characters: int,
        *,
        writer: str | None,
        title: str = "",
        tutorial: bool,
    ) -> Scope:
        """The scope below these headings of a source."""
        named = [_NUMBERED.sub("", one) for one in path if not _names_nothing(one)]
        heading = named[-1] if named else ""
        if _USER.match(heading):
            owner, heading = owner or writer or "The user", ""
        whole = named[0] if len(named) > 1 else title
        if heading.casefold() in _PARTS and whole:
            heading = f"{whole}, {heading}"
        return cls(owner, heading, characters < _SHORT, writer, tutorial)

    @property
    def prefix(self) -> str:
        """What stands before a field."""
        of = self.owner or self.heading
        return f"{of} - " if of else ""


def _names_nothing(heading: str) -> bool:
    """Whether a heading is a file's name, a date, or too long for a name."""
    return bool(_FILE_NAME.match(heading) or _DATE.match(heading)) or len(heading) > 60


class TerseRule(Protocol):
    """Reads a sentence of a note; see `terse`."""

    def __call__(self, sentence: str, scope: Scope, *, item: bool) -> Terse | None:
        """What the sentence tells, or None."""
        ...


def owner_of(text: str) -> str | None:
    """The name in a field ``Name: …`` at the head of a note."""
    named = _NAMED.search(text, 0, _HEAD)
    return named["name"].strip() if named else None


def terse(sentence: str, scope: Scope, *, item: bool) -> Terse | None:
    """What a sentence of a note that has no subject and verb tells; None if it tells nothing.

    Args:
        sentence: The sentence.
        scope: Of what its section tells.
        item: Whether it stands in a list.
    """
    said = sentence.strip().rstrip(".!;").strip()
    if not said or said.endswith(("?", ":")):
        return None
    if _ORDER.match(said) or (is_rule(said, item=item) and not scope.tutorial):
        return Terse(said, None, None) if len(content_words(said)) > 1 else None
    return (
        elided(said, scope, item=item)
        or _field(said, scope, item=item)
        or _figure(said, scope, item=item)
    )


def is_rule(text: str, *, item: bool) -> bool:
    """Whether the words tell an agent what to do or not to do: ``NEVER commit to main``."""
    if _ORDER.match(text) and len(words(text)) > 1:
        return True
    tokens = words(text[:60])[:2]
    return (
        item
        and len(tokens) > 1
        and tokens[0] in _RULES
        and text[0].isupper()
        and (tokens[1] in _BEHIND_RULE or not verbforms.is_finite(tokens[1]))
    )


def elided(sentence: str, scope: Scope, *, item: bool) -> Terse | None:
    """A sentence that leaves its subject out: ``Allergic to penicillin``, ``Prefers tea``."""
    said = sentence.strip().rstrip(".!;").strip()
    tokens = words(said[:60])
    verb = next((word for word in tokens if not is_adverb(word)), "")
    if not said or not (said[0].isupper() or item or scope.short) or len(tokens) > _MAX_WORDS:
        return None
    state = _STATE.match(said) is not None
    rest = said[0].lower() + said[1:]
    whole = f"The user is {rest}" if state else f"The user {rest}"
    if not state and (verb not in verbforms.THIRD or len(tokens) < 2):
        return None
    slot = find_slot(whole)
    owner = scope.owner or scope.writer
    if not (slot or state or (verb in _VERBS and (owner or scope.short))):
        return None
    if owner is None:
        return Terse(said[0].upper() + said[1:], "I", slot)
    return Terse(owner + whole.removeprefix("The user"), owner, slot)


def shortened(sentence: str, scope: Scope, *, item: bool) -> Terse | None:
    """What a sentence tells in the words of a note, though it may look like a whole one."""
    said = sentence.strip().rstrip(".!;").strip()
    labelled = LABEL.match(said) is not None and bool(scope.prefix)
    if scope.prefix and _BARE.match(said):
        return Terse(scope.prefix + said, scope.owner or scope.heading or None, find_slot(said))
    return (
        elided(sentence, scope, item=item)
        or _task(said)
        or (_field(said, scope, item=True) if labelled else None)
    )


def _task(said: str) -> Terse | None:
    """What somebody is to do, as minutes say it: ``ACTION: Tom to call the scouts``."""
    match = _TASK.match(said)
    if match is None or match["verb"] not in verbforms.BASES or not is_name(match["who"]):
        return None
    return Terse(f"{match['who']} is {said[match.end('who') + 1 :]}", match["who"], None)


def _field(said: str, scope: Scope, *, item: bool) -> Terse | None:
    match = _FIELD.match(said)
    if match is None:
        return None
    label, value = match["label"].strip(), match["value"].strip()
    tokens = label.casefold().split()
    if len(tokens) > _MAX_LABEL or tokens[0] in _NO_FIELD or not any(map(str.isalnum, value)):
        return None
    if len(_CONSTANT.findall(value)) > _FEW_CONSTANTS:
        return None
    if not item and not label[0].isupper():
        return None
    of = scope.owner or scope.heading or None
    named = "" if of and of == value else scope.prefix
    return Terse(f"{named}{label}: {value}", of, Slot(label.lower(), value, of) if of else None)


def _figure(said: str, scope: Scope, *, item: bool) -> Terse | None:
    """A fragment with a number in it: ``Postgres 16, port 5433``."""
    if scope.tutorial or _PATH.search(said):
        return None
    if not _NUMBER.search(said) or len(words(said)) > _MAX_WORDS or len(content_words(said)) < 2:
        return None
    if not (scope.short or (item and (scope.owner or scope.heading))):
        return None
    return Terse(scope.prefix + said, scope.owner or scope.heading or None, None)
