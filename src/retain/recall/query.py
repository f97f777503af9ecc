"""A question as the words to look for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

MAX_TERMS = 64
"""The number of words that are looked for; a longer query is cut there."""

MAX_CHARACTERS = 20_000
"""The part of a query that is read; a whole document may be given as one."""

STOP_WORDS = frozenset(
    """
    a about an and any are as at be been being but by can could d did do does doing for from had
    has have having he her hers him his how i if in into is it its ll m me my of on or our ours re
    s she should so such t than that the their theirs them then there these they this those to too
    us ve was we were what when where which who whom whose why will with would you your yours
    """.split()  # noqa: SIM905 - a list literal would be a screen of one word a line
)
"""English words that say nothing of what a text is about, and what an apostrophe cuts off."""


_WORD = re.compile(r"\w+")
_ENDING = re.compile(r"(?<=\w\w\w)(?:ings?|ed|es|e|s|ied|ies|y)$")


def terms(query: str) -> list[str]:
    """The words to look for, each once, in the order of the query.

    Stop words are left out unless nothing else is there. Nothing is syntax.
    """
    found: dict[str, str] = {}
    meant = 0
    for word in words(query[:MAX_CHARACTERS]):
        key = word.casefold()
        if key not in found:
            found[key] = word
            meant += key not in STOP_WORDS
            if meant == MAX_TERMS:
                break
    telling = [word for key, word in found.items() if key not in STOP_WORDS]
    return telling or list(found.values())


def words(text: str) -> Iterator[str]:
    """Runs of letters, marks, numbers and underscores."""
    word = ""
    for char in text:
        if char == "_" or unicodedata.category(char)[0] in "LMN":
            word += char
        elif word:
            yield word
            word = ""
    if word:
        yield word


@lru_cache(maxsize=1 << 11)  # the next query looks at many of the same texts
def stems(text: str) -> frozenset[str]:
    """The words of a text in lower case, without common English endings.

    It is coarser than what an index does, and for comparing two texts with each other only.
    """
    return frozenset(map(_stem, _WORD.findall(text.casefold())))


@lru_cache(maxsize=1 << 14)  # a query looks at hundreds of texts, in the words of one language
def _stem(word: str) -> str:
    return _ENDING.sub("", word)
