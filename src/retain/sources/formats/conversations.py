"""The exports of ChatGPT and Claude: a list of conversations in one file."""

from __future__ import annotations

import re
from collections.abc import Iterator
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
    keys = keys or Keys()
    for number, (value, text) in enumerate(stream.values(), 1):
        held = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
        wanted = next((str(held[one]) for one in _IDS if held.get(one)), "")
        key = keys.new(wanted, str(number))
        try:
            check_size(len(text.encode("utf-8", "replace")), f"{source}#{key}", max_bytes)
        except SourceError as error:
            yield Part(key, reason=error.reason)
        else:
            yield Part(key, text.replace("\0", "\ufffd"))
