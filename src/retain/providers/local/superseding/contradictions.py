"""Facts that contradict each other and stay so, since nothing tells which of them is later."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from datetime import datetime

from retain.memory.model import Contradiction
from retain.providers.local.superseding.chains import conflicts
from retain.providers.local.superseding.claims import claimed
from retain.providers.local.superseding.facts import Claim, Dated, place


def open_contradictions(
    facts: Iterable[Dated], names: Mapping[str, str], replaced: Set[str]
) -> list[Contradiction]:
    """Facts of the same subject and slot with values that cannot both be, said at one time.

    What is said at different times is no contradiction: the later one holds, or tells of what was
    before. Of each value, the first fact that states it is given, beside the first one that it
    contradicts.

    Args:
        facts: All facts of a bank, in any order.
        names: Alias to the canonical name of its entity.
        replaced: The ids of the facts that others supersede.

    Returns:
        Sorted by the places of the facts.
    """
    alike: dict[tuple[str, str], list[Claim]] = defaultdict(list)
    for claim in claimed(facts, names):
        if not claim.weak and not claim.many and claim.dated.fact.fact_id not in replaced:
            alike[claim.subject, claim.slot].append(claim)
    found: dict[tuple[str, str], tuple[Claim, Claim]] = {}
    for group in alike.values():
        for one, other in _of_group(sorted(group, key=lambda claim: place(claim.dated))):
            found.setdefault((one.dated.fact.fact_id, other.dated.fact.fact_id), (one, other))
    pairs = sorted(found.values(), key=lambda pair: (place(pair[0].dated), place(pair[1].dated)))
    return [_told(one, other) for one, other in pairs]


def _of_group(group: Sequence[Claim]) -> Iterator[tuple[Claim, Claim]]:
    """Each other value with the first one that it contradicts; those without a time come first."""
    said: dict[datetime | None, list[Claim]] = defaultdict(list)
    for claim in group:
        when = claim.dated.fact.mentioned_at
        beside = said[None] if when is None else [*said[None], *said[when]]
        if any(_restates(claim, known) for known in beside):
            continue
        against = next((known for known in beside if _contradicts(claim, known)), None)
        said[when].append(claim)
        if against is not None:
            yield against, claim


def _restates(one: Claim, known: Claim) -> bool:
    return one.denied == known.denied and one.value == known.value


def _contradicts(one: Claim, known: Claim) -> bool:
    return (
        one.dated.fact.fact_id != known.dated.fact.fact_id
        and conflicts(one, known)
        and conflicts(known, one)
    )


def _told(one: Claim, other: Claim) -> Contradiction:
    first, second = (f"{'not ' if c.denied else ''}{c.value}" for c in (one, other))
    slot = one.dated.fact.slot or one.slot.removeprefix("= ")
    return Contradiction(
        one.dated.fact.fact_id,
        other.dated.fact.fact_id,
        one.dated.fact.subject or one.subject,
        f"{slot}: {first} or {second}",
    )
