"""What a section says, apart from who says it: for indexes, embedders and cues."""

from __future__ import annotations

import re
from functools import lru_cache

from retain.memory.model import Section


def spoken(section: Section, text: str) -> str:
    """The text of a turn without the speaker's name before it; any other text as it is."""
    if section.kind != "turn" or not section.speaker:
        return text
    return without_name(text, section.speaker)


def without_name(text: str, speaker: str) -> str:
    """`text` without ``**Name:**`` or ``Name:`` at its beginning."""
    opening = _opening(speaker).match(text)
    return text[opening.end() :] if opening else text


def to_embed(section: Section, text: str) -> str:
    """What an embedder reads of a section: ``Speaker: words`` of a turn, else headings and text."""
    if section.kind == "turn" and section.speaker:
        return f"{section.speaker}: {spoken(section, text)}"
    return " > ".join(section.path) + "\n" + text if section.path else text


@lru_cache(maxsize=256)
def _opening(speaker: str) -> re.Pattern[str]:
    return re.compile(rf"[\s*_]*{re.escape(speaker)}[\s*_]*:[\s*_]*")
