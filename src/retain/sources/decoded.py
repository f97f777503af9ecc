"""A text in the making, each of whose characters knows its place in the source."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from retain.memory.places import Piece, Place, packed

_ESCAPE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\."
)
_SHORT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


class DecodedText:
    """What people read of a source, made piece by piece in any order of places.

    Args:
        source: The text of the source.
    """

    def __init__(self, source: str) -> None:
        self._source = source
        self._parts: list[str] = []
        self._pieces: list[Piece] = []
        self._ends: list[int] = []
        self.length = 0

    @property
    def text(self) -> str:
        """What there is so far."""
        if len(self._parts) != 1:
            self._parts = ["".join(self._parts)]
        return self._parts[0]

    def blank(self, start: int) -> bool:
        """Whether nothing but white space was added from character `start` on."""
        left = self.length - start
        for part in reversed(self._parts):
            if left <= 0 or part[-left:].strip():
                return left <= 0
            left -= len(part)
        return True

    def beside(self) -> DecodedText:
        """An empty text over the same source."""
        return DecodedText(self._source)

    def copy(self, start: int, end: int) -> None:
        """Add characters of the source as they stand there."""
        if end > start:
            self._add(self._source[start:end], start, 1, end)

    def put(self, words: str, start: int, end: int) -> None:
        """Add words that stand for a span of the source as a whole."""
        if words:
            self._add(words, start, start - end, end)

    def insert(self, words: str, at: int | None = None) -> None:
        """Add words that the source does not have.

        Args:
            words: The words.
            at: The character of the source before which they stand; None: behind what was added
                last.
        """
        if words:
            at = at if at is not None else self._ends[-1] if self._ends else 0
            self._add(words, at, 0, at)

    def json_string(self, start: int, end: int) -> None:
        """Add what a string of JSON says; the span is that between its quotes."""
        done = start
        for match in _ESCAPE.finditer(self._source, start, end):
            self.copy(done, match.start())
            done = match.end()
            self._add(_unescaped(match[0]), match.start(), done - match.start(), done)
        self.copy(done, end)

    def take(self, other: DecodedText, start: int, end: int) -> None:
        """Add a span of another text over the same source."""
        words = other.text[start:end]
        for first, last, place, step, stop in other.pieces(start, end):
            self._add(words[first - start : last - start], place, step, stop)

    def pieces(self, start: int, end: int) -> Iterator[tuple[int, int, int, int, int]]:
        """The pieces inside a span: where each begins and ends, its place, step and end there."""
        first = bisect_right(self._pieces, start, key=lambda one: one[0]) - 1
        for number in range(max(0, first), len(self._pieces)):
            at, place, step = self._pieces[number]
            if at >= end:
                return
            more = number + 1 < len(self._pieces)
            stop = min(self._pieces[number + 1][0] if more else self.length, end)
            begin = max(at, start)
            if step > 0:
                yield begin, stop, place + (begin - at) * step, step, place + (stop - at) * step
            else:
                yield begin, stop, place, step, place - step

    def place(self, start: int, end: int) -> Place:
        """Where a span of the text stands in the source."""
        first = bisect_right(self._pieces, start, key=lambda one: one[0]) - 1
        last = bisect_right(self._pieces, end - 1, key=lambda one: one[0])
        at, place, step = self._pieces[first]
        begin = place + max(0, step) * (start - at)
        inside = [(start, begin, step), *self._pieces[first + 1 : last]]
        stop = self._ends[last - 1]
        if inside[-1][2] > 0:
            stop = inside[-1][1] + (end - inside[-1][0]) * inside[-1][2]
        pieces = [(at - start, place - begin, step) for at, place, step in inside]
        if len(pieces) == 1 and step == 1:
            return Place(begin, stop)
        return Place(begin, stop, packed(pieces))

    def _add(self, words: str, place: int, step: int, end: int) -> None:
        if self._pieces and step > 0:
            at, before, last = self._pieces[-1]
            if step == last and before + (self.length - at) * step == place:
                self._parts.append(words)
                self.length += len(words)
                self._ends[-1] = end
                return
        self._pieces.append((self.length, place, step))
        self._ends.append(end)
        self._parts.append(words)
        self.length += len(words)


def _unescaped(escape: str) -> str:
    """The one character that an escape stands for; U+FFFD for NUL and half of a pair."""
    if escape[1] != "u":
        return _SHORT.get(escape[1], escape[1])
    code = int(escape[2:6], 16)
    if len(escape) == 12:
        return chr(0x10000 + ((code - 0xD800) << 10) + int(escape[8:12], 16) - 0xDC00)
    return "\ufffd" if code == 0 or 0xD800 <= code < 0xE000 else chr(code)
