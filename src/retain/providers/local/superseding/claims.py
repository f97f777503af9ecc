"""What each fact of a bank claims."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from retain.providers.local.superseding.facts import Claim, Dated
from retain.providers.local.superseding.order import is_past
from retain.providers.local.superseding.reading import read
from retain.providers.local.superseding.scopes import scope
from retain.providers.local.superseding.slots import (
    CUED,
    DATES,
    Said,
    competes,
    is_of_its_kind,
    is_weak,
    spread,
)
from retain.providers.local.superseding.statuses import state
from retain.providers.local.superseding.subjects import comparable


def claimed(facts: Iterable[Dated], names: Mapping[str, str]) -> Iterator[Claim]:
    """The claims of all `facts`, of those that tell of the present or of a date.

    Args:
        facts: Of a bank.
        names: Alias to canonical name.
    """
    for dated in facts:
        fact = dated.fact
        said = (fact.subject, fact.slot, fact.value) if fact.slot and fact.value else None
        if said is None or not is_of_its_kind(fact.text, said):
            said = read(fact.text)
        if said is not None:
            yield from _of(dated, said, names)


def _of(dated: Dated, said: Said, names: Mapping[str, str]) -> Iterator[Claim]:
    fact = dated.fact
    for raw, slot, value in spread(fact, said):
        subject = comparable(raw or fact.subject, names)
        if subject is None or (fact.type == "plan" and slot not in DATES and competes(slot)):
            continue
        if is_past(fact, of_a_date=slot in DATES):
            continue
        denied = value.startswith("not ")
        value = value.removeprefix("not ")
        if slot == "price" or slot.startswith("="):
            subject += scope(fact.text, value)
        if slot.startswith("status"):
            value = state(value)
        many = not competes(slot) and slot not in CUED
        weak = not denied and is_weak(fact, slot, value)
        yield Claim(dated, subject, slot, value, denied, weak, many)
