"""Names without what differs from one writing to the next, and the parts of a person's name."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from retain.providers.local.entities.words import (
    ENDINGS,
    EXPANSIONS,
    GENDERED_TITLES,
    GENERATIONS,
    PARTICLES,
    TITLE_WORDS,
    TITLES,
)

_LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "\u0131": "i", "&": " and "}
)
_APOSTROPHES = re.compile(r"['\u2019\u02bc`\u00b4]")
_STOPS = re.compile(r"[.,]")
_NOT_WORD = re.compile(r"(?:[^\w+#]|_)+")
"""``C++`` and ``C#`` differ by their signs alone."""


@lru_cache(maxsize=65536)
def fold(name: str) -> str:
    """The name in lower case, without accents on Latin letters, punctuation and line breaks.

    A folded name is its own folded form, so it can be folded again before it is looked up.
    """
    folded = _NOT_WORD.sub(" ", _loose(name)).strip()
    return folded or " ".join(name.casefold().split())


def _loose(name: str) -> str:
    return _APOSTROPHES.sub("", _plain(name).translate(_LETTERS))


def _plain(name: str) -> str:
    if name.isascii():
        return name.casefold()
    kept: list[str] = []
    # Some letters have upper-case parts: they must be in lower case too.
    parts = unicodedata.normalize("NFKD", name.casefold()).casefold()
    for char in unicodedata.normalize("NFKD", parts):
        if not (unicodedata.combining(char) and kept and kept[-1].isascii()):
            kept.append(char)
    return unicodedata.normalize("NFC", "".join(kept))


_FIRST_WORDS = {word: pair for pair in EXPANSIONS.items() for word in pair}
_LAST_WORDS = {word: pair for pair in ENDINGS.items() for word in pair}


def variants(folded: str) -> list[str]:
    """The folded names that differ only in how an abbreviation is written, this one included.

    ``saint mary``, ``st mary``; ``mill rd``, ``mill road``.
    """
    words = folded.split(" ")
    firsts = _FIRST_WORDS.get(words[0], (words[0],))
    if len(words) == 1:
        return list(firsts)
    lasts = _LAST_WORDS.get(words[-1], (words[-1],))
    return [" ".join((first, *words[1:-1], last)) for first in firsts for last in lasts]


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

    @property
    def family(self) -> str:
        """The surname with its generation, so that a junior is nobody else."""
        return f"{self.last} {self.generation}".rstrip()

    @property
    def gendered(self) -> frozenset[str]:
        """The titles that only one member of a couple has."""
        return self.titles & GENDERED_TITLES


@lru_cache(maxsize=65536)
def parse_person(spelling: str) -> PersonName | None:
    """The parts of a person's name; None where it cannot be one."""
    words = _parts(spelling)
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


def _parts(spelling: str) -> list[str]:
    """The folded words; a hyphenated word stays one, so that Anne-Marie is not Anne."""
    words = (_NOT_WORD.sub(" ", word) for word in _STOPS.sub(" ", _loose(spelling)).split())
    return ["-".join(letters) for word in words if (letters := word.split())]
