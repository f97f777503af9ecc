"""The claims of facts in memory, read as a store's are."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from heapq import merge
from itertools import islice, takewhile
from math import inf

from retain.memory.model import (
    Claim,
    Fact,
    Place,
    RivalClaims,
    StoredFact,
    Timing,
    Variant,
    Verdict,
)
from retain.providers.local.superseding.claims import claims_of
from retain.providers.local.superseding.order import timing
from retain.providers.local.superseding.plans import mark, undoing
from retain.providers.local.superseding.subjects import comparable

_FEW = 8
"""So many variants are looked at one by one; more of them, in the order of their places."""


@dataclass(frozen=True, slots=True)
class Dated:
    """A fact with where it is from.

    Args:
        source_id: The source that it is of.
        fact: The fact, its `fact_id` unique in the bank.
    """

    source_id: str
    fact: Fact


class _Series:
    """The claims of a series in the order of their places, all and those of each variant."""

    def __init__(self, claims: Iterable[Claim]) -> None:
        self.claims = sorted(claims, key=_place)
        self.variants: defaultdict[Variant, list[Claim]] = defaultdict(list)
        for claim in self.claims:
            self.variants[claim.variant].append(claim)

    def at(self, said: float, source_id: str) -> Sequence[Claim]:
        """The claims that a source makes at one time."""
        when = (said, source_id)
        begin = bisect_left(self.claims, when, key=_moment)
        return self.claims[begin : bisect_right(self.claims, when, begin, key=_moment)]

    def after(self, said: float, unlike: Collection[Variant]) -> Iterator[Claim]:
        """The claims said later, without those of some variants."""
        if len(self.variants) <= _FEW + len(unlike):
            apart = (claims for one, claims in self.variants.items() if one not in unlike)
            return merge(*(_after(claims, said) for claims in apart), key=_place)
        return (one for one in _after(self.claims, said) if one.variant not in unlike)


class InMemoryClaims:
    """The claims of all facts of a bank; a `ClaimReads`. What is not asked for is not derived.

    Args:
        facts: All facts of the bank, in any order.
        names: Alias to the canonical name of its entity.
        verdicts: What a model sees of what supersedes what.
    """

    def __init__(
        self, facts: Iterable[Dated], names: Mapping[str, str], verdicts: Iterable[Verdict] = ()
    ) -> None:
        self._names = names
        self._claims: dict[str, tuple[Claim, ...]] = {}
        self._verdicts: defaultdict[str, list[Verdict]] = defaultdict(list)
        for one in verdicts:
            for fact_id in {one.older, one.newer}:
                self._verdicts[fact_id].append(one)
        self.known: dict[str, StoredFact] = {}
        subjects: dict[str | None, str | None] = {}
        for dated in facts:
            raw = dated.fact.subject
            if raw not in subjects:
                subjects[raw] = comparable(raw, names.get)
            stored = StoredFact(dated.source_id, dated.fact, subjects[raw])
            self.known[dated.fact.fact_id] = stored

    @cached_property
    def _subjects(self) -> Mapping[str, list[StoredFact]]:
        found: defaultdict[str, list[StoredFact]] = defaultdict(list)
        for one in self.known.values():
            if one.subject is not None:
                found[one.subject].append(one)
        return found

    @cached_property
    def _series(self) -> Mapping[str, _Series]:
        found: defaultdict[str, list[Claim]] = defaultdict(list)
        for fact_id in self.known:
            for claim in self.claims(fact_id):
                found[claim.series].append(claim)
        return {key: _Series(claims) for key, claims in found.items()}

    @cached_property
    def _keys(self) -> Sequence[str]:
        return sorted(self._series)

    @cached_property
    def _undoing(self) -> Mapping[str, Mapping[str, list[tuple[Timing, StoredFact]]]]:
        found: dict[str, defaultdict[str, list[tuple[Timing, StoredFact]]]] = {}
        for one in self.known.values():
            if undone := undoing(one.fact, self._names.get):
                subject, content = undone
                when = timing(one.source_id, one.fact)
                found.setdefault(subject, defaultdict(list))[mark(content)].append((when, one))
        return found

    def facts(self, fact_ids: Collection[str]) -> Mapping[str, StoredFact]:
        """Those of the facts that there are."""
        return {one: self.known[one] for one in fact_ids if one in self.known}

    def of_subject(self, subject: str) -> Sequence[StoredFact]:
        """The facts of a comparable subject."""
        return self._subjects.get(subject, ())

    def claims(self, fact_id: str) -> Sequence[Claim]:
        """What a fact claims."""
        if fact_id not in self._claims:
            one = self.known[fact_id]
            found = claims_of(one.source_id, one.fact, self._names.get)
            self._claims[fact_id] = tuple(found)
        return self._claims[fact_id]

    def sorted_claims(self) -> Iterator[Claim]:
        """All claims, sorted by series."""
        return (one for key in self._keys for one in self._series[key].claims)

    def series(self, prefixes: Collection[str]) -> Mapping[str, Collection[str]]:
        """The series whose names begin with each of `prefixes`."""
        return {one: self._series_from(one) for one in prefixes}

    def together(
        self, asked: Sequence[RivalClaims], *, correcting: bool
    ) -> Sequence[Sequence[Claim]]:
        """What the source of each claim claims at the same time."""
        return [
            [
                new
                for group in self._groups(one)
                for new in group.at(one.claim.when.said, one.claim.when.source_id)
                if new.when.may_correct or not correcting
            ]
            for one in asked
        ]

    def later(self, asked: Sequence[RivalClaims], limit: int) -> Sequence[Sequence[Claim]]:
        """The first claims said after each that reach back to it."""
        return [list(islice(self._later(one), limit)) for one in asked]

    def is_undone(self, subject: str) -> bool:
        """Whether any fact undoes something of a subject."""
        return subject in self._undoing

    def undoing(self, subject: str, words: Collection[str], older: Timing) -> Sequence[StoredFact]:
        """The facts that undo something of a subject and are kept under one of `words`."""
        marked = self._undoing.get(subject, {})
        return [
            one
            for word in words
            for when, one in marked.get(word, ())
            if when.said > older.said > -inf
            or (when.said, when.source_id) == (older.said, older.source_id)
        ]

    def verdicts(self, fact_ids: Collection[str]) -> Sequence[Verdict]:
        """What a model sees of any of the facts."""
        return [one for fact_id in fact_ids for one in self._verdicts.get(fact_id, ())]

    def _series_from(self, prefix: str) -> Collection[str]:
        begin = bisect_left(self._keys, prefix)
        keys = (self._keys[n] for n in range(begin, len(self._keys)))
        return list(takewhile(lambda key: key.startswith(prefix), keys))

    def _groups(self, asked: RivalClaims) -> list[_Series]:
        return [self._series[key] for key in asked.series if key in self._series]

    def _later(self, asked: RivalClaims) -> Iterator[Claim]:
        older, when = asked.claim, asked.claim.when
        groups = (one.after(when.said, asked.variants) for one in self._groups(asked))
        for one in merge(*groups, key=_place):
            if one.when.reach > when.since and (older.assistant or not one.assistant):
                yield one


def _place(claim: Claim) -> Place:
    return claim.when.place


def _moment(claim: Claim) -> tuple[float, str]:
    return (claim.when.said, claim.when.source_id)


def _after(claims: Sequence[Claim], said: float) -> Iterator[Claim]:
    at = bisect_right(claims, said, key=lambda one: one.when.said)
    return (claims[n] for n in range(at, len(claims)))
