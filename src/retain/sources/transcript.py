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
from itertools import pairwise

from retain.sources.blocks import Part
from retain.sources.lines import Lines

_OPENING = re.compile(
    r"[ ]{0,3}(?P<mark>\*\*)(?P<name>[^*:\r\n]{1,60})(?::\*\*|\*\*[ ]?:)(?=\s|\Z)"
)
# The name on a line of its own, perhaps with the time of day.
_NAME_LINE = re.compile(
    r"[ ]{0,3}(?P<mark>\*\*)(?P<name>[^*:\r\n]{1,60})\*\*"
    r"(?:[ \t]*[\[(]?\d{1,2}:\d\d(?::\d\d)?(?:[ ]?[AaPp][Mm])?[\])]?)?[ \t\\]*(?=\r?\n|\Z)"
)
_MAX_WORDS = 5
COMMENTS = "Comments"
"""The last heading of a document whose comments were converted: each is a turn of its author."""

_MAX_STRANGERS = 3
_SAYS = re.compile(r"\b(?:I|I'm|I've|me|my|we|us|our|you|your)\b|\?")
_MAX_HEADING = 100
_HEADING_ROLE = re.compile(r"[^\w]{0,6}(?P<name>[A-Za-z]{2,12})(?:\s?:|\s+\W.{0,60}|\s?\(.{0,60})?")
_ROLE_NAMES = {"prompt": "User", "response": "Assistant"}
_ASKING = frozenset({"user", "human", "you", "me"})
_ANSWERING = frozenset(
    {
        "assistant",
        "ai",
        "bot",
        "agent",
        "chatgpt",
        "claude",
        "gemini",
        "copilot",
        "model",
    }
)
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
    """A turn.

    Args:
        start: Where it begins.
        speaker: Who speaks.
        said: Where the words begin, if the name stands on a line of its own.
    """

    start: int
    speaker: str
    said: int | None = None


@dataclass(frozen=True, slots=True)
class _Body:
    """What speaks for and against a body's being a dialogue.

    Args:
        openings: What looks like the beginning of a turn.
        paragraphs: How many paragraphs there are, those openings counted as such.
        at_once: Whether the first opening is the first thing in the body.
        speak_to_each_other: Whether most openings lead to words such as "I" and "you".
    """

    openings: tuple[Opening, ...]
    paragraphs: int
    at_once: bool
    speak_to_each_other: bool


def dialogues(lines: Lines, parts: Sequence[Part]) -> list[tuple[Opening, ...]]:
    """The turns of each part; none where it is not a dialogue.

    A body is a dialogue if it has at least two turns and either

    - somebody speaks twice, and turns begin the body or make up half of its paragraphs; or
    - nobody does, but at most three speak, all with names, and turns make up half.

    Where that holds anywhere in a source, a body that begins with one of the same speakers is
    a dialogue too, be it a single turn.
    """
    bodies = [_survey(lines, part) for part in parts]
    if parts and parts[-1].heading == COMMENTS and _holds_turns_only(bodies[-1]):
        return [*dialogues(lines, parts[:-1]), bodies[-1].openings]
    if len(bodies) == 1 and _is_single_turn(bodies[0]):
        return [bodies[0].openings]
    known = {one.speaker for body in bodies if _is_dialogue(body) for one in body.openings}
    return [
        body.openings if _is_dialogue(body) or _continues(body, known) else () for body in bodies
    ]


def speakers_of(headings: Sequence[tuple[int, str]]) -> list[str | None]:
    """Who speaks below each heading, where the headings of a source name who speaks in a chat.

    Args:
        headings: The level and the words of each heading, in order; level 0 for what stands before
            the first.

    Returns:
        The speaker of what stands below each; None below a heading that names nobody.
    """
    roles = [_role(words) if level else None for level, words in headings]
    told = {role.casefold() for role in roles if role}
    # A single turn has nothing beside it: "User" may also be one heading of a note among others.
    depths = [level for (level, _), role in zip(headings, roles, strict=True) if role]
    others = [level for (level, _), role in zip(headings, roles, strict=True) if not role]
    alone = len(headings) <= 2 and told & _ASKING and max(others, default=0) < min(depths)
    if not alone and not (told & _ASKING and told & _ANSWERING):
        return [None] * len(headings)
    speakers: list[str | None] = []
    speaker, depth = None, 0
    for (level, _), role in zip(headings, roles, strict=True):
        if role is not None or level <= depth:
            speaker, depth = role, level
        speakers.append(speaker)
    return speakers


def names_role(heading: str) -> bool:
    """Whether a heading names who speaks in a chat."""
    return _role(heading) is not None


def _role(heading: str) -> str | None:
    """The role that a heading names, such as ``## User`` or ``## Assistant (10:15)``."""
    match = _HEADING_ROLE.fullmatch(heading[:_MAX_HEADING])
    if match is None:
        return None
    name = _ROLE_NAMES.get(match["name"].casefold(), match["name"])
    return name if name.casefold() in _ASKING | _ANSWERING | {"system"} else None


def _survey(lines: Lines, part: Part) -> _Body:
    openings = tuple(_openings(lines, part)) or tuple(_named_lines(lines, part))
    begun = {first for first, _ in part.paragraphs}
    inner = sum(lines.number(one.start) - 1 not in begun for one in openings)
    at_once = bool(openings) and lines.blank(lines.start(part.body), openings[0].start)
    starts = [one.start for one in openings]
    said = (lines.text[a:b] for a, b in pairwise([*starts, lines.start(part.end)]))
    personal = sum(bool(_SAYS.search(one)) for one in said)
    return _Body(openings, len(part.paragraphs) + inner, at_once, 2 * personal > len(openings))


def _openings(lines: Lines, part: Part) -> Iterator[Opening]:
    """Turns may follow each other without a blank line, so every line of a paragraph counts."""
    for first, end in part.paragraphs:
        for line in range(first, end):
            match = _OPENING.match(lines.text, lines.start(line))
            if match and may_speak(match["name"]):
                yield Opening(match.start("mark"), match["name"].strip())


def _named_lines(lines: Lines, part: Part) -> Iterator[Opening]:
    """Lines that hold a name in bold and nothing else but a time: somebody has to speak twice."""
    found: list[Opening] = []
    for first, end in part.paragraphs:
        for line in range(first, end):
            match = _NAME_LINE.match(lines.text, lines.start(line))
            if match and may_speak(match["name"]) and is_name(match["name"].strip()):
                said = lines.start(line + 1)
                found.append(Opening(match.start("mark"), match["name"].strip(), said))
    turns = Counter(one.speaker for one in found)
    if len(turns) > 1 and max(turns.values()) > 1:
        yield from found


def _is_dialogue(body: _Body) -> bool:
    turns = Counter(one.speaker for one in body.openings)
    # Questions and answers of a manual, which nobody says.
    if len(body.openings) < 2 or turns.keys() >= {"Q", "A"}:
        return False
    mostly = 2 * len(body.openings) >= body.paragraphs
    if max(turns.values()) > 1:
        return mostly or body.at_once
    few = len(turns) <= _MAX_STRANGERS or (body.at_once and body.speak_to_each_other)
    return mostly and few and all(map(is_name, turns))


def _is_single_turn(body: _Body) -> bool:
    """Whether a whole source is one thing that somebody says."""
    if len(body.openings) != 1 or not body.at_once or body.paragraphs > 1:
        return False
    return is_name(body.openings[0].speaker)


def _holds_turns_only(body: _Body) -> bool:
    turns = len(body.openings) == body.paragraphs > 0
    return turns and all(is_name(one.speaker) for one in body.openings)


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
