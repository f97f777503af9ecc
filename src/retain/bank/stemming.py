"""English words without their endings, by M. F. Porter's algorithm.

"An algorithm for suffix stripping", Program 14(3), 1980; https://tartarus.org/martin/PorterStemmer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

_CONSONANTS = "[^aeiou][^aeiouy]*"
_VOWELS = "[aeiouy][aeiou]*"
_MEASURE_0 = re.compile(f"(?:{_CONSONANTS})?{_VOWELS}{_CONSONANTS}")
_MEASURE_1 = re.compile(f"(?:{_CONSONANTS})?{_VOWELS}{_CONSONANTS}{_VOWELS}{_CONSONANTS}")
_MEASURE_IS_1 = re.compile(f"(?:{_CONSONANTS})?{_VOWELS}{_CONSONANTS}(?:{_VOWELS})?$")
_HAS_VOWEL = re.compile(f"(?:{_CONSONANTS})?[aeiouy]")
_DOUBLE = re.compile(r"([^aeiouylsz])\1$")
_SHORT = re.compile(f"{_CONSONANTS}[aeiouy][^aeiouwxy]$")

_SECOND = {
    "ational": "ate", "tional": "tion", "enci": "ence", "anci": "ance", "izer": "ize",
    "logi": "log", "bli": "ble", "alli": "al", "entli": "ent", "eli": "e", "ousli": "ous",
    "ization": "ize", "ation": "ate", "ator": "ate", "alism": "al", "iveness": "ive",
    "fulness": "ful", "ousness": "ous", "aliti": "al", "iviti": "ive", "biliti": "ble",
}  # fmt: skip
_THIRD = {
    "icate": "ic", "ative": "", "alize": "al", "iciti": "ic", "ical": "ic", "ful": "", "ness": "",
}  # fmt: skip
_FOURTH = (
    "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ou", "ism",
    "ate", "iti", "ous", "ive", "ize",
)  # fmt: skip


def _ending(endings: Iterable[str]) -> re.Pattern[str]:
    """The longest of the endings that a word has."""
    longest = sorted(endings, key=len, reverse=True)
    return re.compile(f"(?:{'|'.join(longest)})$")


_SECOND_ENDING, _THIRD_ENDING, _FOURTH_ENDING = map(_ending, (_SECOND, _THIRD, _FOURTH))


@lru_cache(1 << 16)
def stem(word: str) -> str:
    """The word without its endings.

    Args:
        word: In lower case. One that is not in ASCII, or no longer than two, stays as it is.
    """
    if len(word) < 3 or not word.isascii():
        return word
    # A "y" at the beginning is a consonant, as every capital is to the patterns.
    word = "Y" + word[1:] if word[0] == "y" else word
    word = _without_e(_fourth(_third(_second(_first(word)))))
    return word.lower()


def _first(word: str) -> str:
    """Without plurals and past forms."""
    if word.endswith(("sses", "ies")):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith("ss"):
        word = word[:-1]
    if word.endswith("eed"):
        word = word[:-1] if _MEASURE_0.match(word[:-3]) else word
    elif word.endswith(("ed", "ing")):
        left = word[: -2 if word.endswith("ed") else -3]
        word = _mended(left) if _HAS_VOWEL.match(left) else word
    if word.endswith("y") and _HAS_VOWEL.match(word[:-1]):
        word = word[:-1] + "i"
    return word


def _mended(left: str) -> str:
    if left.endswith(("at", "bl", "iz")) or _SHORT.fullmatch(left):
        return left + "e"
    return left[:-1] if _DOUBLE.search(left) else left


def _second(word: str) -> str:
    return _replaced(word, _SECOND_ENDING, _SECOND)


def _third(word: str) -> str:
    return _replaced(word, _THIRD_ENDING, _THIRD)


def _replaced(word: str, ending: re.Pattern[str], by: dict[str, str]) -> str:
    found = ending.search(word)
    if found is None or not _MEASURE_0.match(word[: found.start()]):
        return word
    return word[: found.start()] + by[found[0]]


def _fourth(word: str) -> str:
    found = _FOURTH_ENDING.search(word)
    if found is not None:
        return word[: found.start()] if _MEASURE_1.match(word[: found.start()]) else word
    if word.endswith(("sion", "tion")) and _MEASURE_1.match(word[:-3]):
        return word[:-3]
    return word


def _without_e(word: str) -> str:
    if word.endswith("e"):
        left = word[:-1]
        if _MEASURE_1.match(left) or (_MEASURE_IS_1.match(left) and not _SHORT.fullmatch(left)):
            word = left
    return word[:-1] if word.endswith("ll") and _MEASURE_1.match(word[:-1]) else word
