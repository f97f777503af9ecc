"""Markdown with everything blanked that is not prose, at the same offsets."""

from __future__ import annotations

import re
from collections.abc import Iterator

CODE = "·"
"""Stands for each character of a code span or address: a word that is no name."""

_ESCAPE = re.compile(r"\\[nrtbf]")
"""Line breaks and the like in JSON."""
_FENCE = re.compile(r"[ >]{0,12}(?P<mark>`{3,}|~{3,})")
_INLINE = re.compile(
    r"(?<!`)(?P<ticks>`{1,2})(?!`)(?:[^`\n]|\n(?![ \t]*\n)){1,300}(?P=ticks)(?!`)"
    r"|\b(?:https?://|www\.)[^\s<>)\]]{1,2000}"
    r"|(?<![\w.+-])[\w.+-]{1,64}@[\w.-]{1,255}"
    r"|(?<=\])\([^()\n]{0,500}\)"
    r"|<code>(?:[^<]|<(?!/code>)){0,300}</code>"
    r"|</?[A-Za-z][^<>]{0,500}>"
)
_DEFINITION = re.compile(r"^[ ]{0,3}\[[^\]\n]{1,200}\]:.*$", re.MULTILINE)


def mask(text: str) -> str:
    """The text, as long as before, without code, addresses, HTML and link targets."""
    masked = _ESCAPE.sub("  ", text) if text.lstrip()[:1] in ("[", "{") else text
    masked = _blank(masked, _comments(masked))
    masked = _blank(masked, _fences(masked))
    masked = _DEFINITION.sub(lambda found: " " * len(found[0]), masked)
    return _INLINE.sub(_cover, masked)


def _cover(found: re.Match[str]) -> str:
    sign = " " if found[0][0] in "<(" else CODE
    return sign * len(found[0])


def _blank(text: str, spans: Iterator[tuple[int, int]]) -> str:
    parts: list[str] = []
    done = 0
    for start, end in spans:
        parts += (text[done:start], re.sub(r"[^\n]", " ", text[start:end]))
        done = end
    return "".join([*parts, text[done:]]) if parts else text


def _comments(text: str) -> Iterator[tuple[int, int]]:
    start = text.find("<!--")
    while start >= 0:
        end = text.find("-->", start)
        if end < 0:
            return
        yield start, end + 3
        start = text.find("<!--", end)


def _fences(text: str) -> Iterator[tuple[int, int]]:
    """The fenced blocks; one that nothing closes goes to the end, as in CommonMark."""
    at, opened, mark = 0, -1, ""
    for line in text.splitlines(keepends=True):
        found = _FENCE.match(line)
        if found and opened < 0:
            opened, mark = at, found["mark"]
        elif found and found["mark"].startswith(mark) and not line[found.end() :].strip():
            yield opened, at + len(line)
            opened = -1
        at += len(line)
    if opened >= 0:
        yield opened, len(text)
