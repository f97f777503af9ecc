"""Names without what differs from one writing to the next, and the parts of a person's name."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from retain.providers.local.entities.words import (
    ENDINGS,
    EXPANSIONS,
    GENERATIONS,
    PARTICLES,
    TITLE_WORDS,
    TITLES,
)

_LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "\u0131": "i", "&": " and "}
)
_APOSTROPHES = re.compile(r"['\u2019\u02bc`\u00b4]")
_NOT_WORD = re.compile(r"(?:[^\w+#]|_)+")
"""``C++`` and ``C#`` differ by their signs alone."""


@lru_cache(maxsize=65536)
def fold(name: str) -> str:
    """The name in lower case, without accents on Latin letters, punctuation and line breaks."""
    folded = _NOT_WORD.sub(" ", _APOSTROPHES.sub("", _plain(name).translate(_LETTERS))).strip()
    return folded or " ".join(name.casefold().split())


def _plain(name: str) -> str:
    if name.isascii():
        return name.casefold()
    kept: list[str] = []
    for char in unicodedata.normalize("NFKD", name.casefold()):
        if not (unicodedata.combining(char) and kept and kept[-1].isascii()):
            kept.append(char)
    return unicodedata.normalize("NFC", "".join(kept))


def comparable(name: str) -> str:
    """The folded name with its abbreviations written one way: ``saint``, ``rd``."""
    words = fold(name).split(" ")
    words[0] = EXPANSIONS.get(words[0], words[0])
    if len(words) > 1:
        words[-1] = ENDINGS.get(words[-1], words[-1])
    return " ".join(words)


@dataclass(frozen=True, slots=True)
class PersonName:
    """What a person's name is made of, folded.

    Args:
        titles: ``dr``, ``prof``.
        given: The first name or initial; empty where only one word is there.
        middle: Names and initials between.
        last: The last word, particles included.
        generation: ``jr``, ``iii``.
    """

    titles: frozenset[str]
    given: str
    middle: tuple[str, ...]
    last: str
    generation: str

    @property
    def words(self) -> tuple[str, ...]:
        """Its names, without title and generation."""
        return (*([self.given] if self.given else []), *self.middle, self.last)


@lru_cache(maxsize=65536)
def parse_person(spelling: str) -> PersonName | None:
    """The parts of a person's name; None where it cannot be one."""
    words = [part for part in (_part(word) for word in _split(spelling)) if part]
    titles: list[str] = []
    while len(words) > 1 and words[0] in TITLES:
        titles.append(TITLE_WORDS.get(words[0], words[0]))
        words.pop(0)
    generation = words.pop() if len(words) > 1 and words[-1] in GENERATIONS else ""
    if not words or len(words) > 6 or any(char.isdigit() for word in words for char in word):
        return None
    last = len(words) - 1
    while last > 0 and words[last - 1] in PARTICLES:
        last -= 1
    surname = " ".join(words[last:])
    given = words[0] if last else ""
    return PersonName(frozenset(titles), given, tuple(words[1:last]), surname, generation)


def _split(spelling: str) -> list[str]:
    return re.sub(r"[.,]", " ", spelling).split()


def _part(word: str) -> str:
    """A hyphenated word stays one name, so that Anne-Marie is not Anne."""
    return fold(word).replace(" ", "-")
