"""Long sections to pieces, cut where their content says so.

Cuts depend on what stands around them and not on where they stand, so an insertion moves the cuts
next to it and leaves the others: content-defined chunking (Muthitacharoen, Chen and Mazières, "A
Low-bandwidth Network File System", SOSP 2001). Each boundary has a rank, a hash of the words below
it. What is too long is cut at its boundary of the lowest rank, then both halves are looked at the
same way, as in a treap (Seidel and Aragon, "Randomized Search Trees", 1996).
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from retain.sources.drafts import Draft, Marks
from retain.sources.lines import Lines

MAX_TOKENS = 1_500
_QUARTERS = 4 * MAX_TOKENS
# A cut leaves at least this share of a piece on both sides, wherever there is such a boundary.
_LEAST = _QUARTERS // 4
# And this share of what is cut, so that no text, however made, is looked through more than about
# a hundred times.
_LEAST_SHARE = 16
_RANKED_CHARS = 64
# Chinese, Japanese, Korean, and what lies beyond the basic plane: emoji and rare scripts.
_WIDE = re.compile(
    r"[\u1100-\u11ff\u2e80-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef"
    r"\U00010000-\U0010ffff]"
)
_FINAL = r"""[.!?…\u3002\uff01\uff1f][\"'”\u2019»)\]*_]*"""
# Where a block that is too long alone may be cut, the best places first.
_SEPARATORS = (
    re.compile(r"(?:\r\n?|\n)(?:[ \t]*(?:\r\n?|\n))+"),
    re.compile(rf"{_FINAL}[ \t]*(?:\r\n?|\n)"),
    re.compile(r"\r\n?|\n"),
    re.compile(rf"{_FINAL}[ \t]+|[\u3002\uff01\uff1f]+"),
    re.compile(r"\s+"),
    # The escapes of a JSON string stay whole.
    re.compile(r"(?:\\u[0-9a-fA-F]{4}|\\.|[\s\S]){1,64}"),
)


def estimate_tokens(text: str) -> int:
    """About how many tokens a model makes of `text`, without its tokenizer.

    Four characters a token, which holds for the languages of Europe; one a token for Chinese,
    Japanese and Korean characters and for emoji.
    """
    return -(-_quarters(text) // 4)


def cut(drafts: Iterable[Draft], lines: Lines, marks: Marks) -> Iterator[Draft]:
    """The drafts, those longer than `MAX_TOKENS` in pieces that are not.

    A piece ends where a block ends: a paragraph, list, table, fenced code. Only a block that is
    too long alone is cut: at the blocks inside it, else at its lines, sentences, words, and last
    its characters. All but white space between them is in exactly one piece, in order.
    """
    for draft in drafts:
        if _fits(lines.text, draft.start, draft.end):
            yield draft
            continue
        starts = list(_atoms(lines.text, draft.start, draft.end, marks))
        for start, end in _pieces(lines.text, [*starts, draft.end]):
            if not lines.blank(start, end):
                first, last = lines.trimmed(start, end)
                yield replace(draft, start=first, end=last)


def _quarters(text: str) -> int:
    """Quarters of a token."""
    return len(text) if text.isascii() else len(text) + 3 * len(_WIDE.findall(text))


def _fits(text: str, start: int, end: int) -> bool:
    if end - start <= MAX_TOKENS:
        return True
    return end - start <= _QUARTERS and _quarters(text[start:end]) <= _QUARTERS


def _atoms(text: str, start: int, end: int, marks: Marks, rung: int = 0) -> Iterator[int]:
    """Where the parts begin that are not cut: blocks, and of those that are too long, the parts."""
    bounds = [start, *_inside(text, start, end, marks, rung), end]
    last = rung + 1 == len(marks) + len(_SEPARATORS)
    for first, after in pairwise(bounds):
        if last or _fits(text, first, after):
            yield first
        else:
            yield from _atoms(text, first, after, marks, rung + 1)


def _inside(text: str, start: int, end: int, marks: Marks, rung: int) -> Sequence[int]:
    """The boundaries strictly inside a span, on one rung from blocks to characters."""
    if rung < len(marks):
        level = marks[rung]
        return level[bisect_right(level, start) : bisect_left(level, end)]
    found = _SEPARATORS[rung - len(marks)].finditer(text, start, end)
    return [one.end() for one in found if one.end() < end]


def _pieces(text: str, bounds: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The spans between the chosen ones of `bounds`, in order."""
    sums = [0]
    for start, end in pairwise(bounds):
        sums.append(sums[-1] + _quarters(text[start:end]))
    ranks = [_rank(text[at : min(at + _RANKED_CHARS, bounds[-1])]) for at in bounds]
    waiting = [(0, len(bounds) - 1)]
    while waiting:
        first, after = waiting.pop()
        if sums[after] - sums[first] <= _QUARTERS or after - first == 1:
            yield bounds[first], bounds[after]
        else:
            at = _chosen(sums, ranks, first, after)
            waiting += [(at, after), (first, at)]


def _chosen(sums: Sequence[int], ranks: Sequence[bytes], first: int, after: int) -> int:
    """Where to cut: at the lowest rank not too close to either end, equals nearest the middle."""
    margin = max(_LEAST, (sums[after] - sums[first]) // _LEAST_SHARE)
    middle = (sums[first] + sums[after]) / 2
    low = bisect_left(sums, sums[first] + margin, first + 1, after)
    high = bisect_right(sums, sums[after] - margin, first + 1, after)
    if low < high:
        return min(range(low, high), key=lambda at: (ranks[at], abs(sums[at] - middle)))
    return min(range(first + 1, after), key=lambda at: abs(sums[at] - middle))


def _rank(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
