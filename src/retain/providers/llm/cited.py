"""Sentences that a model gives with numbers of what they are made from: those that hold."""

from __future__ import annotations

from collections.abc import Iterable


def cited(
    sentences: Iterable[tuple[str, Iterable[int]]], last: int, longest: int
) -> list[tuple[str, tuple[int, ...]]]:
    """The sentences that are made from something, each on one line with its numbers.

    A number that is given twice, or that nothing has, is left out; so is a sentence without any,
    and one that is empty or too long.

    Args:
        sentences: Each with its numbers.
        last: The numbers are those from 1 to this.
        longest: How long a sentence may be, in characters.
    """
    found: list[tuple[str, tuple[int, ...]]] = []
    for text, numbers in sentences:
        line = " ".join(text.split())
        kept = tuple(dict.fromkeys(n for n in numbers if 1 <= n <= last))
        if kept and 0 < len(line) <= longest:
            found.append((line, kept))
    return found
