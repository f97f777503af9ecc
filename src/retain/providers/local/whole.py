"""What the rules know of a source as a whole."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from retain.memory.model import Section
from retain.memory.tables import header_before
from retain.providers.local.properties import begins
from retain.providers.local.terse import owner_of

_READER = re.compile(r"\byou(?:r|'ll|\u2019ll)?\b")
_FENCE = re.compile(r"(?:\A|\n)(?:```|~~~)")
_OWN = re.compile(r"\b(?:I|[Mm]y)\b")
_LED = re.compile(
    r"\b(?:[Ll]et['\u2019]s|[Ww]e['\u2019]ll|[Cc]hapters?|[Ww]e will|[Ww]e can|[Tt]utorial)\b"
)
# What is written for an agent shows code too, and each of its lines is meant to last.
_FOR_AGENTS = re.compile(
    r"\b(?:AGENTS?|CLAUDE|GEMINI|SOUL|USER|MEMORY|TOOLS|IDENTITY)\.md\b|\b(?:NEVER|ALWAYS|MUST)\b"
    r"|\b(?:[Cc]oding|AI) (?:agents?|assistants?)\b"
)
_MANY, _FEW, _HEAD = 3, 2, 20_000


@dataclass(frozen=True, slots=True)
class Source:
    """What the rules know of a source as a whole.

    Args:
        text: Its text.
        speakers: Everybody who speaks in it.
        owner: Of whom it tells, where a field gives the name.
        title: What the note is called, where its properties come first.
        headers: The headers of tables that go on from one section into the next.
        tutorial: Whether it shows code, or leads its reader by the hand: "we" means the reader.
    """

    text: str
    speakers: frozenset[str]
    tutorial: bool
    owner: str | None = None
    title: str = ""
    headers: tuple[str, ...] = ()

    @property
    def setting(self) -> str:
        """What the facts of a section depend on beside the section: equal here, equal facts."""
        talk = sorted(self.speakers) if len(self.speakers) == 2 else []
        several = len(self.speakers) > 2
        return json.dumps([self.tutorial, talk, several, self.owner, self.title, *self.headers])

    @classmethod
    def of(cls, text: str, sections: Sequence[Section]) -> Source:
        """What `sections` and `text` tell of the whole."""
        turns = (one for one in sections if one.kind == "turn")
        speakers = frozenset(one.speaker for one in turns if one.speaker)
        owner = None if speakers else owner_of(text)
        starts = (one.start for one in sections if one.kind == "text")
        headers = {header_before(text, start) for start in starts} - {None}
        lines = tuple(text[begin:end] for begin, end in sorted(filter(None, headers)))
        title = sections[0].path[0] if sections and begins(text, sections[0]) else ""
        return cls(text, speakers, _is_tutorial(text), owner, title, lines)


def _is_tutorial(text: str) -> bool:
    if len(_FOR_AGENTS.findall(text[:_HEAD])) >= _FEW:
        return False
    # A diary with a script in it tells of its author: what counts is who speaks outside of code.
    prose = " ".join(_FENCE.split(text)[::2])
    reader = len(_READER.findall(prose))
    if _FENCE.search(text) and len(_OWN.findall(prose)) <= reader:
        return True
    return reader >= _MANY and _LED.search(text) is not None
