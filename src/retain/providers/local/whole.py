"""What the rules know of a source as a whole."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from retain.memory.model import Section

_READER = re.compile(r"\byou(?:r|'ll|\u2019ll)?\b")
_LED = re.compile(
    r"\b(?:[Ll]et['\u2019]s|[Ww]e['\u2019]ll|[Cc]hapters?|[Ww]e will|[Ww]e can|[Tt]utorial)\b"
)
_MANY = 3


@dataclass(frozen=True, slots=True)
class Source:
    """What the rules know of a source as a whole.

    Args:
        text: Its text.
        speakers: Everybody who speaks in it.
        tutorial: Whether it shows code, or leads its reader by the hand: "we" means the reader.
    """

    text: str
    speakers: frozenset[str]
    tutorial: bool

    @property
    def setting(self) -> str:
        """What the facts of a section depend on beside the section: equal here, equal facts."""
        talk = sorted(self.speakers) if len(self.speakers) == 2 else []
        return json.dumps([self.tutorial, talk])

    @classmethod
    def of(cls, text: str, sections: Sequence[Section]) -> Source:
        """What `sections` and `text` tell of the whole."""
        speakers = frozenset(one.speaker for one in sections if one.speaker)
        return cls(text, speakers, _is_tutorial(text))


def _is_tutorial(text: str) -> bool:
    if "\n```" in text or "\n~~~" in text:
        return True
    return len(_READER.findall(text)) >= _MANY and _LED.search(text) is not None
