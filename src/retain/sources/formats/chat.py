"""Chat messages in JSON and JSONL to turns, with spans in the raw text.

A turn's span covers the words of the message where they stand verbatim in the raw text, and the
whole JSON object of the message where they do not: escaped, in several parts, or none at all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, cast

from retain.errors import SourceError
from retain.sources.dates import parse_moment
from retain.sources.decoding import valid_unicode
from retain.sources.drafts import Draft, Marks, Outline, check_count
from retain.sources.formats.base import Sample, SourceText
from retain.sources.jsonspans import JsonError, Node, elements, members, node_at, skip_blanks

_LISTS = ("messages", "conversation", "conversations", "turns")
_CONTENTS = ("content", "text", "message", "value", "body")
_SPEAKERS = ("name", "speaker", "author", "from", "role")
# An even number of backslashes before them is none of theirs.
_ESCAPED = tuple(re.compile(rf"(?<!\\)(?:\\\\)*(?:(?:\\r)?\\n){{{least},}}") for least in (2, 1))
_EXPECTED = (
    'expected chat messages such as {"role": "user", "content": "…"}: a list of them, an object '
    'with such a list under "messages", or one message a line'
)


class Chat:
    """Chat messages in JSON, and in JSON Lines."""

    name = "chat"
    suffixes = frozenset({".json", ".jsonl"})

    def detect(self, sample: Sample) -> bool | None:
        return None if sample.begins in ("[", "{") else False

    def read(self, source: SourceText) -> Outline:
        return parse_chat(
            source.text,
            source_id=source.source_id,
            reference_date=source.reference_date,
            max_sections=source.max_sections,
        )


def is_message(line: str) -> bool:
    """Whether a line is a message by itself, and not the beginning of a list of them."""
    try:
        value: object = json.loads(line)
    except ValueError:
        return False
    held = cast("dict[str, object]", value) if isinstance(value, dict) else {}
    return bool(held) and not any(isinstance(held.get(key), list) for key in _LISTS)


def parse_chat(
    text: str, *, source_id: str, reference_date: datetime | None, max_sections: int
) -> Outline:
    """The messages of a chat, each a turn.

    Raises:
        SourceError: It is broken JSON, holds no chat messages, or too many.
    """
    try:
        values = list(_values(text))
        messages = [one for value in values for one in _messages(text, value)]
        check_count(len(messages), source_id, max_sections)
        drafts = [_draft(text, message, reference_date) for message in messages]
    except JsonError as error:
        line = text.count("\n", 0, error.offset) + 1
        raise SourceError(source_id, f"line {line}: {error}; {_EXPECTED}") from error
    if not drafts:
        raise SourceError(source_id, f"has no messages; {_EXPECTED}")
    meta = _meta(values[0].value) if len(values) == 1 else {}
    title = meta.get("title")
    return Outline(title if isinstance(title, str) else None, meta, drafts, _marks(text))


def _marks(text: str) -> Marks:
    """Where paragraphs and lines begin in words whose line ends are escaped."""
    return [[one.end() for one in level.finditer(text)] for level in _ESCAPED]


def _values(text: str) -> Iterator[Node]:
    """The JSON values of the text: one in JSON, one a line in JSONL."""
    at = skip_blanks(text, int(text.startswith("\ufeff")))
    while at < len(text):
        node = node_at(text, at)
        yield node
        at = skip_blanks(text, node.end)


def _messages(text: str, node: Node) -> Iterator[Node]:
    """The messages in a list, in an object with a list, or the one message that `node` is."""
    if isinstance(node.value, list):
        for element in elements(text, node.start):
            if isinstance(element.value, list):
                raise JsonError("a list where a message should be", element.start)
            yield from _messages(text, element)
    elif isinstance(node.value, dict):
        held = cast("dict[str, object]", node.value)
        key = next((key for key in _LISTS if isinstance(held.get(key), list)), None)
        if key is None:
            yield node
        else:
            yield from _messages(text, dict(members(text, node.start))[key])
    else:
        raise JsonError("not a message", node.start)


def _draft(text: str, message: Node, reference_date: datetime | None) -> Draft:
    fields = dict(members(text, message.start))
    speaker = _speaker({key: fields[key].value for key in _SPEAKERS if key in fields})
    key = next((key for key in _CONTENTS if key in fields), None)
    said = key in _CONTENTS[:3] or (key is not None and speaker is not None)
    if not said and "role" not in fields:
        raise JsonError("an object that is no message", message.start)
    words = _words(text, fields[key]) if key else None
    start, end = _verbatim(text, words) or (message.start, message.end)
    said_at = _said_at({key: node.value for key, node in fields.items()}) or reference_date
    return Draft(start, end, "turn", speaker=speaker, said_at=said_at)


def _words(text: str, content: Node) -> Node | None:
    """The one string that a message says, if it is one."""
    if isinstance(content.value, str):
        return content
    if not isinstance(content.value, list):
        return None
    parts = [_part(text, element) for element in elements(text, content.start)]
    found = [part for part in parts if part is not None]
    return found[0] if len(found) == 1 else None


def _part(text: str, part: Node) -> Node | None:
    if isinstance(part.value, dict):
        inner = dict(members(text, part.start)).get("text")
        return inner if inner is not None and isinstance(inner.value, str) else None
    return part if isinstance(part.value, str) else None


def _verbatim(text: str, words: Node | None) -> tuple[int, int] | None:
    """The span inside the quotes, if nothing there is escaped."""
    if words is None or not words.value.strip():
        return None
    start, end = words.start + 1, words.end - 1
    return (start, end) if text[start:end] == words.value else None


def _speaker(fields: Mapping[str, object]) -> str | None:
    """A name says more than a role, so it is preferred."""
    for key in _SPEAKERS:
        value = fields.get(key)
        if isinstance(value, str) and value.strip():
            return valid_unicode(" ".join(value.split()))
        if isinstance(value, dict) and (named := _speaker(cast("dict[str, object]", value))):
            return named
    return None


def _said_at(fields: Mapping[str, object]) -> datetime | None:
    both = f"{fields.get('date')} {fields.get('time')}"
    candidates = (
        fields.get("timestamp"),
        fields.get("created_at"),
        both if "date" in fields and "time" in fields else None,
        fields.get("date"),
        fields.get("time"),
    )
    return next((moment for one in candidates if (moment := parse_moment(one))), None)


def _meta(value: object) -> dict[str, Any]:
    """What a conversation tells of itself beside its messages."""
    if not isinstance(value, dict):
        return {}
    held = cast("dict[str, object]", value)
    if not any(isinstance(held.get(key), list) for key in _LISTS):
        return {}
    return {
        valid_unicode(key): valid_unicode(told) if isinstance(told, str) else told
        for key, told in held.items()
        if isinstance(told, str | bool) or (isinstance(told, int) and abs(told) < 2**63)
    }
