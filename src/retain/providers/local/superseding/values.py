"""Values of slots compared: the same, the same in more detail, or another."""

from __future__ import annotations

import re
from functools import lru_cache

_ARTICLES = frozenset({"a", "an", "the", "per", "at", "on", "about", "around", "only", "approx"})
_TAIL = frozenset({"now", "again", "still", "today", "currently", "nowadays", "anymore", "instead"})
_NUMBERS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve"),
)
_WRITTEN = {word: str(number) for number, word in enumerate(_NUMBERS)} | {
    "€": "eur",
    "euro": "eur",
    "euros": "eur",
    "$": "usd",
    "dollar": "usd",
    "dollars": "usd",
    "£": "gbp",
    "pound": "gbp",
    "pounds": "gbp",
    "canceled": "cancelled",
    "monthly": "month",
    "yearly": "year",
}
_TOKEN = re.compile(r"[€$£]|\d+(?:[.,:/-]\d+)*(?:st|nd|rd|th)?|[^\W\d_]+(?:'[^\W\d_]+)?|[^\w\s]")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th)")
_LETTER_OR_DIGIT = re.compile(r"[\w€$£]")
_AROUND_A_PLACE = frozenset({"central", "downtown", "inner", "greater", "centre", "center", "of"})
PLACES = frozenset({"lives in", "place"})
"""Slots that hold where somebody or something is."""
DATES = frozenset({"date", "starts", "ends", "deadline"})
"""Slots that hold when something is, which says nothing of when it is true."""


@lru_cache(maxsize=65_536)
def tokens(value: str) -> tuple[str, ...]:
    """The words of a value without case, articles and punctuation; numbers and money alike."""
    found = [_token(word) for word in _TOKEN.findall(value.casefold())]
    kept = [
        word
        for word in found
        if word not in _ARTICLES and (word.isalnum() or _LETTER_OR_DIGIT.match(word))
    ]
    while len(kept) > 1 and kept[-1] in _TAIL:
        kept.pop()
    if kept[-2:] == ["these", "days"]:
        kept = kept[:-2] or kept
    if kept[:1] == ["still"]:
        kept = kept[1:]
    return tuple(kept)


def same(one: str, other: str) -> bool:
    """Whether the values are the same but for how they are written."""
    return one == other or sorted(tokens(one)) == sorted(tokens(other))


def details(slot: str, one: str, other: str) -> bool:
    """Whether one of the values tells the other and more: ``Lisbon`` and ``Lisbon, Portugal``."""
    short, long = sorted((one, other), key=lambda value: len(tokens(value)))
    few, many = tokens(short), tokens(long)
    if not few:
        return True
    if slot in DATES:
        return set(few) <= set(many)
    if slot in PLACES:
        rest = set(many) - set(few)
        longer = set(few) <= set(many) and rest <= _AROUND_A_PLACE
        return longer or (many[: len(few)] == few and "," in long)
    return many[: len(few)] == few


def _token(word: str) -> str:
    if word[0].isdecimal():
        if ordinal := _ORDINAL.fullmatch(word):
            return ordinal[1]
        if _NUMBER.fullmatch(word):
            return _number(word)
    return _WRITTEN.get(word, word)


def _number(word: str) -> str:
    """The number without marks between thousands and without zeros at the end of its decimals."""
    head, mark, last = word.rpartition("," if word.rfind(",") > word.rfind(".") else ".")
    if not mark or (mark == "," and len(last) == 3):
        return re.sub(r"[,.]", "", word)
    whole, cents = re.sub(r"[,.]", "", head), last.rstrip("0")
    return f"{whole}.{cents}" if cents else whole
