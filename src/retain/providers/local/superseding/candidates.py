"""Pairs of facts of which the newer may replace the older, which rules leave open.

Whether a pair is among them depends on its two facts alone, not on what else replaces them, so that
whoever asks as sources come in has asked the same at the end, in whatever order they came; but for
facts that are near to more than `MOST_OF_FACT` others.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from retain.english.wordlists import word_set
from retain.memory.model import Fact, FactPair, StoredFact
from retain.memory.ports import ClaimReads
from retain.providers.local.dedupe import normalised
from retain.providers.local.superseding import values
from retain.providers.local.superseding.chains import supersedes
from retain.providers.local.superseding.order import is_later, timing
from retain.providers.local.superseding.plans import WHEN, content_words, ends, stated
from retain.providers.local.superseding.slots import NEVER

MOST_OF_FACT = 3
"""How many older facts one is compared with: the nearest."""
MOST = 100
"""How many pairs are given at once."""
_CROWD = 50
"""So many facts of one subject with a word or a slot in common tell of different things."""
_TYPES = frozenset({"world", "preference", "plan", "opinion"})
"""What happened, and what an assistant said, stays as it is."""
_MANY = word_set("likes dislikes speaks owns plans uses knows has") | {"allergic to"}
"""Slots that hold several values at a time: facts that share one need words in common too."""


@dataclass(frozen=True, slots=True)
class _Told:
    stored: StoredFact
    said: float
    slot: str
    words: frozenset[str]

    @property
    def fact(self) -> Fact:
        return self.stored.fact

    @property
    def fact_id(self) -> str:
        return self.fact.fact_id


def doubtful_pairs(
    about: Collection[str], judged: Collection[tuple[str, str]], bank: ClaimReads
) -> list[FactPair]:
    """Pairs of the same subject, said one after the other, that share a slot or enough words.

    Args:
        about: The ids of facts, one of which has to be in each pair.
        judged: ``(older, newer)`` ids of pairs to leave out.
        bank: Only the facts of the subjects that `about` is of are read.

    Returns:
        The nearest first, `MOST` at most, and of each newer fact `MOST_OF_FACT` at most.
    """
    about = frozenset(about)
    found: list[tuple[tuple[object, ...], FactPair]] = []
    asked = (one for one in bank.facts(about).values() if _may_be_asked_of(one))
    for subject in {one.subject for one in asked if one.subject is not None}:
        told = [_told(one) for one in bank.of_subject(subject) if _may_be_asked_of(one)]
        index = _Index(told)
        for newer in index.concerned(about):
            for rank, older in index.nearest(newer, bank):
                key = (older.fact_id, newer.fact_id)
                if key not in judged and not about.isdisjoint(key):
                    found.append(((*rank, *key), _pair(older, newer)))
    return [pair for _, pair in sorted(found, key=lambda one: one[0])[:MOST]]


def _may_be_asked_of(one: StoredFact) -> bool:
    return one.fact.moment is not None and one.fact.type in _TYPES


def _told(stored: StoredFact) -> _Told:
    """The fact with its words, but for those that name its subject, as it does, and its slot."""
    fact = stored.fact
    said = fact.moment.timestamp() if fact.moment else 0.0
    slot = " ".join((fact.slot or "").split()).casefold()
    named = content_words(f"{fact.subject} {slot}", "")
    return _Told(stored, said, slot, content_words(fact.text, "") - named - WHEN)


class _Index:
    """The facts of one subject by their words and slots.

    Args:
        told: The facts.
    """

    def __init__(self, told: Sequence[_Told]) -> None:
        self._told = sorted(told, key=lambda one: (one.said, one.fact_id))
        sharing: defaultdict[str, list[_Told]] = defaultdict(list)
        for one in self._told:
            for key in _keys(one):
                sharing[key].append(one)
        self._sharing = {key: some for key, some in sharing.items() if 1 < len(some) <= _CROWD}

    def concerned(self, about: Collection[str]) -> list[_Told]:
        """The facts of `about`, and those that share something with one of them."""
        keys = {key for one in self._told if one.fact_id in about for key in _keys(one)}
        near = {one.fact_id for key in keys for one in self._sharing.get(key, ())}
        return [one for one in self._told if one.fact_id in near]

    def nearest(self, newer: _Told, bank: ClaimReads) -> list[tuple[tuple[float, ...], _Told]]:
        """The nearest older facts that `newer` may replace, with their ranks."""
        shared: Counter[str] = Counter()
        older: dict[str, _Told] = {}
        for key in _keys(newer):
            for one in self._sharing.get(key, ()):
                if one.said < newer.said:
                    older[one.fact_id] = one
                    shared[one.fact_id] += not key.startswith(_SLOT)
        ranked = sorted(
            ((_rank(newer, one, shared[one.fact_id]), one) for one in older.values()),
            key=lambda pair: (pair[0], pair[1].fact_id),
        )
        found: list[tuple[tuple[float, ...], _Told]] = []
        for rank, one in ranked:
            if len(found) < MOST_OF_FACT and _is_open(newer, one, shared[one.fact_id], bank):
                found.append((rank, one))
        return found


_SLOT = "="


def _keys(one: _Told) -> Iterator[str]:
    yield from one.words
    if one.slot:
        yield _SLOT + one.slot


def _rank(newer: _Told, older: _Told, shared: int) -> tuple[float, ...]:
    """The same slot first, then the most words in common, then the latest."""
    least = max(1, min(len(newer.words), len(older.words)))
    return (float(newer.slot != older.slot), -shared / least, -older.said)


def _is_open(newer: _Told, older: _Told, shared: int, bank: ClaimReads) -> bool:
    new, old = newer.fact, older.fact
    if normalised(new.text) == normalised(old.text):
        return False
    enough = shared > 0 and 2 * shared >= min(len(newer.words), len(older.words))
    if newer.slot and newer.slot == older.slot:
        if newer.slot in NEVER or _restates(newer.slot, new.value or "", old.value or ""):
            return False
        enough = enough or newer.slot not in _MANY
    return enough and not _is_decided(newer, older, bank)


def _restates(slot: str, new: str, old: str) -> bool:
    return bool(new and old) and (values.same(new, old) or values.details(slot, new, old))


def _is_decided(newer: _Told, older: _Told, bank: ClaimReads) -> bool:
    """Whether rules see that the one supersedes the other."""
    old = bank.claims(older.fact_id)
    if any(supersedes(new, one) for new in bank.claims(newer.fact_id) for one in old):
        return True
    subject = older.stored.subject
    if subject is None or not bank.is_undone(subject) or not (words := stated(older.stored)):
        return False
    when = timing(older.stored.source_id, older.fact)
    undoing = bank.undoing(subject, words, when)
    return any(
        one.fact.fact_id == newer.fact_id
        and ends(one, older.stored, words)
        and is_later(timing(one.source_id, one.fact), when)
        for one in undoing
    )


def _pair(older: _Told, newer: _Told) -> FactPair:
    return FactPair(older.fact, older.stored.source_id, newer.fact, newer.stored.source_id)
