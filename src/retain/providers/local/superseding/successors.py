"""Which fact supersedes another, and whose successor may change when facts come or go."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from math import inf

from retain.memory.model import (
    Claim,
    Edge,
    Fact,
    Place,
    Reading,
    RivalClaims,
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
from retain.providers.local.superseding.series import is_for_finding, rivals_of
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


def successors(facts: Collection[StoredFact], bank: ClaimReads) -> dict[str, Successor]:
    """What supersedes facts: the first that rules see, or else the first that a model does."""
    superseding = _superseding(facts, bank)
    found: dict[str, Successor] = {}
    for fact in facts:
        fact_id = fact.fact.fact_id
        first = min(superseding[fact_id], key=lambda one: (one[0].place, one[1]), default=None)
        if first is not None:
            newer, why = first
            edge = Edge(newer.fact_id, fact_id, why)
            found[fact_id] = Successor(edge, (newer.said, newer.source_id))
        elif (seen := judged(fact, bank)) is not None:
            found[fact_id] = Successor(seen, None)
    return found


def affected(changed: Mapping[str, Reading | None], bank: EdgeReads) -> set[str]:
    """Whose successor has to be found again; see `SupersedingRules.affected`.

    A fact that came supersedes nothing that is superseded before it; so of what it may supersede,
    only claims are read that are open to it.
    """
    found = set(bank.superseded_by(changed.keys()))
    found.update(one.older for one in bank.verdicts(changed.keys()) if one.newer in changed)
    new = {fact_id: one for fact_id, one in changed.items() if one is not None}
    found.update(new)
    claims = [claim for one in new.values() for claim in one.claims]
    found |= _superseded([one for one in claims if not is_for_finding(one.series)], bank)
    for one in new.values():
        found |= _undone(one, bank)
    return found


def _superseding(
    facts: Collection[StoredFact], bank: ClaimReads
) -> dict[str, list[tuple[Timing, str]]]:
    """What supersedes facts by rules, and why, by their ids."""
    found: dict[str, list[tuple[Timing, str]]] = {one.fact.fact_id: [] for one in facts}
    claims = [
        claim
        for fact_id in found
        for claim in bank.claims(fact_id)
        if not is_for_finding(claim.series)
    ]
    for claim, newer in zip(claims, _next(claims, bank), strict=True):
        if newer is not None:
            found[claim.when.fact_id].append((newer.when, reason(newer, claim)))
    for fact in facts:
        found[fact.fact.fact_id] += _undoing(fact, bank)
    return found


def _undoing(fact: StoredFact, bank: ClaimReads) -> Iterator[tuple[Timing, str]]:
    if fact.subject and bank.is_undone(fact.subject) and (words := stated(fact)):
        when = timing(fact.source_id, fact.fact)
        for newer in bank.undoing(fact.subject, words, when):
            if ends(newer, fact, words):
                later = timing(newer.source_id, newer.fact)
                if is_later(later, when):
                    yield later, undone_reason(newer.fact)


def _next(claims: Sequence[Claim], bank: ClaimReads) -> list[Claim | None]:
    """The first claim that supersedes each; what its source says at once comes before the rest."""
    rivals = [
        [RivalClaims(old, keys) for keys in series]
        for old, series in zip(claims, rivals_of(claims, bank), strict=True)
    ]
    beside = [RivalClaims(old, _joined(some)) for old, some in zip(claims, rivals, strict=True)]
    found = [
        [new for new in corrections if supersedes(new, old)]
        for old, corrections in zip(claims, bank.together(beside, correcting=True), strict=True)
    ]
    open_ends = [
        (number, one)
        for number, (old, some) in enumerate(zip(claims, rivals, strict=True))
        if not found[number] and old.when.since < inf
        for one in some
    ]
    laters = _first_later([one for _, one in open_ends], bank)
    for (number, _), new in zip(open_ends, laters, strict=True):
        found[number] += [] if new is None else [new]
    return [min(some, key=lambda new: new.when.place, default=None) for some in found]


def _first_later(asked: Sequence[RivalClaims], bank: ClaimReads) -> list[Claim | None]:
    """The first later claim that supersedes each, without those that agree with it.

    A value may be said a thousand times: once it is known to agree, it is not read again.
    """
    found: list[Claim | None] = [None] * len(asked)
    limit = _FIRST_LOOK
    unlike = {
        number: {one.claim.variant} if one.claim.series in one.series else set[Variant]()
        for number, one in enumerate(asked)
    }
    while unlike:
        looked = [replace(asked[number], variants=some) for number, some in unlike.items()]
        for number, claims in zip([*unlike], bank.later(looked, limit), strict=True):
            old = asked[number].claim
            found[number] = next((new for new in claims if supersedes(new, old)), None)
            if found[number] is not None or len(claims) < limit:
                del unlike[number]
            else:
                unlike[number].update(new.variant for new in claims if not conflicts(new, old))
        limit *= _NEXT_LOOK
    return found


def _superseded(claims: Iterable[Claim], bank: EdgeReads) -> set[str]:
    """The facts with claims that one of `claims` supersedes before any other does."""
    able = [new for new in claims if new.when.reach > -inf]
    rivals = [
        [RivalClaims(new, keys) for keys in series]
        for new, series in zip(able, rivals_of(able, bank), strict=True)
    ]
    correcting = [
        RivalClaims(new, _joined(some))
        for new, some in zip(able, rivals, strict=True)
        if new.when.may_correct
    ]
    dated = [one for some in rivals for one in some if one.claim.when.since < inf]
    pairs = [
        (one.claim, old)
        for asked, answers in (
            (correcting, bank.together(correcting, correcting=False)),
            (dated, _open(dated, bank)),
        )
        for one, some in zip(asked, answers, strict=True)
        for old in some
        if supersedes(one.claim, old)
    ]
    older = {old.when.fact_id for _, old in pairs}
    places: Mapping[str, Place] = bank.successors(older) if older else {}
    return {
        fact_id
        for new, old in pairs
        for fact_id in (old.when.fact_id,)
        if fact_id not in places or new.when.place < places[fact_id]
    }


def _open(asked: Sequence[RivalClaims], bank: EdgeReads) -> list[Sequence[Claim]]:
    """The open claims that conflict with each; many may say the same, which is compared once."""
    conflicting = {
        number: replace(one, variants=some)
        for number, (one, variants) in enumerate(zip(asked, bank.open_variants(asked), strict=True))
        if (some := [variant for variant in variants if _conflicts(one, variant)])
    }
    found: list[Sequence[Claim]] = [()] * len(asked)
    answers = bank.open_claims([*conflicting.values()])
    for number, claims in zip(conflicting, answers, strict=True):
        found[number] = claims
    return found


def _conflicts(one: RivalClaims, variant: Variant) -> bool:
    return conflicts(one.claim, Claim(one.claim.when, one.series[0], *variant))


def _joined(some: Iterable[RivalClaims]) -> list[str]:
    return [key for one in some for key in one.series]


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
