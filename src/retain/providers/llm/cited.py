"""Sentences that a model gives with numbers of what they are made from: those that hold."""

from __future__ import annotations

import re
from collections.abc import Iterable

_MARK = re.compile(r" ?\[(\d{1,4}(?: ?, ?\d{1,4})*)\]")
"""A number, or several, as what is numbered has it; models repeat it in their sentences.

It reads sentences whose white space is single spaces: over a run of blanks, a pattern that begins
with any number of them takes time that grows with the square of their number."""


def cited(
    sentences: Iterable[tuple[str, Iterable[int]]], last: int, longest: int
) -> list[tuple[str, tuple[int, ...]]]:
    """The sentences that are made from something, each on one line with its numbers.

    A number that is given twice, or that nothing has, is left out; so is a sentence without any,
    and one that is empty or too long. Numbers in the sentence itself are taken out of it.

    Args:
        sentences: Each with its numbers.
        last: The numbers are those from 1 to this.
        longest: How long a sentence may be, in characters.
    """
    found: list[tuple[str, tuple[int, ...]]] = []
    for text, numbers in sentences:
        words = " ".join(text.split())
        line = _MARK.sub(lambda mark: _unmarked(mark, last), words).strip()
        kept = tuple(dict.fromkeys(n for n in numbers if 1 <= n <= last))
        if kept and 0 < len(line) <= longest:
            found.append((line, kept))
    return found


def _unmarked(mark: re.Match[str], last: int) -> str:
    """What is left of a mark: all of it, where it holds other numbers than those from 1 on."""
    numbers = map(int, mark[1].split(","))
    return "" if all(1 <= number <= last for number in numbers) else mark[0]
