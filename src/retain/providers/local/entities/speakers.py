"""Where a turn names its speaker."""

from __future__ import annotations

from retain.memory.model import Section

_ROLES = frozenset(
    {"user", "assistant", "system", "human", "ai", "bot", "agent", "me", "you", "tool", "function"}
)


def speaker_span(text: str, section: Section) -> tuple[int, int] | None:
    """The speaker's name where the turn begins with it; else an empty span at its start.

    The words of a message hold no name: the name stands beside them.

    Args:
        text: The source.
        section: The section.

    Returns:
        None where nobody speaks, or a role such as ``assistant`` does.
    """
    name = section.speaker
    if not name or name.casefold() in _ROLES or not any(char.isalpha() for char in name):
        return None
    start = text.find(name, section.start, min(section.end, section.start + len(name) + 8))
    return (start, start + len(name)) if start >= 0 else (section.start, section.start)
