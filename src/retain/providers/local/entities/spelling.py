"""What is left of a name however it is spelled, and brought from one script into another."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from itertools import groupby

_ALPHABETS = (
    ("абвгдезийклмнопрстуфхыэ\u0456їґў", "abvgdeziiklmnoprstufhyeiigv"),
    ("αβγδεζηικλμνξοπρσςτυφω", "abgdeziiklmnxoprsstifo"),
)
_PAIRED = "ж=zh ц=ts ч=ch ш=sh щ=sh ю=yu я=ya ё=yo є=ye ъ= ь= θ=th χ=h ψ=ps ß=ss"
_SCRIPTS = {
    ord(letter): sound
    for letters, sounds in _ALPHABETS
    for letter, sound in zip(letters, sounds, strict=True)
} | {ord(pair[0]): pair[2:] for pair in _PAIRED.split()}
"""Cyrillic and Greek letters, by the Latin ones that names are mostly written with."""
_SOUNDS = (
    ("tsch", "C"), ("tch", "C"), ("sch", "s"), ("sh", "s"), ("zh", "s"), ("kh", "h"), ("ch", "C"),
    ("ph", "f"), ("th", "t"), ("ck", "k"), ("gh", "g"), ("tz", "C"), ("cz", "C"), ("ts", "C"),
    ("ce", "se"), ("ci", "si"), ("cy", "si"), ("c", "k"), ("q", "k"), ("x", "ks"), ("z", "s"),
    ("w", "v"), ("j", "i"), ("y", "i"),
)  # fmt: skip
"""Letters that one language writes where another writes others, the longest first."""
_VOWELS = "aeiou"


def in_latin(folded: str) -> str:
    """The folded name in Latin letters, as far as they are known."""
    if folded.isascii():
        return folded
    parts = unicodedata.normalize("NFKD", folded)
    return "".join(one for one in parts if not unicodedata.combining(one)).translate(_SCRIPTS)


@lru_cache(maxsize=65_536)
def skeleton(folded: str) -> str:
    """The consonants of a folded name, as they sound; nothing where it has other letters.

    Names with the same skeleton may be one name in two spellings: ``tchaikovsky``, ``chaikovski``.
    """
    latin = "".join(in_latin(folded).split())
    if not (latin.isascii() and latin.isalpha()):
        return ""
    for letters, sound in _SOUNDS:
        latin = latin.replace(letters, sound)
    single = "".join(letter for letter, _ in groupby(latin)).removesuffix("h")
    single = single[:-1] + "v" if single.endswith("f") else single
    begins = "a" if single[:1] in _VOWELS else ""
    return begins + "".join(letter for letter in single if letter not in _VOWELS)


def akin(word: str, other: str) -> bool:
    """Whether two folded words are one, or may be in two spellings."""
    return word == other or (skeleton(word) == skeleton(other) and len(skeleton(word)) > 2)


def distance(one: str, other: str, most: int) -> int:
    """How many letters have to be put in, taken out or changed; `most` + 1 where more than that.

    Args:
        one: A word.
        other: Another.
        most: How far is looked.
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, 1):
        before, row = row, [at]
        for n, theirs in enumerate(other):
            row.append(min(before[n + 1] + 1, row[n] + 1, before[n] + (letter != theirs)))
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)
