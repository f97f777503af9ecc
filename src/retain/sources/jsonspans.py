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
    """The text is not JSON at `offset`.

    Args:
        reason: What is wrong.
        offset: Where.
        cut_off: Whether the text ends before the value does.
    """

    def __init__(self, reason: str, offset: int, *, cut_off: bool = False) -> None:
        super().__init__(reason)
        self.offset = offset
        self.cut_off = cut_off


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
        cut_off = skip_blanks(text, error.pos) >= len(text) or "Unterminated" in error.msg
        raise JsonError(error.msg, error.pos, cut_off=cut_off) from error
    except RecursionError as error:
        raise JsonError("nested too deeply", start) from error
    except ValueError as error:
        raise JsonError(str(error), start) from error
    return Node(value, start, end)


def elements(text: str, start: int) -> Iterator[Node]:
    """The values of the list at `start`, each read when its turn comes.

    Raises:
        JsonError: The list is broken, or cut off; what stands before that was given.
    """
    at = skip_blanks(text, start + 1)
    while text[at : at + 1] != "]":
        node = node_at(text, at)
        yield node
        at = _after_comma(text, node.end, "]")


def members(text: str, start: int) -> Iterator[tuple[str, Node]]:
    """The keys and values of the object at `start`.

    Raises:
        JsonError: The object is broken, or cut off.
    """
    at = skip_blanks(text, start + 1)
    while text[at : at + 1] != "}":
        key = node_at(text, at)
        colon = skip_blanks(text, key.end)
        if not isinstance(key.value, str) or text[colon : colon + 1] != ":":
            raise JsonError("Expecting a key and ':'", colon, cut_off=colon >= len(text))
        node = node_at(text, colon + 1)
        yield key.value, node
        at = _after_comma(text, node.end, "}")


def member(text: str, node: Node, *path: str) -> Node:
    """The value below `node` that the keys of `path` lead to, all of which are there."""
    for key in path:
        node = next(inner for name, inner in members(text, node.start) if name == key)
    return node


def _after_comma(text: str, at: int, closing: str) -> int:
    at = skip_blanks(text, at)
    found = text[at : at + 1]
    if found == closing:
        return at
    if found != ",":
        raise JsonError("Expecting ',' delimiter", at, cut_off=at >= len(text))
    after = skip_blanks(text, at + 1)
    if text[after : after + 1] == closing:
        raise JsonError("Expecting value", after)
    return after
