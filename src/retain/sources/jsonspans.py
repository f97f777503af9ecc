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
    """The values of the list at `start`, which `node_at` has read before."""
    at = skip_blanks(text, start + 1)
    while text[at] != "]":
        node = node_at(text, at)
        yield node
        at = _after_comma(text, node.end)


def members(text: str, start: int) -> Iterator[tuple[str, Node]]:
    """The keys and values of the object at `start`, which `node_at` has read before."""
    at = skip_blanks(text, start + 1)
    while text[at] != "}":
        key = node_at(text, at)
        colon = skip_blanks(text, key.end)
        node = node_at(text, colon + 1)
        yield key.value, node
        at = _after_comma(text, node.end)


def _after_comma(text: str, at: int) -> int:
    at = skip_blanks(text, at)
    return skip_blanks(text, at + 1) if text[at] == "," else at
