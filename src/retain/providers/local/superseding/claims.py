"""What a fact claims."""

from __future__ import annotations

from collections.abc import Iterator

from retain.memory.model import Claim, Fact
from retain.memory.ports import Canonical
from retain.providers.local.superseding.order import is_past, timing
from retain.providers.local.superseding.reading import read
from retain.providers.local.superseding.regions import tells_of_move
from retain.providers.local.superseding.scopes import scope
from retain.providers.local.superseding.series import series_of
from retain.providers.local.superseding.slots import (
    competes,
    is_of_its_kind,
    is_weak,
    spread,
)
from retain.providers.local.superseding.statuses import state
from retain.providers.local.superseding.subjects import comparable
from retain.providers.local.superseding.values import DATES, PLACES


def claims_of(source_id: str, fact: Fact, canonical: Canonical) -> Iterator[Claim]:
    """The claims of a fact that tells of the present or of a date.

    Args:
        source_id: Its source.
        fact: The fact.
        canonical: Looks up names.
    """
    said = (fact.subject, fact.slot, fact.value) if fact.slot and fact.value else None
    if said is None or not is_of_its_kind(fact.text, said):
        said = read(fact.text)
    if said is None:
        return
    for raw, slot, value in spread(fact, said):
        subject = comparable(raw or fact.subject, canonical)
        of_a_date = slot in DATES
        if subject is None or (fact.type == "plan" and not of_a_date and competes(slot)):
            continue
        if is_past(fact, of_a_date=of_a_date):
            continue
        denied = value.startswith("not ")
        value = value.removeprefix("not ")
        if slot == "price" or slot.startswith("="):
            subject += scope(fact.text, value)
        if slot.startswith("status"):
            value = state(value)
        weak = not denied and is_weak(fact, slot, value)
        when = timing(source_id, fact, of_a_date=of_a_date, weak=weak)
        detail, assistant = _detail(fact, slot), fact.type == "assistant_statement"
        for series in series_of(subject, slot, value, denied=denied):
            yield Claim(when, series, value, detail, assistant)


def _detail(fact: Fact, slot: str) -> str:
    if slot in DATES and fact.occurred_start is not None:
        ends = fact.occurred_end.isoformat() if fact.occurred_end else ""
        return f"{fact.occurred_start.isoformat()}/{ends}"
    return "moves" if slot in PLACES and tells_of_move(fact.text) else ""
