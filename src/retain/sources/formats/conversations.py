"""The exports of ChatGPT and Claude: a list of conversations in one file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, BinaryIO, cast

from retain.errors import SourceError
from retain.sources.decoding import check_size
from retain.sources.formats.base import Sample
from retain.sources.formats.exports import Keys, Part
from retain.sources.jsonstream import JsonStream

_LIST_OF_OBJECTS = re.compile(rb"(?:\xef\xbb\xbf)?\s*\[\s*\{\s*\"")
# What the conversations of ChatGPT and of Claude have among their first keys.
_CONVERSATION = re.compile(rb'"(?:mapping|chat_messages)"\s*:\s*[\[{]')
_BEGIN = re.compile(r"\[")
_IDS = ("conversation_id", "id", "uuid")


class Conversations:
    """``conversations.json`` of ChatGPT and of Claude."""

    name = "conversations"
    suffixes = frozenset[str]()

    def detect(self, sample: Sample) -> bool:
        return bool(_LIST_OF_OBJECTS.match(sample.data)) and bool(_CONVERSATION.search(sample.data))

    def parts(self, file: BinaryIO, source: str, max_bytes: int) -> Iterator[Part]:
        stream = JsonStream(file, source, max_bytes)
        if stream.find(_BEGIN):
            yield from parts_of(stream, source, max_bytes)


def parts_of(
    stream: JsonStream, source: str, max_bytes: int, keys: Keys | None = None
) -> Iterator[Part]:
    """Each value of a list of JSON as a source of its own."""
    given = _filled(stream, source, max_bytes, keys or Keys())
    # One part is held back, so that the last one tells of every conversation that is empty.
    last, empty = None, 0
    try:
        for part in given:
            if part is None:
                empty += 1
                continue
            if last is not None:
                yield last
            last = part
    except SourceError:
        if last is not None:
            yield last
        raise
    if last is not None:
        yield replace(last, passed_over={"conversations without messages": empty} if empty else {})
    elif empty:
        raise SourceError(source, f"holds no messages: its conversations are empty ({empty:,})")


def _filled(stream: JsonStream, source: str, max_bytes: int, keys: Keys) -> Iterator[Part | None]:
    """Each conversation as a source; None for one in which nobody says anything."""
    for number, (value, text) in enumerate(stream.values(), 1):
        held = _record(value)
        if _is_empty(held):
            yield None
            continue
        wanted = next((str(held[one]) for one in _IDS if held.get(one)), "")
        key = keys.new(wanted, str(number))
        try:
            check_size(len(text.encode("utf-8", "replace")), f"{source}#{key}", max_bytes)
        except SourceError as error:
            yield Part(key, reason=error.reason)
        else:
            yield Part(key, text.replace("\0", "\ufffd"))


def _is_empty(held: Mapping[str, Any]) -> bool:
    """Whether nobody says anything in a conversation: it was opened, and left."""
    tree, messages = held.get("mapping"), held.get("chat_messages")
    if isinstance(tree, dict):
        nodes = cast("dict[str, Any]", tree).values()
        return not any(_says(_record(one).get("message")) for one in nodes)
    if isinstance(messages, list):
        return not any(map(_says, cast("list[Any]", messages)))
    return False


def _says(message: object) -> bool:
    held = _record(message)
    content = held.get("content")
    if isinstance(content, dict):
        told = cast("dict[str, Any]", content)
        parts = told.get("parts")
        return any(cast("list[Any]", parts)) if isinstance(parts, list) else bool(told.get("text"))
    return bool(content or held.get("text"))


def _record(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
