"""Where the characters of a section stand in its source, if the source writes them otherwise.

A chat in JSON escapes what people say, and a transcript has cue times between their words. Such a
section has a text of its own, and pieces that lead from it back to the characters of the source.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

_PIECE = struct.Struct("<iii")

Piece = tuple[int, int, int]
"""``(at, place, step)``: from the character `at` on, each is `step` characters of the source, from
`place` on. A negative step: the whole piece stands for so many characters, which are no further
divided; 0: it stands for none."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a section stands in its source.

    Args:
        start: Its first character there.
        end: One past the last.
        steps: Leads from the section's text to the characters from `start` on, see `packed`; empty
            where they are the same.
    """

    start: int
    end: int
    steps: bytes = b""


def packed(pieces: Iterable[Piece]) -> bytes:
    """Pieces as bytes."""
    return b"".join(_PIECE.pack(*one) for one in pieces)


def unpacked(steps: bytes) -> list[Piece]:
    """The pieces that `packed` was given."""
    return [(at, place, step) for at, place, step in _PIECE.iter_unpack(steps)]


def located(steps: bytes | None, start: int, end: int) -> tuple[int, int]:
    """The span in the source of the span of a text, both counted from the start of the section."""
    if not steps:
        return start, end
    pieces = unpacked(steps)
    first = _located(pieces, start, after=False)
    return first, max(first, _located(pieces, end, after=True)) if end > start else first


def pieces_of(steps: bytes | None, start: int, end: int) -> list[tuple[int, int]]:
    """The spans in the source that the characters of a span of a text come from.

    What the source has between them is in none: cue times, or the end of a string of JSON.
    """
    if not steps:
        return [(start, end)]
    pieces = unpacked(steps)
    stops = [at for at, _, _ in pieces[1:]] + [end]
    found: list[tuple[int, int]] = []
    for (at, _, step), stop in zip(pieces, stops, strict=True):
        first, last = max(at, start), min(stop, end)
        if first < last and step:
            found.append((_located(pieces, first, after=False), _located(pieces, last, after=True)))
    return found


def _located(pieces: list[Piece], offset: int, *, after: bool) -> int:
    """Where a character begins, or where the one before `offset` ends."""
    sought = offset - 1 if after else offset
    at, place, step = pieces[max(0, bisect_right(pieces, sought, key=lambda one: one[0]) - 1)]
    if step < 0:
        return place - step if after else place
    return place + (offset - at) * step
