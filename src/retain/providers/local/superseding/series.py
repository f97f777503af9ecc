"""Series of claims: which claims are compared with which, by a key that an index can hold."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import lru_cache

from retain.memory.model import Claim
from retain.providers.local.superseding.slots import CUED, competes
from retain.providers.local.superseding.values import DATES, PLACES, tokens

_SEPARATOR = "\x1f"
_AFFIRMED, _DENIED = "+", "-"


def series(subject: str, slot: str, value: str, *, denied: bool) -> str:
    """The key of the claims of a subject and slot that a claim is compared with together.

    Claims of which one denies the other agree in a word: the first word of one is among those of
    the other, unless one of the values has no word. So such claims are kept apart by their first
    word; the values of a slot that holds one at a time are not, since any two may conflict.
    """
    return _key(subject, slot, denied, _head(slot, value, denied))


@lru_cache(maxsize=65_536)
def parts(key: str) -> tuple[str, str, bool]:
    """Subject and slot of a series, and whether its claims are denials."""
    subject, slot, polarity, _ = key.rsplit(_SEPARATOR, 3)
    return subject, slot, polarity == _DENIED


def group(key: str) -> tuple[str, str]:
    """Subject and slot of a series."""
    return parts(key)[:2]


@lru_cache(maxsize=4_096)
def many(slot: str) -> bool:
    """Whether several values of a slot can be true at once, so that only a denial supersedes."""
    return not competes(slot) and slot not in CUED


def rivals(claim: Claim, known: Callable[[str], Collection[str]]) -> list[Collection[str]]:
    """The series whose claims may conflict with a claim, those of one polarity together.

    Args:
        claim: The claim.
        known: Gives the series that begin as it is told; asked where the claim has no word.
    """
    subject, slot, denied = parts(claim.series)
    found: list[Collection[str]] = []
    if not denied and not many(slot):
        found.append([_key(subject, slot, denied, "")])
    found.append(_opposite(subject, slot, claim.value, not denied, known))
    return found


def _opposite(
    subject: str, slot: str, value: str, denied: bool, known: Callable[[str], Collection[str]]
) -> Collection[str]:
    if not _has_heads(slot, denied):
        return [_key(subject, slot, denied, "")]
    words = tokens(value)
    if not words:
        return known(_key(subject, slot, denied, ""))
    return [_key(subject, slot, denied, word) for word in dict.fromkeys(("", *words))]


def _head(slot: str, value: str, denied: bool) -> str:
    words: Sequence[str] = tokens(value) if _has_heads(slot, denied) else ()
    return words[0] if words else ""


def _has_heads(slot: str, denied: bool) -> bool:
    """Whether claims are kept apart by their first words: of dates and places, any may agree."""
    return (denied or many(slot)) and slot not in DATES and slot not in PLACES


def _key(subject: str, slot: str, denied: bool, head: str) -> str:
    return _SEPARATOR.join((subject, slot, _DENIED if denied else _AFFIRMED, head))
