"""Exports that hold many conversations in one file, read one conversation at a time."""

from __future__ import annotations

import codecs
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from retain.errors import SourceError
from retain.sources.decoding import check_size
from retain.sources.jsonspans import JsonError, node_at, skip_blanks
from retain.sources.paths import printable

_HEAD_BYTES = 65_536
_READ_BYTES = 4 << 20
_LIST_OF_OBJECTS = re.compile(rb"(?:\xef\xbb\xbf)?\s*\[\s*\{\s*\"")
# What the conversations of ChatGPT and of Claude have among their first keys.
_CONVERSATION = re.compile(rb'"(?:mapping|chat_messages)"\s*:\s*[\[{]')
_IDS = ("conversation_id", "id", "uuid")


@dataclass(frozen=True, slots=True)
class Conversation:
    """One conversation of an export.

    Args:
        key: What names it in its file.
        text: Its JSON as the file has it.
    """

    key: str
    text: str


def is_export(path: str) -> bool:
    """Whether a file is a list of conversations, by its beginning; False if it cannot be read."""
    try:
        # To open a pipe waits for whoever writes into it. The path may hold what Path refuses.
        if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116
            return False
        with open(path, "rb") as file:  # noqa: PTH123
            head = file.read(_HEAD_BYTES)
    except (OSError, ValueError):
        return False
    return bool(_LIST_OF_OBJECTS.match(head)) and bool(_CONVERSATION.search(head))


def conversations(path: str, max_bytes: int) -> Iterator[Conversation | SourceError]:
    """The conversations of an export, or why one of them cannot be used.

    The file is read piece by piece: no more of it is in memory than one conversation needs.

    Args:
        path: The file.
        max_bytes: What one conversation may have.

    Raises:
        SourceError: The file is broken or cut off; the conversations before that were given.
    """
    source, taken = printable(path), dict[str, int]()
    for number, (value, text) in enumerate(_objects(path, source, max_bytes), 1):
        held = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
        key = next((str(held[one]) for one in _IDS if held.get(one)), str(number))
        taken[key] = taken.get(key, 0) + 1
        key = key if taken[key] == 1 else f"{key}-{taken[key]}"
        try:
            check_size(len(text.encode("utf-8", "replace")), f"{source}#{key}", max_bytes)
        except SourceError as error:
            yield error
        else:
            yield Conversation(key, text.replace("\0", "\ufffd"))


def _objects(path: str, source: str, max_bytes: int) -> Iterator[tuple[object, str]]:
    """The values of the list that a file holds, each with its text."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    with open(path, "rb") as file:  # noqa: PTH123
        buffer, at, count, wanted = "", -1, 0, _READ_BYTES
        while True:
            data = file.read(wanted)
            try:
                buffer = buffer[max(at, 0) :] + decoder.decode(data, final=not data)
            except UnicodeDecodeError as error:
                raise SourceError(source, f"is not valid UTF-8 after {count} values") from error
            at = skip_blanks(buffer, 0) + 1 if at < 0 else 0
            try:
                while True:
                    at = skip_blanks(buffer, at)
                    if buffer[at : at + 1] == ",":
                        at = skip_blanks(buffer, at + 1)
                    if buffer[at : at + 1] == "]":
                        return
                    node = node_at(buffer, at)
                    count, at, wanted = count + 1, node.end, _READ_BYTES
                    yield node.value, buffer[node.start : node.end]
            except JsonError as error:
                if data and len(buffer) - at <= 4 * max_bytes:
                    wanted = max(_READ_BYTES, len(buffer) - at)  # twice as much, so linear in all
                    continue
                reason = "is cut off" if not data else f"is broken ({error})"
                raise SourceError(
                    source,
                    f"{reason} in conversation {count + 1}: those before it are read; get the "
                    "whole file again",
                ) from error
