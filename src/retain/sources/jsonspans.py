"""JSON values together with the span that each has in the text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_BLANKS = re.compile(r"[ \t\r\n]*")
_decode = json.JSONDecoder().raw_decode


class JsonError(ValueError):
    """The text is not JSON at `offset`."""

    def __init__(self, reason: str, offset: int) -> None:
        super().__init__(reason)
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Node:
    """A JSON value and the characters that it was read from."""

    value: Any
    start: int
    end: int


def skip_blanks(text: str, at: int) -> int:
    """The next character that is no JSON white space."""
    match = _BLANKS.match(text, at)
    return match.end() if match else at


def node_at(text: str, at: int) -> Node:
    """The value that begins at `at`, blanks before it left out.

    Raises:
        JsonError: There is none.
    """
    start = skip_blanks(text, at)
    try:
        value, end = _decode(text, start)
    except json.JSONDecodeError as error:
        raise JsonError(error.msg, error.pos) from error
    except RecursionError as error:
        raise JsonError("nested too deeply", start) from error
    except ValueError as error:
        raise JsonError(str(error), start) from error
    return Node(value, start, end)


def elements(text: str, start: int) -> Iterator[Node]:
    """The values of the list that begins at `start`.

    Raises:
        JsonError: It is not a list, or ends early.
    """
    at = _expect(text, start, "[")
    if text[at : at + 1] == "]":
        return
    while True:
        node = node_at(text, at)
        yield node
        at = skip_blanks(text, node.end)
        if text[at : at + 1] == "]":
            return
        at = _expect(text, at, ",")


def members(text: str, start: int) -> Iterator[tuple[str, Node]]:
    """The keys and values of the object that begins at `start`.

    Raises:
        JsonError: It is not an object, or ends early.
    """
    at = _expect(text, start, "{")
    if text[at : at + 1] == "}":
        return
    while True:
        key = node_at(text, at)
        if not isinstance(key.value, str):
            raise JsonError("Expecting a key in double quotes", key.start)
        node = node_at(text, _expect(text, skip_blanks(text, key.end), ":"))
        yield key.value, node
        at = skip_blanks(text, node.end)
        if text[at : at + 1] == "}":
            return
        at = _expect(text, at, ",")


def _expect(text: str, at: int, mark: str) -> int:
    if text[at : at + 1] != mark:
        raise JsonError(f"Expecting {mark!r}", at)
    return skip_blanks(text, at + 1)
