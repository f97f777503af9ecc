"""Forgotten words: they are blanked where they stand, also when their source comes in again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_BASE = 0x9E3779B97F4A7C15
_MASK = (1 << 64) - 1
_UNINDENTED = "\u00a0"
_BLANKS = " \t" + _UNINDENTED


@dataclass(frozen=True, slots=True)
class Redaction:
    """Words that are forgotten, told by what cannot be read back.

    Args:
        length: How many characters they are.
        rolling: A polynomial hash of them modulo 2**64, to find where they may stand.
        digest: Their SHA-256, to be sure.
    """

    length: int
    rolling: int
    digest: str


def redaction_of(words: str) -> Redaction:
    """What is kept of words that are forgotten."""
    rolling = 0
    for char in words:
        rolling = (rolling * _BASE + ord(char)) & _MASK
    return Redaction(len(words), rolling, _digest(words))


def redacted(text: str, redactions: Sequence[Redaction]) -> str:
    """`text` with spaces for what is redacted; every other character stays at its place."""
    return blanked(text, spans_of(text, redactions))


def spans_of(text: str, redactions: Iterable[Redaction]) -> list[tuple[int, int]]:
    """Where words that are redacted stand, sorted."""
    return sorted({span for one in redactions for span in _spans(text, one)})


def blanked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """`text` with spaces in the sorted `spans`; line ends stay.

    What is left of a line whose beginning is blanked stands behind a space that does not indent:
    in Markdown, a line that four other spaces begin is code.
    """
    parts: list[str] = []
    done = 0
    every = list(spans)
    for start, end in every:
        parts.append(text[done : max(start, done)])
        parts.append("".join(c if c == "\n" else " " for c in text[max(start, done) : end]))
        done = max(done, end)
    return _not_indented("".join([*parts, text[done:]]), every)


def _not_indented(text: str, spans: Sequence[tuple[int, int]]) -> str:
    marks: dict[int, str] = {}
    for start, end in spans:
        for begin in {text.rfind("\n", 0, start) + 1, text.rfind("\n", 0, end) + 1}:
            after = text.find("\n", begin)
            line = text[begin : len(text) if after < 0 else after]
            blanks = len(line) - len(line.lstrip(_BLANKS))
            if blanks == len(line):
                marks |= {begin + at: " " for at, char in enumerate(line) if char == _UNINDENTED}
            elif max(begin, start) < begin + blanks and _UNINDENTED not in line[:blanks]:
                marks.setdefault(max(begin, start), _UNINDENTED)
    for at, mark in sorted(marks.items()):
        text = text[:at] + mark + text[at + 1 :]
    return text


def named_without(content_hash: str, redactions: Iterable[Redaction]) -> str:
    """The name of a content without what is redacted."""
    digests = sorted({one.digest for one in redactions})
    if not digests:
        return content_hash
    told = "\n".join([content_hash, *digests])
    return hashlib.sha256(told.encode()).hexdigest()


def _spans(text: str, one: Redaction) -> Iterable[tuple[int, int]]:
    """Where the words stand: a rolling hash over the text finds the candidates."""
    import numpy as np

    count = len(text) - one.length + 1
    if count < 1 or not one.length:
        return
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    # The hash of a window is that of its end less that of its start; a power of the base, which
    # is odd and so has an inverse modulo 2**64, brings all windows to one scale.
    inverse = np.uint64(pow(_BASE, -1, 1 << 64))
    powers = np.cumprod(np.full(len(text), inverse, dtype=np.uint64))
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(codes.astype(np.uint64) * powers)])
    windows = sums[one.length :] - sums[: -one.length]
    scale = np.cumprod(np.full(count, np.uint64(_BASE), dtype=np.uint64))
    top = np.uint64(pow(_BASE, one.length - 1, 1 << 64))
    found = windows * scale * top == np.uint64(one.rolling)
    for start in np.flatnonzero(found).tolist():
        if _digest(text[start : start + one.length]) == one.digest:
            yield start, start + one.length


def _digest(words: str) -> str:
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()
