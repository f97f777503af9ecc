"""The normal form of Unicode in which a bank holds words and names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import overload

_NOT_ASCII = re.compile(r"[\x00-\x7f]?[^\x00-\x7f]+")
_LONGEST = 32
"""No character is composed of more. To sort the accents that a hostile text piles up on one letter
would take time that grows with the square of their number."""


@overload
def composed(text: str) -> str: ...


@overload
def composed(text: None) -> None: ...


def composed(text: str | None) -> str | None:
    """The text in NFC: what looks equal is equal, whichever program wrote it."""
    if text is None or unicodedata.is_normalized("NFC", text):
        return text
    parts: list[str] = []
    done = 0
    for start, end, words in changes(text):
        parts += (text[done:start], words)
        done = end
    return "".join([*parts, text[done:]])


def changes(text: str) -> Iterator[tuple[int, int, str]]:
    """The parts of a text that are not in NFC, each with its span and what it becomes."""
    for run in _NOT_ASCII.finditer(text):
        if unicodedata.is_normalized("NFC", run[0]):
            continue
        start = run.start()
        for cluster in _clusters(run[0]):
            whole = len(cluster) <= _LONGEST
            words = unicodedata.normalize("NFC", cluster) if whole else cluster
            if words != cluster:
                yield start, start + len(cluster), words
            start += len(cluster)


def _clusters(run: str) -> Iterator[str]:
    """The parts of a text that are composed apart from each other."""
    start = 0
    for at in range(1, len(run)):
        before, char = run[max(start, at - _LONGEST) : at], run[at]
        if unicodedata.combining(char) == 0 and _are_apart(before, char):
            yield run[start:at]
            start = at
    yield run[start:]


def _are_apart(before: str, char: str) -> bool:
    joined = unicodedata.normalize("NFC", before + char)
    return joined == unicodedata.normalize("NFC", before) + unicodedata.normalize("NFC", char)
