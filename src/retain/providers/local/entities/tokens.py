"""Words of a masked text that may belong to names, and how much their capital letters say."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from retain.memory.model import Section
from retain.providers.local.entities.common import ACRONYMS, COMMON
from retain.providers.local.entities.words import NUMBERED_PARTS, SHORT

_LETTERS = r"(?:[^\W_]|[\u0300-\u036f])+"
_WORD = re.compile(rf"{_LETTERS}(?:[-'\u2019]{_LETTERS})*")
_STARTS = re.compile(r"[^\s,;\u2013\u2014/()\[\]*_&'\u2019+-]|\n[ \t]*(?:\n|[-*+>#][ \t]|>)")
"""What between two words begins a sentence or a block; a code span counts as a word."""
_HEADING = re.compile(r"^[ ]{0,3}#{1,6}[ \t].*$", re.MULTILINE)
_LINK = re.compile(r"\[(?:[^\[\]\n]|\n(?![ \t]*\n)){1,200}\](?=[\[(: ])")
_COMPOUND = re.compile(r"-[^\W\d_A-Z]")
"""``CPU-bound`` and ``Check-outs`` are no names."""
_MAX_WORD = 40
_PLURALS = COMMON | ACRONYMS | NUMBERED_PARTS
_IDENTIFIER_BEFORE = "_@#/\\=$.:"
_IDENTIFIER_AFTER = "_=\\/(@"


@dataclass(slots=True)
class Token:
    """A word, or a number.

    Args:
        word: As it is written, without a possessive ending.
        start: First character in the source.
        end: One past the last, the possessive ending not counted.
        gap: What stands between the word before and this one.
        possessive: Whether ``'s`` follows.
        capital: Whether it begins with a capital letter.
        weak: Whether its capital letter proves nothing: a sentence or a heading begins there.
        heading: Whether it stands in a heading or a link text.
        lower: In lower case, with a plain apostrophe.
    """

    word: str
    start: int
    end: int
    gap: str
    possessive: bool
    capital: bool
    weak: bool
    heading: bool
    lower: str


@dataclass(slots=True)
class Usage:
    """How often a source writes each word with a small letter, and with a telling capital.

    Args:
        small: By lower case; a word counts as its plural too.
        telling: As written.
        speakers: Who has turns.
    """

    small: Counter[str] = field(default_factory=Counter[str])
    telling: Counter[str] = field(default_factory=Counter[str])
    speakers: set[str] = field(default_factory=set[str])

    def count(self, tokens: Sequence[Token]) -> None:
        """Add the words of a section."""
        for token in tokens:
            if not token.capital:
                self.small[token.lower] += 1
                self.small[f"{token.lower}s"] += 1
            elif not token.weak and not (token.word.isupper() and len(token.word) > 1):
                self.telling[token.word] += 1

    def proves(self, word: str) -> bool:
        """Whether the source writes the word as a name where a capital letter is no accident."""
        telling = self.telling[word]
        return telling > 0 and telling > self.small[word.lower()] and not is_common(word.lower())


def is_common(lower: str) -> bool:
    """Whether the word, or what it is the plural of, names nothing alone."""
    return lower in COMMON or lower in NUMBERED_PARTS or lower.removesuffix("s") in _PLURALS


def headings(masked: str) -> list[tuple[int, int]]:
    """The spans of headings and of link texts, which are written like headings."""
    found = sorted(one.span() for kind in (_HEADING, _LINK) for one in kind.finditer(masked))
    spans: list[tuple[int, int]] = []
    for start, end in found:
        if not spans or start >= spans[-1][1]:
            spans.append((start, end))
    return spans


def tokens(masked: str, section: Section, lines: Sequence[tuple[int, int]]) -> Iterator[Token]:
    """The words of a section in order; `lines` are the headings that lie in it."""
    before, previous, at = section.start, "", 0
    for found in _WORD.finditer(masked, section.start, section.end):
        start, end = found.span()
        gap = masked[before:start]
        while at < len(lines) and lines[at][1] <= start:
            at += 1
        heading = at < len(lines) and lines[at][0] <= start
        word, possessive = _bare(found[0])
        capital = word[0].isupper() and _prose(masked, start, end) and not _COMPOUND.search(word)
        weak = heading or _begins(gap, previous, start == section.start or not previous)
        lower = word.lower().replace("\u2019", "'")
        yield Token(word, start, start + len(word), gap, possessive, capital, weak, heading, lower)
        before, previous = end, word


def _bare(word: str) -> tuple[str, bool]:
    if len(word) > 2 and word[-1] in "sS" and word[-2] in "'\u2019":
        return word[:-2], True
    return word, False


def _prose(masked: str, start: int, end: int) -> bool:
    if end - start > _MAX_WORD:
        return False
    before = masked[start - 1] if start else " "
    after = masked[end : end + 2]
    if before in _IDENTIFIER_BEFORE and not (before in "_:" and _emphasis(masked, start)):
        return before == "." and _initials(masked, start)
    return not (after[:1] in _IDENTIFIER_AFTER and after[:1] and after != "_ ") and after != "::"


def _emphasis(masked: str, start: int) -> bool:
    """Whether the ``_`` or ``:`` before a word belongs to the prose and not to an identifier."""
    return start < 2 or not masked[start - 2].isalnum()


def _initials(masked: str, start: int) -> bool:
    """Whether the full stop before a word ends an initial: ``J.R.``, ``J.Smith``."""
    return start >= 2 and masked[start - 2].isupper() and not masked[max(start - 3, 0)].islower()


def _begins(gap: str, previous: str, first: bool) -> bool:
    if first:
        return True
    if not _STARTS.search(gap):
        return False
    if gap[0] == "." and (previous.lower() in SHORT or (len(previous) == 1 and previous.isupper())):
        return bool(_STARTS.search(gap[1:]))
    return "·" not in gap or bool(_STARTS.search(gap.replace("·", "")))
