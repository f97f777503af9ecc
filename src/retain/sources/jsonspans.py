"""JSON values together with the span that each has in the text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_BLANKS = re.compile(r"[ \t\r\n]*")
# What a container is made of, as far as its end is concerned; its values are not checked.
_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[\]{}]', re.DOTALL)
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
        key, at = _key(text, at)
        node = node_at(text, at)
        yield key, node
        at = _after_comma(text, node.end, "}")


def element_starts(text: str, start: int) -> Iterator[int]:
    """Where the values of the list at `start` begin, none of which is read.

    Raises:
        JsonError: The list is broken, or cut off; what stands before that was given.
    """
    at = skip_blanks(text, start + 1)
    while text[at : at + 1] != "]":
        yield at
        at = _after_comma(text, _value_end(text, at), "]")


def member_starts(text: str, start: int) -> Iterator[tuple[str, int]]:
    """The keys of the object at `start`, and where their values begin, none of which is read.

    Raises:
        JsonError: The object is broken, or cut off.
    """
    at = skip_blanks(text, start + 1)
    while text[at : at + 1] != "}":
        key, at = _key(text, at)
        yield key, at
        at = _after_comma(text, _value_end(text, at), "}")


def _key(text: str, at: int) -> tuple[str, int]:
    """The key at `at`, and where its value begins."""
    key = node_at(text, at)
    colon = skip_blanks(text, key.end)
    if not isinstance(key.value, str) or text[colon : colon + 1] != ":":
        raise JsonError("Expecting a key and ':'", colon, cut_off=colon >= len(text))
    return key.value, skip_blanks(text, colon + 1)


def _value_end(text: str, at: int) -> int:
    """One past the value at `at`."""
    if text[at : at + 1] not in ("[", "{"):
        return node_at(text, at).end
    depth = 0
    for bracket in _BRACKETS.finditer(text, at):
        if bracket[0] in "[{":
            depth += 1
        elif bracket[0] in "]}":
            depth -= 1
            if depth == 0:
                return bracket.end()
    raise JsonError("Expecting ',' delimiter", len(text), cut_off=True)


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
