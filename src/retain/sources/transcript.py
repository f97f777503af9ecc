"""Dialogues in Markdown: which paragraphs are turns, and who speaks.

A turn begins with ``**Name:** text`` or ``**Name**: text``. Manuals and notes begin paragraphs
the same way (``**Note:** …``, ``**Location:** …``), so one such paragraph proves nothing; the
body that it stands in must be a dialogue as a whole.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from retain.sources.blocks import Part
from retain.sources.lines import Lines

_OPENING = re.compile(
    r"[ ]{0,3}(?P<mark>\*\*)(?P<name>[^*:\r\n]{1,60})(?::\*\*|\*\*[ ]?:)(?=\s|\Z)"
)
_MAX_WORDS = 5
_MAX_STRANGERS = 3
_ROLES = frozenset({"user", "assistant", "system", "human", "ai", "bot", "agent", "me", "you"})
# What a paragraph of a manual or the head of a note begins with, whatever stands beside it.
_ADMONITIONS = """
    note notes warning warnings caution danger tip tips hint hints important attention notice
    example examples remark remarks disclaimer reminder exercise exercises practice
"""
# These too where a number or a letter follows.
_NUMBERED = """
    step option phase part chapter section figure table listing case level stage rule question
    answer day week month task item
"""
_FIELDS = """
    info information summary abstract overview introduction todo fixme update updates edit bug fix
    fixed fixes added changed removed deprecated security breaking usage syntax synopsis description
    returns return raises throws parameters parameter params arguments argument args options default
    defaults type types required optional input inputs output outputs result results expected actual
    steps prerequisites requirements requirement goal goals objective objectives purpose context
    background problem problems solution solutions cause causes symptom symptoms workaround impact
    status priority owner assignee author authors date dates time times when where who what why how
    location place venue address attendees participants present absent agenda topic topics subject
    title name email phone url link links source sources reference references see version license
    price cost costs budget total deadline due duration pros cons advantages disadvantages benefits
    faq questions answers definition theorem proof lemma quote key value decision decisions action
    actions items tasks conclusion conclusions rationale reason risk risks assumption assumptions
    command commands request response prompt before after now next later tags category ingredients
    method serves yield nb ps
"""
_ADMONITION_WORDS = frozenset(_ADMONITIONS.split())
_NUMBERED_WORDS = frozenset(_NUMBERED.split())
_LABELS = frozenset(_FIELDS.split()) | _ADMONITION_WORDS | _NUMBERED_WORDS


@dataclass(frozen=True, slots=True)
class Opening:
    """Where a turn begins, and who speaks."""

    start: int
    speaker: str


@dataclass(frozen=True, slots=True)
class _Body:
    """What speaks for and against a body's being a dialogue.

    Args:
        openings: What looks like the beginning of a turn.
        paragraphs: How many paragraphs there are, those openings counted as such.
        at_once: Whether the first opening is the first thing in the body.
    """

    openings: tuple[Opening, ...]
    paragraphs: int
    at_once: bool


def dialogues(lines: Lines, parts: Sequence[Part]) -> list[tuple[Opening, ...]]:
    """The turns of each part; none where it is not a dialogue.

    A body is a dialogue if it has at least two turns and either

    - somebody speaks twice, and turns begin the body or make up half of its paragraphs; or
    - nobody does, but at most three speak, all with names, and turns make up half.

    Where that holds anywhere in a source, a body that begins with one of the same speakers is
    a dialogue too, be it a single turn.
    """
    bodies = [_survey(lines, part) for part in parts]
    if len(bodies) == 1 and _is_single_turn(bodies[0]):
        return [bodies[0].openings]
    known = {one.speaker for body in bodies if _is_dialogue(body) for one in body.openings}
    return [
        body.openings if _is_dialogue(body) or _continues(body, known) else () for body in bodies
    ]


def _survey(lines: Lines, part: Part) -> _Body:
    openings = tuple(_openings(lines, part))
    begun = {first for first, _ in part.paragraphs}
    inner = sum(lines.number(one.start) - 1 not in begun for one in openings)
    at_once = bool(openings) and lines.blank(lines.start(part.body), openings[0].start)
    return _Body(openings, len(part.paragraphs) + inner, at_once)


def _openings(lines: Lines, part: Part) -> Iterator[Opening]:
    """Turns may follow each other without a blank line, so every line of a paragraph counts."""
    for first, end in part.paragraphs:
        for line in range(first, end):
            match = _OPENING.match(lines.text, lines.start(line))
            if match and may_speak(match["name"]):
                yield Opening(match.start("mark"), match["name"].strip())


def _is_dialogue(body: _Body) -> bool:
    turns = Counter(one.speaker for one in body.openings)
    # Questions and answers of a manual, which nobody says.
    if len(body.openings) < 2 or turns.keys() >= {"Q", "A"}:
        return False
    mostly = 2 * len(body.openings) >= body.paragraphs
    if max(turns.values()) > 1:
        return mostly or body.at_once
    return mostly and len(turns) <= _MAX_STRANGERS and all(map(is_name, turns))


def _is_single_turn(body: _Body) -> bool:
    """Whether a whole source is one thing that somebody says."""
    if len(body.openings) != 1 or not body.at_once or body.paragraphs > 1:
        return False
    return is_name(body.openings[0].speaker)


def _continues(body: _Body, known: set[str]) -> bool:
    return body.at_once and body.openings[0].speaker in known


def may_speak(label: str) -> bool:
    """Whether a label before a colon can name somebody, rather than a field or a remark."""
    words = label.casefold().split()
    if not 1 <= len(words) <= _MAX_WORDS or not words[0][0].isalnum():
        return False
    bare = [word.strip("().,") for word in words]
    if " ".join(bare) in _LABELS or {bare[0], bare[-1]} & _ADMONITION_WORDS:
        return False
    return not (bare[0] in _NUMBERED_WORDS and (len(bare[-1]) == 1 or bare[-1].isdigit()))


def is_name(speaker: str) -> bool:
    """Whether a label is written as names are, or is a role in a chat."""
    return speaker.casefold() in _ROLES or not any(word[0].islower() for word in speaker.split())
