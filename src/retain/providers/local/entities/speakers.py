"""Where a turn names its speaker."""

from __future__ import annotations

from retain.memory.model import Section

_ROLES = frozenset(
    {"user", "assistant", "system", "human", "ai", "bot", "agent", "me", "you", "tool", "function"}
)
_MARGIN = 400
"""How far from a message its JSON object may name the speaker, in characters."""


def speaker_span(text: str, section: Section, after: int) -> tuple[int, int] | None:
    """The speaker's name in the turn, or before it in the JSON object that the turn lies in.

    Args:
        text: The source.
        section: The section.
        after: Where the section before it ends.

    Returns:
        None where nobody speaks, a role such as ``assistant`` does, or the name is elsewhere.
    """
    name = section.speaker
    if not name or name.casefold() in _ROLES or not any(char.isalpha() for char in name):
        return None
    start = text.find(name, section.start, min(section.end, section.start + len(name) + 8))
    if start < 0:
        start = _quoted(text, name, section, after)
    return (start, start + len(name)) if start >= 0 else None


def _quoted(text: str, name: str, section: Section, after: int) -> int:
    """Where the name stands as a JSON string: before, within or after the message; -1 if not."""
    quoted = f'"{name}"'
    before = text.rfind(quoted, max(after, section.start - _MARGIN), section.start)
    within = text.find(quoted, section.start, min(section.end, section.start + _MARGIN))
    closed = text.find("}", section.end, section.end + _MARGIN)
    behind = text.find(quoted, section.end, max(closed, section.end))
    return next((at + 1 for at in (before, within, behind) if at >= 0), -1)
