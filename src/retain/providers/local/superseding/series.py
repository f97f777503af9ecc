"""Series of claims: which claims are compared with which, by keys that an index can hold."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache

from retain.memory.model import Claim
from retain.memory.ports import ClaimReads
from retain.providers.local.superseding.slots import CUED, competes
from retain.providers.local.superseding.values import DATES, PLACES, tokens

_SEPARATOR = "\x1f"
_AFFIRMED, _DENIED = "+", "-"
_SORTED = "~"


def series_of(subject: str, slot: str, value: str, *, denied: bool) -> list[str]:
    """The keys of the series that a claim is in; those after the first are for finding it only.

    Any two values of a slot that holds one at a time may conflict, so they are one series. Of two
    claims of which one denies the other, the words of one begin with those of the other, or are
    the same in another order. So each value has a series, by its words as they are and, where that
    is something else, by its words sorted.
    """
    if not _is_apart(slot, denied=denied):
        return [_key(subject, slot, denied, "")]
    words = tokens(value)
    heads = [" ".join(words)]
    if list(words) != sorted(words):
        heads.append(_SORTED + " ".join(sorted(words)))
    return [_key(subject, slot, denied, head) for head in heads]


def is_for_finding(series: str) -> bool:
    """Whether the series holds claims that are in another one too."""
    return series.rpartition(_SEPARATOR)[2].startswith(_SORTED)


@lru_cache(maxsize=65_536)
def parts(series: str) -> tuple[str, str, bool]:
    """Subject and slot of a series, and whether its claims are denials."""
    subject, slot, polarity, _ = series.rsplit(_SEPARATOR, 3)
    return subject, slot, polarity == _DENIED


def group(series: str) -> tuple[str, str]:
    """Subject and slot of a series."""
    return parts(series)[:2]


@lru_cache(maxsize=4_096)
def many(slot: str) -> bool:
    """Whether several values of a slot can be true at once, so that only a denial supersedes."""
    return not competes(slot) and slot not in CUED


def rivals_of(claims: Sequence[Claim], bank: ClaimReads) -> list[list[Sequence[str]]]:
    """For each claim the series of claims that may conflict with it, by their polarity."""
    prefixes = {prefix for one in claims if (prefix := _prefix(one)) is not None}
    known = bank.series(prefixes)
    return [_rivals(one, known) for one in claims]


def _prefix(claim: Claim) -> str | None:
    """How the names of series begin that have to be looked up; None where there are none."""
    subject, slot, denied = parts(claim.series)
    if not _is_apart(slot, denied=not denied):
        return None
    words = tokens(claim.value)  # a value without a word agrees with all others
    return _key(subject, slot, not denied, f"{' '.join(words)} " if words else "")


def _rivals(claim: Claim, known: Mapping[str, Collection[str]]) -> list[Sequence[str]]:
    subject, slot, denied = parts(claim.series)
    found: list[Sequence[str]] = []
    if not denied and not many(slot):
        found.append([_key(subject, slot, denied, "")])
    prefix = _prefix(claim)
    if prefix is None:
        return [*found, [_key(subject, slot, not denied, "")]]
    more = known.get(prefix, ())
    words = tokens(claim.value)
    if words:
        whole, in_order = " ".join(words), " ".join(sorted(words))
        less = [" ".join(words[:n]) for n in range(len(words))]
        heads = dict.fromkeys((*less, whole, in_order, _SORTED + in_order))
        more = [*(_key(subject, slot, not denied, head) for head in heads), *more]
    return [*found, [*more]] if more else found


def _is_apart(slot: str, *, denied: bool) -> bool:
    """Whether each value has a series; of dates and places, those of other words may agree."""
    return (denied or many(slot)) and slot not in DATES and slot not in PLACES


def _key(subject: str, slot: str, denied: bool, head: str) -> str:
    return _SEPARATOR.join((subject, slot, _DENIED if denied else _AFFIRMED, head))
