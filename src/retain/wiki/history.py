"""What became of a page: how it read after each version of a source that changed it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from retain.memory.model import (
    BankView,
    CitedFact,
    Edge,
    EntityNote,
    FactLifetime,
    Revision,
    Version,
)
from retain.memory.naming import has_page
from retain.memory.ports import PageReads
from retain.wiki.bankreads import BankReads, newest
from retain.wiki.entitypage import entity_page
from retain.wiki.pagefacts import MOST_READ, names_in

Relate = Callable[[Sequence[CitedFact]], Sequence[Edge]]
"""What replaced what among facts that stood at one time."""


def revisions(
    entity_id: str,
    reads: PageReads,
    lifetimes: Iterable[FactLifetime],
    versions: Iterable[Version],
    relate: Relate,
) -> Iterator[Revision]:
    """The revisions of an entity's page, oldest first; none where it has no page.

    They are rendered from the facts that the bank's sources stated at each time, as they are seen
    today: names mean, and pages are, what they are today.

    Args:
        entity_id: Whose page it is.
        reads: The bank.
        lifetimes: The facts of every version of every source; those that do not speak of the entity
            may be left out.
        versions: The versions of the sources of these facts, in the order in which they came.
        relate: Sees what replaced what.
    """
    subject = reads.entity(entity_id)
    if subject is None or subject.page_id is None:
        return
    told = [one for one in lifetimes if not names_in(one.cited.fact).isdisjoint(subject.aliases)]
    names = {name for one in told for name in names_in(one.cited.fact)}
    others = [one for one in reads.entities_named(names) if one.entity.entity_id != entity_id]
    held: dict[str, int] = {}
    number = 0
    for version in versions:
        came = [one for one in told if _is(version, one.cited.source_id, one.since)]
        went = [one for one in told if _is(version, one.cited.source_id, one.until)]
        if not came and not went:
            continue
        number += 1
        held[version.source_id] = version.version
        facts = [one.cited for one in told if _stood(one, held)]
        yield Revision(
            number,
            version.retained_at,
            version.source_id,
            version.version,
            tuple(one.cited.fact.text for one in came),
            tuple(one.cited.fact.text for one in went),
            _text(subject, others, facts, relate),
        )


def _text(
    subject: EntityNote, others: Sequence[EntityNote], facts: Sequence[CitedFact], relate: Relate
) -> str:
    """The page of an entity of which only these facts spoke; empty where they are too few."""
    slotted = sum(one.fact.slot is not None for one in facts)
    if not has_page(len(facts), slotted):
        return ""
    bare = [replace(one, fact=replace(one.fact, superseded_by=None)) for one in facts]
    read = newest(bare, MOST_READ)
    view = BankView("", facts=tuple(read), edges=tuple(relate(read)))
    reads = BankReads(view, notes=[replace(subject, facts=len(facts)), *others])
    page = entity_page(subject.entity.entity_id, reads)
    return "" if page is None else page.text


def _is(version: Version, source_id: str, number: int | None) -> bool:
    return (version.source_id, version.version) == (source_id, number)


def _stood(one: FactLifetime, held: dict[str, int]) -> bool:
    at = held.get(one.cited.source_id, 0)
    return one.since <= at and (one.until is None or at < one.until)
