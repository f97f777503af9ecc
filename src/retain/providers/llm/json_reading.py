"""The JSON in what a model wrote: alone, or between words, thoughts and fences of Markdown.

Every step is linear in the length of the text, whatever stands in it: models that fail write the
same character until they are cut off.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, cast

import msgspec

from retain.errors import AnswerError
from retain.memory.nul import without_nul

Object = dict[str, Any]

_FENCE = "```"
_THOUGHT_ENDS = ("</think>", "</thinking>", "</thought>", "</reasoning>")
_BRACKET = re.compile(r"[{\[]")
_MARK = re.compile(r'["\\,]')
_STARTS = 64
"""From so many brackets on, an answer of words and brackets is not read any further."""


def json_in(text: str) -> Any:
    """The JSON value that `text` is, or else the first object or list of objects in it.

    Words, thoughts and a fence may stand around the value, and commas before a closing bracket. Of
    a key that stands twice, the last counts. U+FFFD stands in place of each NUL, which no database
    keeps in a text.

    Raises:
        AnswerError: There is no such value.
    """
    text = without_nul(text)
    try:
        return msgspec.json.decode(text.encode("utf-8", "surrogatepass"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        error = exc
    for part in _parts(text):
        value = _first_value(part)
        if value is not None:
            return value
    raise AnswerError(f"not JSON: {error}") from error


def _parts(text: str) -> Iterator[str]:
    """Where to look, the likeliest place first: behind a thought, in fences, anywhere."""
    ends = [at + len(end) for end in _THOUGHT_ENDS if (at := text.rfind(end)) >= 0]
    if ends:
        yield from _parts(text[max(ends) :])
    at = text.find(_FENCE)
    while at >= 0:
        begins = text.find("\n", at)
        ends_at = text.find(_FENCE, at + len(_FENCE))
        if ends_at > begins > 0:
            yield text[begins:ends_at]
        at = ends_at
    yield text


def _first_value(text: str) -> Object | list[Any] | None:
    """The first object, or list of objects, that begins at one of the first brackets."""
    text = _without_last_commas(text)
    decoder = json.JSONDecoder(strict=False)
    at = 0
    for _ in range(_STARTS):
        found = _BRACKET.search(text, at)
        if found is None:
            return None
        try:
            value, _ = decoder.raw_decode(text, found.start())
        except json.JSONDecodeError as exc:
            if _is_broken(text, found.end(), exc):
                return None
            at = found.end()
            continue
        except RecursionError:
            return None
        if isinstance(value, dict) or _is_of_objects(value):
            return cast("Object | list[Any]", value)
        at = found.end()
    return None


def _is_broken(text: str, begins: int, error: json.JSONDecodeError) -> bool:
    """Whether JSON begins at a bracket and breaks off, as opposed to words in brackets.

    What stands inside is no answer then: most of it would be lost without a word.
    """
    cut = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated")
    return cut or text.find('"', begins, error.pos) >= 0


def _is_of_objects(value: Any) -> bool:
    return isinstance(value, list) and any(
        isinstance(one, dict) for one in cast("list[Any]", value)
    )


def _without_last_commas(text: str) -> str:
    """`text` without commas that only white space parts from a closing bracket, but in strings."""
    kept: list[str] = []
    begins, quoted, skipped = 0, False, -1
    for mark in _MARK.finditer(text):
        at = mark.start()
        if at == skipped:
            continue
        match mark[0]:
            case "\\":
                skipped = at + 1 if quoted else -1
            case '"':
                quoted = not quoted
            case _ if not quoted and _closes(text, at + 1):
                kept.append(text[begins:at])
                begins = at + 1
            case _:
                pass
    return "".join([*kept, text[begins:]]) if kept else text


def _closes(text: str, at: int) -> bool:
    """Whether the next character that is no white space closes an object or a list."""
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return text[at : at + 1] in ("]", "}")
