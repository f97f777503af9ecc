"""Facts that contradict each other and stay so, since nothing tells which of them is later."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import groupby
from math import inf

from retain.memory.model import Claim, Contradiction
from retain.memory.ports import ClaimReads
from retain.providers.local.superseding.chains import conflicts
from retain.providers.local.superseding.series import group, many, parts


def open_contradictions(claims: Iterable[Claim], bank: ClaimReads) -> list[Contradiction]:
    """Facts of the same subject and slot with values that cannot both be, said at one time.

    What is said at different times is no contradiction: the later one holds, or tells of what was
    before. Of each value, the first fact that states it is given, beside the first one that it
    contradicts.

    Args:
        claims: Those of facts that no rule sees superseded, sorted by series.
        bank: Where the facts are.

    Returns:
        Sorted by the places of the facts.
    """
    found: dict[tuple[str, str], tuple[Claim, Claim]] = {}
    for (_, slot), alike in groupby(claims, key=lambda claim: group(claim.series)):
        if not many(slot):
            strong = (claim for claim in alike if claim.when.reach > -inf)
            for one, other in _of_group(sorted(strong, key=lambda claim: claim.when.place)):
                found.setdefault((one.when.fact_id, other.when.fact_id), (one, other))
    pairs = sorted(found.values(), key=lambda pair: (pair[0].when.place, pair[1].when.place))
    return [_told(one, other, bank) for one, other in pairs]


def _of_group(group: Iterable[Claim]) -> Iterator[tuple[Claim, Claim]]:
    """Each other value with the first one that it contradicts; those without a time come first."""
    said: defaultdict[float, list[Claim]] = defaultdict(list)
    for claim in group:
        when = claim.when.said
        beside = said[-inf] if when == -inf else [*said[-inf], *said[when]]
        if any(_restates(claim, known) for known in beside):
            continue
        against = next((known for known in beside if _contradicts(claim, known)), None)
        said[when].append(claim)
        if against is not None:
            yield against, claim


def _restates(one: Claim, known: Claim) -> bool:
    return _is_denied(one) == _is_denied(known) and one.value == known.value


def _contradicts(one: Claim, known: Claim) -> bool:
    return (
        one.when.fact_id != known.when.fact_id and conflicts(one, known) and conflicts(known, one)
    )


def _is_denied(claim: Claim) -> bool:
    return parts(claim.series)[2]


def _told(one: Claim, other: Claim, bank: ClaimReads) -> Contradiction:
    first, second = (f"{'not ' if _is_denied(c) else ''}{c.value}" for c in (one, other))
    subject, slot = group(one.series)
    fact_id = one.when.fact_id
    fact = bank.facts([fact_id])[fact_id].fact
    return Contradiction(
        fact_id,
        other.when.fact_id,
        fact.subject or subject,
        f"{fact.slot or slot.removeprefix('= ')}: {first} or {second}",
    )
