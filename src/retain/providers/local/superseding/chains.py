"""Claims of the same subject and slot in their order: each is superseded by the next other one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from retain.providers.local.superseding import regions, values
from retain.providers.local.superseding.facts import Claim, Edge, place
from retain.providers.local.superseding.order import is_later, may_correct

_TIMES = frozenset({"date", "starts", "ends", "deadline"})
_OF = " of "


def chained(claims: Iterable[Claim]) -> Iterator[Edge]:
    """The edges among `claims`, whatever their order."""
    alike: dict[tuple[str, str], list[Claim]] = defaultdict(list)
    for claim in claims:
        alike[claim.subject, claim.slot].append(claim)
    for group in alike.values():
        if len(group) > 1:
            yield from _of_group(sorted(group, key=lambda claim: place(claim.dated)))


def _of_group(group: Sequence[Claim]) -> Iterator[Edge]:
    """Each claim with the first one after it that supersedes it."""
    moments = [[*run] for _, run in groupby(range(len(group)), lambda n: _moment(group[n]))]
    following: list[int | None] = [None] * len(group)
    for moment in reversed(moments):
        able: dict[str, list[int]] = defaultdict(list)  # what is said at once, corrects its source
        for n in moment:
            if may_correct(group[n].dated.fact):
                able[group[n].dated.source_id].append(n)
        for old in moment:
            following[old] = _next(group, old, moment[-1] + 1, following)
            same = able.get(group[old].dated.source_id, ())
            now = (n for n in same if _supersedes(group[n], group[old]))
            new = next(now, following[old])
            if new is not None:
                yield _edge(group[new], group[old])


def _next(
    group: Sequence[Claim], old: int, begin: int, following: Sequence[int | None]
) -> int | None:
    """The first claim from `begin` on that supersedes, looking through a run of equals once."""
    if group[old].dated.fact.mentioned_at is None:
        return None
    for n in range(begin, len(group)):
        if _supersedes(group[n], group[old]):
            return n
        last = n + 1 == len(group) or _moment(group[n + 1]) != _moment(group[n])
        if last and _repeats(group[n], group[old]):
            return following[n]
    return None


def _repeats(new: Claim, old: Claim) -> bool:
    mine, yours = new.dated.fact, old.dated.fact
    return (new.value, new.denied, mine.type, mine.occurred_start, mine.occurred_end) == (
        old.value,
        old.denied,
        yours.type,
        yours.occurred_start,
        yours.occurred_end,
    )


def _edge(new: Claim, old: Claim) -> Edge:
    return Edge(new.dated.fact.fact_id, old.dated.fact.fact_id, _reason(new, old))


def _supersedes(new: Claim, old: Claim) -> bool:
    return (
        new is not old
        and not new.weak
        and new.dated.fact.fact_id != old.dated.fact.fact_id
        and conflicts(new, old)
        and is_later(new.dated, old.dated, of_a_date=new.slot in _TIMES)
        and not _only_an_assistant(new, old)
    )


def conflicts(new: Claim, old: Claim) -> bool:
    """Whether what `new` claims cannot be while what `old` claims is."""
    if new.denied and old.denied:
        return False
    alike = values.same(new.value, old.value) or values.details(new.slot, new.value, old.value)
    if new.denied or old.denied:
        return alike
    if new.many or alike or _same_days(new, old):
        return False
    if new.slot in regions.SLOTS and regions.may_lie_in(new.dated.fact, new.value, old.value):
        return False
    return new.slot != "role" or _is_same_office(new.value, old.value)


def _same_days(new: Claim, old: Claim) -> bool:
    """Whether two dates written differently are the same: ``Tuesday`` and ``9 April``."""
    mine, yours = new.dated.fact, old.dated.fact
    if new.slot not in _TIMES or mine.occurred_start is None:
        return False
    return (mine.occurred_start, mine.occurred_end) == (yours.occurred_start, yours.occurred_end)


def _is_same_office(new: str, old: str) -> bool:
    """Whether one leaves a role for the other: nobody leaves the choir to head the museum."""
    my_title, _, mine = new.casefold().partition(_OF)
    your_title, _, yours = old.casefold().partition(_OF)
    if bool(mine) == bool(yours):
        return values.same(mine, yours) or my_title == your_title
    return my_title != your_title and my_title.split()[-1:] == your_title.split()[-1:]


def _only_an_assistant(new: Claim, old: Claim) -> bool:
    """Whether an assistant says so, of what somebody else had said."""
    said = "assistant_statement"
    return new.dated.fact.type == said and old.dated.fact.type != said


def _moment(claim: Claim) -> str:
    said = claim.dated.fact.mentioned_at
    return said.isoformat() if said else ""


def _reason(new: Claim, old: Claim) -> str:
    slot = new.slot.removeprefix("= ")
    if new.denied:
        return f"{slot}: no longer {old.value}"
    if old.denied:
        return f"{slot}: {new.value} again"
    return f"{slot}: {old.value} -> {new.value}"
