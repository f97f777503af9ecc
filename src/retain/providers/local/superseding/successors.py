"""Which fact supersedes another, and whose successor may change when facts come or go."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from math import inf

from retain.memory.model import (
    Claim,
    Edge,
    Fact,
    Place,
    Reading,
    StoredFact,
    Successor,
    Timing,
    Variant,
)
from retain.memory.ports import Canonical, ClaimReads, EdgeReads
from retain.providers.local.superseding.chains import conflicts, reason, supersedes
from retain.providers.local.superseding.claims import claims_of
from retain.providers.local.superseding.order import is_later, timing
from retain.providers.local.superseding.plans import (
    ends,
    mark,
    marks,
    sought,
    stated,
    undoing,
    undone_reason,
    undone_words,
)
from retain.providers.local.superseding.series import is_for_finding, rivals
from retain.providers.local.superseding.subjects import Lookups, comparable
from retain.providers.local.superseding.verdicts import judged

_FIRST_LOOK = 8
"""How many later claims are read at once; most are superseded by one of the next few."""
_NEXT_LOOK = 8
"""How many times more are read each time that nothing is found."""


def reading(source_id: str, fact: Fact, canonical: Canonical) -> Reading:
    """What to keep of a fact; see `SupersedingRules.read`."""
    lookups = Lookups(canonical)
    stored = StoredFact(source_id, fact, comparable(fact.subject, lookups))
    undone = undoing(fact, lookups)
    return Reading(
        fact=stored,
        claims=tuple(claims_of(source_id, fact, lookups)),
        undoes=(undone[0], mark(undone[1])) if undone else None,
        states=marks(stored),
        lookups=frozenset(lookups.asked),
    )


def successor(fact: StoredFact, bank: ClaimReads) -> Successor | None:
    """What supersedes a fact: the first that rules see, or else the first that a model does."""
    first = min(_superseding(fact, bank), key=lambda one: (one[0].place, one[1]), default=None)
    if first is None:
        edge = judged(fact, bank)
        return None if edge is None else Successor(edge, None)
    newer, why = first
    edge = Edge(newer.fact_id, fact.fact.fact_id, why)
    return Successor(edge, (newer.said, newer.source_id))


def affected(changed: Mapping[str, Reading | None], bank: EdgeReads) -> set[str]:
    """Whose successor has to be found again; see `SupersedingRules.affected`.

    A fact that came supersedes nothing that is superseded before it; so of what it may supersede,
    only claims are read that are open to it.
    """
    found = set(bank.superseded_by(changed.keys()))
    found.update(one.older for one in bank.verdicts(changed.keys()) if one.newer in changed)
    for fact_id, one in changed.items():
        if one is not None:
            found.add(fact_id)
            for claim in one.claims:
                if not is_for_finding(claim.series):
                    found |= _superseded(claim, bank)
            found |= _undone(one, bank)
    return found


def _superseding(fact: StoredFact, bank: ClaimReads) -> Iterator[tuple[Timing, str]]:
    for claim in bank.claims(fact.fact.fact_id):
        newer = None if is_for_finding(claim.series) else _next(claim, bank)
        if newer is not None:
            yield newer.when, reason(newer, claim)
    if fact.subject and bank.is_undone(fact.subject) and (words := stated(fact)):
        when = timing(fact.source_id, fact.fact)
        for newer in bank.undoing(fact.subject, words, when):
            if ends(newer, fact, words):
                later = timing(newer.source_id, newer.fact)
                if is_later(later, when):
                    yield later, undone_reason(newer.fact)


def _next(old: Claim, bank: ClaimReads) -> Claim | None:
    """The first claim that supersedes `old`; what its source says at once comes before the rest."""
    series = rivals(old, bank.series)
    corrections = bank.together([key for keys in series for key in keys], old, correcting=True)
    found = [new for new in corrections if supersedes(new, old)]
    if not found and old.when.since < inf:
        laters = (_first_later(keys, old, bank) for keys in series if keys)
        found = [new for new in laters if new is not None]
    return min(found, key=lambda new: new.when.place, default=None)


def _first_later(series: Collection[str], old: Claim, bank: ClaimReads) -> Claim | None:
    """The first later claim that supersedes `old`, without those that agree with it.

    A value may be said a thousand times: once it is known to agree, it is not read again.
    """
    limit = _FIRST_LOOK
    unlike: set[Variant] = {old.variant} if old.series in series else set()
    while True:
        claims = bank.later(series, old, unlike, limit)
        found = next((new for new in claims if supersedes(new, old)), None)
        if found is not None or len(claims) < limit:
            return found
        unlike.update(new.variant for new in claims if not conflicts(new, old))
        limit *= _NEXT_LOOK


def _superseded(new: Claim, bank: EdgeReads) -> set[str]:
    """The facts with claims that `new` supersedes before any other does."""
    if new.when.reach == -inf:
        return set()
    series = rivals(new, bank.series)
    claims: list[Claim] = []
    if new.when.may_correct:
        claims += bank.together([key for keys in series for key in keys], new, correcting=False)
    if new.when.since < inf:
        claims += (old for keys in series if keys for old in _open(new, keys, bank))
    older = {old.when.fact_id for old in claims if supersedes(new, old)}
    places: Mapping[str, Place] = bank.successors(older) if older else {}
    return {one for one in older if one not in places or new.when.place < places[one]}


def _open(new: Claim, series: Collection[str], bank: EdgeReads) -> Sequence[Claim]:
    """The open claims that conflict with `new`; many may say the same, which is compared once."""
    key = next(iter(series))
    conflicting = [
        (value, detail)
        for value, detail in bank.open_variants(series, new)
        if conflicts(new, Claim(new.when, key, value, detail))
    ]
    return bank.open_claims(series, conflicting, new) if conflicting else ()


def _undone(new: Reading, bank: EdgeReads) -> set[str]:
    """The facts that `new` undoes."""
    if new.undoes is None:
        return set()
    fact, subject = new.fact, new.undoes[0]
    when = timing(fact.source_id, fact.fact)
    words = sought(fact.fact, undone_words(fact.fact.text, subject))
    return {
        old.fact.fact_id
        for old in bank.stating(subject, words, when)
        if ends(fact, old, stated(old)) and is_later(when, timing(old.source_id, old.fact))
    }
