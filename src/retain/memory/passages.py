"""A long section as what an embedder reads of it: passage by passage."""

from __future__ import annotations

import re
from collections.abc import Iterator

from retain.memory.model import Section
from retain.memory.speech import to_embed

LONG = 1_000
"""The characters from which a section is cut; an embedder reads few more, or blurs them."""

_PARAGRAPH = re.compile(r"\n\s*\n")
_CODE = re.compile(
    r"^[ \t]*+(?:[-*+>]|\d+[.)])?[ \t]*+(`{3,}+|~{3,}+)[^`\n]*\n.*?^[ \t>]*\1[`~]*[ \t]*$",
    re.MULTILINE | re.DOTALL,
)


def to_embed_all(section: Section, text: str, *, code: bool = True) -> list[str]:
    """What an embedder reads of a section: the whole, or of a long one each passage.

    The first passage is read below all headings, the others below the last one alone, which tells
    most of what they are about. Turns are never cut.

    Args:
        section: The section.
        text: Its text.
        code: Whether blocks of code are read; a section of nothing else is read anyway.
    """
    if not code and section.kind != "turn":
        prose = _CODE.sub("", text)
        text = prose if prose.strip() else text
    if section.kind == "turn" or len(text) <= LONG:
        return [to_embed(section, text)]
    first, *others = (one for one in passages(text) if one.strip()) if text.strip() else (text,)
    heading = "".join(f"{name}\n" for name in section.path[-1:])
    return [to_embed(section, first), *(heading + other for other in others)]


def passages(text: str) -> Iterator[str]:
    """The text in passages of about `LONG` characters that end with a paragraph if they can."""
    start = last = 0
    for end in (*(found.end() for found in _PARAGRAPH.finditer(text)), len(text)):
        if end - start > LONG and last > start:
            yield from _cut(text[start:last])
            start = last
        last = end
    yield from _cut(text[start:])


def _cut(text: str) -> Iterator[str]:
    """A passage, in pieces if it is one paragraph of twice the length or more."""
    while len(text) > 2 * LONG:
        yield text[:LONG]
        text = text[LONG:]
    yield text
