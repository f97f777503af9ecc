"""A source as a page of lines that citations land on."""

from __future__ import annotations

from collections.abc import Sequence

from retain.memory.model import SourceNote
from retain.wiki.escaping import escape
from retain.wiki.links import title
from retain.wiki.lists import many

_INDENT = "\u00a0"
_DEEPEST = 40
_TAB = 4


def source_page(note: SourceNote, text_by_line: Sequence[tuple[int, str]]) -> str:
    """The page of a source: each line a paragraph that ends with its block id, ``^L12``.

    Args:
        note: The source.
        text_by_line: Its lines by number, from 1; those without text are left out.
    """
    told = f" {title(note.title)}." if note.title else ""
    lines = [
        f"# {title(note.source_id)}",
        f"{many(note.sections, 'section')}, {many(note.facts, 'fact')}.{told} [Index](../index.md)",
    ]
    for number, text in sorted(text_by_line):
        if shown := escape(text):
            lines.append(f"`{number}` {_indent(text)}{shown} ^L{number}")
    return "\n\n".join(lines) + "\n"


def _indent(text: str) -> str:
    """The spaces that a line begins with, as such that Markdown keeps."""
    wide = text.expandtabs(_TAB)
    return _INDENT * min(len(wide) - len(wide.lstrip(" ")), _DEEPEST)
