"""A text in the making, each of whose characters knows its place in the source."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from itertools import chain

from retain.memory.places import Piece, Place, packed

_ESCAPE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\."
)
_SHORT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
# A string of a few characters takes some 50 bytes beside them.
_MAX_PARTS = 1_024


class DecodedText:
    """What people read of a source, made piece by piece in any order of places.

    Args:
        source: The text of the source.
    """

    def __init__(self, source: str) -> None:
        self._source = source
        self._parts: list[str] = []
        self._joined: list[str] = []
        # Of each piece: its first character, its place, its step, and where it ends in the source.
        # Tuples would take ten times as much memory as the text.
        self._starts = array("q")
        self._places = array("q")
        self._steps = array("q")
        self._ends = array("q")
        self.length = 0

    @property
    def text(self) -> str:
        """What there is so far."""
        if self._parts or len(self._joined) != 1:
            self._joined = ["".join([*self._joined, *self._parts])]
            self._parts = []
        return self._joined[0]

    def blank(self, start: int) -> bool:
        """Whether nothing but white space was added from character `start` on."""
        left = self.length - start
        for part in chain(reversed(self._parts), reversed(self._joined)):
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
        first = bisect_right(self._starts, start) - 1
        for number in range(max(0, first), len(self._starts)):
            at, place, step = self._piece(number)
            if at >= end:
                return
            more = number + 1 < len(self._starts)
            stop = min(self._starts[number + 1] if more else self.length, end)
            begin = max(at, start)
            if step > 0:
                yield begin, stop, place + (begin - at) * step, step, place + (stop - at) * step
            else:
                yield begin, stop, place, step, place - step

    def place(self, start: int, end: int) -> Place:
        """Where a span of the text stands in the source."""
        first = bisect_right(self._starts, start) - 1
        last = bisect_right(self._starts, end - 1)
        at, place, step = self._piece(first)
        begin = place + max(0, step) * (start - at)
        inside = [(start, begin, step), *map(self._piece, range(first + 1, last))]
        stop = self._ends[last - 1]
        if inside[-1][2] > 0:
            stop = inside[-1][1] + (end - inside[-1][0]) * inside[-1][2]
        pieces = [(at - start, place - begin, step) for at, place, step in inside]
        if len(pieces) == 1 and step == 1:
            return Place(begin, stop)
        return Place(begin, stop, packed(pieces))

    def _piece(self, number: int) -> Piece:
        return self._starts[number], self._places[number], self._steps[number]

    def _add(self, words: str, place: int, step: int, end: int) -> None:
        goes_on = False
        if self._starts and step > 0:
            at, before, last = self._piece(-1)
            goes_on = step == last and before + (self.length - at) * step == place
        if goes_on:
            self._ends[-1] = end
        else:
            self._starts.append(self.length)
            self._places.append(place)
            self._steps.append(step)
            self._ends.append(end)
        self._parts.append(words)
        self.length += len(words)
        if len(self._parts) == _MAX_PARTS:
            self._joined.append("".join(self._parts))
            self._parts = []


def _unescaped(escape: str) -> str:
    """The one character that an escape stands for; U+FFFD for NUL and half of a pair."""
    if escape[1] != "u":
        return _SHORT.get(escape[1], escape[1])
    code = int(escape[2:6], 16)
    if len(escape) == 12:
        return chr(0x10000 + ((code - 0xD800) << 10) + int(escape[8:12], 16) - 0xDC00)
    return "\ufffd" if code == 0 or 0xD800 <= code < 0xE000 else chr(code)
