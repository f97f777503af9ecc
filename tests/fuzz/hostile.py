"""Hostile texts grown from the pattern of an expression, and how long it takes over them."""

from __future__ import annotations

import re
import re._constants as c  # pyright: ignore[reportMissingTypeStubs]
import re._parser as parser  # pyright: ignore[reportMissingTypeStubs]
import time
from collections.abc import Iterator
from typing import Any

Tree = Any

_CATEGORIES = {
    c.CATEGORY_DIGIT: "1", c.CATEGORY_SPACE: " ", c.CATEGORY_WORD: "a",
    c.CATEGORY_NOT_DIGIT: "a", c.CATEGORY_NOT_SPACE: "a", c.CATEGORY_NOT_WORD: " ",
}  # fmt: skip
_REPEATS = (c.MAX_REPEAT, c.MIN_REPEAT, c.POSSESSIVE_REPEAT)
_ANYWHERE = " a1A.,-_'\"[(<{*#|/\\\n:@~="
_COMMON = (
    *(" ", "\n", "\t", "a", "a ", "A ", "1", "[", "(", "<", "{", '"', "'", "*", "_", "-", "\\"),
    *(". ", ", ", "a, ", "Ab ", "\r\n", "[(", "<a ", "&", "|", "`", "#", "= ", "\u0301", "中"),
)


def hostile(pattern: str, flags: int) -> list[tuple[str, str, str]]:
    """Texts as what comes first, what is repeated, and what comes last and matches nothing."""
    try:
        tree = parser.parse(pattern, flags)
    except re.error:
        return []
    found: dict[tuple[str, str, str], None] = {}
    for before, piece in _repeats(tree, ""):
        for one in _variants(piece):
            for end in ("", "\0", "x"):
                found.setdefault((before, one, end))
                found.setdefault(("", one, end))
    for one in _COMMON:
        found.setdefault(("", one, ""))
        found.setdefault(("", one, "\0"))
    return list(found)


def _variants(tree: Tree) -> Iterator[str]:
    """Some texts that a part of a pattern matches: by its first ways and by its last ones."""
    for pick in (0, -1, 1):
        text = _sample(tree, pick)
        if text:
            yield text


def _repeats(tree: Tree, before: str) -> Iterator[tuple[str, Tree]]:
    """Everything in a pattern that may be repeated often, with a text that leads there."""
    for op, value in tree:
        if op in _REPEATS:
            _, most, inner = value
            if most > 20:
                yield before, inner
            yield from _repeats(inner, before)
        else:
            for inner in _inner(op, value):
                yield from _repeats(inner, before)
        before += _sample([(op, value)], 0)


def _inner(op: Any, value: Any) -> Iterator[Tree]:
    if op is c.SUBPATTERN:
        yield value[3]
    elif op is c.BRANCH:
        yield from value[1]
    elif op in (c.ASSERT, c.ASSERT_NOT):
        yield value[1]
    elif op is c.ATOMIC_GROUP:
        yield value
    elif op is c.GROUPREF_EXISTS:
        yield from (one for one in value[1:] if one is not None)


def _sample(tree: Tree, pick: int) -> str:
    """A text that a part of a pattern matches, or nearly so."""
    parts: list[str] = []
    for op, value in tree:
        if op is c.LITERAL:
            parts.append(chr(value))
        elif op is c.NOT_LITERAL:
            parts.append("a" if value != ord("a") else "b")
        elif op is c.ANY:
            parts.append("a")
        elif op is c.IN:
            parts.append(_of_set(value, pick))
        elif op is c.CATEGORY:
            parts.append(_CATEGORIES.get(value, "a"))
        elif op in _REPEATS:
            least, most, inner = value
            parts.append(_sample(inner, pick) * max(least, min(1, most)))
        elif op is c.SUBPATTERN:
            parts.append(_sample(value[3], pick))
        elif op is c.BRANCH:
            ways = value[1]
            parts.append(_sample(ways[pick if -len(ways) <= pick < len(ways) else 0], pick))
        elif op is c.ATOMIC_GROUP:
            parts.append(_sample(value, pick))
    return "".join(parts)


def _of_set(items: Any, pick: int) -> str:
    kept = [one for one in items if one[0] is not c.NEGATE]
    if len(kept) < len(items):
        return next((char for char in _ANYWHERE if not _has(kept, char)), "\u00e9")
    op, value = kept[pick if -len(kept) <= pick < len(kept) else 0]
    if op is c.LITERAL:
        return chr(value)
    return chr(value[0]) if op is c.RANGE else _CATEGORIES.get(value, "a")


def _has(items: Any, char: str) -> bool:
    code = ord(char)
    for op, value in items:
        if op is c.LITERAL and value == code:
            return True
        if op is c.RANGE and value[0] <= code <= value[1]:
            return True
        if op is c.CATEGORY and re.match(_CLASSES.get(value, r"\b\B"), char):
            return True
    return False


_CLASSES = {
    c.CATEGORY_DIGIT: r"\d", c.CATEGORY_SPACE: r"\s", c.CATEGORY_WORD: r"\w",
    c.CATEGORY_NOT_DIGIT: r"\D", c.CATEGORY_NOT_SPACE: r"\S", c.CATEGORY_NOT_WORD: r"\W",
}  # fmt: skip

LENGTHS = (100, 400, 1_600, 6_400)
SLOW_S = 0.02
"""A linear expression takes a millisecond or two over the longest text."""


def grows_too_fast(
    expression: re.Pattern[Any], way: str, text: tuple[str, str, str], most: int
) -> str | None:
    """How the time of a processor grows with a text, if faster than the text does.

    Args:
        expression: The expression.
        way: The method that our code calls.
        text: What comes first, what is repeated, what comes last.
        most: The longest text that our code gives it.
    """
    first, piece, last = text
    before = 0.0
    for length in LENGTHS:
        if length > most:
            return None
        whole: Any = first + piece * (length // len(piece)) + last
        if isinstance(expression.pattern, bytes):
            whole = whole.encode()
        taken = _seconds(expression, way, whole)
        if taken > SLOW_S:
            again = min(_seconds(expression, way, whole) for _ in range(2))
            # The text is four times as long: a linear expression takes four times as long.
            if again > SLOW_S and again > 8 * before:
                return f"{again:.3f} s over {length} characters, {before:.3f} s over fewer"
        before = max(taken, 0.0005)
    return None


def _seconds(expression: re.Pattern[Any], way: str, text: Any) -> float:
    begun = time.thread_time()
    if way in ("match", "fullmatch"):
        getattr(expression, way)(text)
    else:
        for _ in expression.finditer(text):
            pass
    return time.thread_time() - begun
