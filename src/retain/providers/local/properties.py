"""The properties of a note, its front matter: a fact for each that says something of the note."""

from __future__ import annotations

import re
from collections.abc import Iterator

from retain.memory.model import Fact, Section

_OPENS = re.compile(r"---[ \t]*\r?\n")
_LINE = re.compile(
    r"(?P<key>[^\W\d_][\w .'/-]{0,60}?)[ \t]*+:(?:[ \t]++(?P<value>\S[^\n]*)|[ \t\r]*+)$"
)
_ITEM = re.compile(r"[ \t]*+-[ \t]++(?P<value>\S[^\n]*)$")
_LINK = re.compile(r"\[\[(?:[^\[\]|\n]{0,200}\|)?([^\[\]|\n]{1,200})\]\]")
_OF_THE_FILE = frozenset(
    {
        *("title", "date", "created", "updated", "modified", "published", "tags", "tag", "id"),
        *("uid", "aliases", "alias", "cssclass", "cssclasses", "permalink", "layout", "slug"),
        *("publish", "draft", "lang", "language", "author", "authors"),
        *("from", "to", "cc", "bcc", "reply-to", "in-reply-to", "message-id", "references"),
    }
)
_MAX_VALUE = 500


def begins(text: str, section: Section) -> bool:
    """Whether the section is the front matter of its source."""
    return section.kind == "text" and _OPENS.match(text, section.start) is not None


def facts_of_properties(text: str, section: Section) -> Iterator[Fact]:
    """The facts of a section that is front matter."""
    for key, value, start, end in _properties(text, section.start, section.end):
        if key.casefold() in _OF_THE_FILE or not value or len(value) > _MAX_VALUE:
            continue
        subject = section.path[-1] if section.path else None
        yield Fact(
            fact_id="",
            section_id=section.section_id,
            type="world",
            text=f"{subject} - {key}: {value}" if subject else f"{key}: {value}",
            quote=text[start:end],
            start=start,
            end=end,
            subject=subject,
            mentioned_at=section.said_at,
            confidence=0.75,
        )


def _properties(text: str, start: int, end: int) -> Iterator[tuple[str, str, int, int]]:
    """Each key with its value and the span of its lines; lists on lines of their own are joined."""
    key, values, begun, ended, at = "", list[str](), 0, 0, start
    for line in text[start:end].split("\n"):
        if (item := _ITEM.match(line)) and key and not _LINE.match(line):
            values.append(_plain(item["value"]))
            ended = at + len(line.rstrip())
        elif found := _LINE.match(line):
            if key:
                yield key, ", ".join(filter(None, values)), begun, ended
            key = found["key"]
            values, begun, ended = [_plain(found["value"] or "")], at, at + len(line.rstrip())
        at += len(line) + 1
    if key:
        yield key, ", ".join(filter(None, values)), begun, ended


def _plain(value: str) -> str:
    value = _LINK.sub(r"\1", value).strip()
    if value[:1] == "[" and value[-1:] == "]":
        value = ", ".join(part.strip().strip("\"'") for part in value[1:-1].split(","))
    return value.strip().strip("\"'")
