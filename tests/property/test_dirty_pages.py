"""Rendering the pages that a write made dirty gives what rendering all pages gives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retain.memory.model import (
    BankChanges,
    BankView,
    CitedFact,
    Edge,
    Entity,
    EntityNote,
    Fact,
    Lead,
    LeadSentence,
    Page,
    SectionKey,
    Topic,
)
from retain.wiki import (
    BankReads,
    dirty,
    entity_page,
    entitypage,
    leads,
    paged,
    topic_page,
    topicpage,
    wanting,
)
from retain.wiki.pagefacts import MOST_READ

T = TypeVar("T")

NAMES = ("Ana", "ana", "Bob", "Robert Hall", "Jordan", "York", "New York")
SECTIONS = tuple((source, section) for source in ("a.md", "b.md") for section in ("s1", "s2"))
FACTS, ENTITIES, TOPICS = 7, 5, 2
some = settings(derandomize=True, deadline=None, max_examples=60)

names = st.sampled_from(NAMES)
kinds = st.sampled_from(["person", "place"])


@dataclass(frozen=True)
class Bank:
    """A bank, each part in a place of its own; None where nothing is."""

    facts: Sequence[CitedFact | None]
    newer: Sequence[int | None]
    entities: Sequence[Entity | None]
    times: Sequence[int]
    topics: Sequence[tuple[str, tuple[SectionKey, ...]] | None]

    def view(self) -> BankView:
        held = [one for one in self.entities if one is not None]
        return BankView(
            "bank",
            entities=tuple({one.entity_id: one for one in held}.values()),
            times=tuple(zip(NAMES, self.times, strict=True)),
            facts=tuple(one for one in self.facts if one is not None),
            edges=tuple(
                Edge(f"f{newer}", f"f{older}", "")
                for older, newer in enumerate(self.newer)
                if newer is not None and newer != older and self.facts[older] is not None
            ),
            topics=tuple(
                Topic(f"topic-t{n}", topic[0], ("york",), topic[1])
                for n, topic in enumerate(self.topics)
                if topic is not None and topic[1]
            ),
        )


@st.composite
def fact(draw: st.DrawFn, n: int) -> CitedFact:
    source, section = draw(st.sampled_from(SECTIONS))
    text = f"{draw(names)} and {draw(names)} {draw(st.sampled_from(['met', 'sang']))}"
    slot = draw(st.sampled_from([None, None, "lives in", "likes"]))
    line = draw(st.integers(1, 3))
    said = draw(st.sampled_from([None, 1, 2, 3]))
    return CitedFact(
        source,
        Fact(
            fact_id=f"f{n}",
            section_id=section,
            type=draw(st.sampled_from(["world", "experience"])),
            text=text,
            quote=text,
            start=100 * line,
            end=100 * line + len(text),
            entities=tuple(draw(st.lists(names, max_size=2))),
            mentioned_at=said and datetime(2024, 1, said, tzinfo=UTC),
            subject=draw(st.none() | names),
            slot=slot,
            value=slot and draw(names),
        ),
        line,
    )


@st.composite
def entity(draw: st.DrawFn) -> Entity:
    name, kind = draw(names), draw(kinds)
    aliases = tuple(sorted({name, *draw(st.lists(names, max_size=2))}))
    return Entity(f"{name}-{kind}", name, kind, aliases)


def places(one: st.SearchStrategy[T], count: int) -> st.SearchStrategy[tuple[T | None, ...]]:
    return st.tuples(*(st.one_of(st.none(), one, one, one) for _ in range(count)))


banks = st.builds(
    Bank,
    facts=st.tuples(*(st.one_of(st.none(), fact(n), fact(n)) for n in range(FACTS))),
    newer=st.tuples(*(st.none() | st.integers(0, FACTS - 1) for _ in range(FACTS))),
    entities=places(entity(), ENTITIES),
    times=st.tuples(*(st.integers(0, 1) for _ in NAMES)),
    topics=places(
        st.tuples(
            st.sampled_from(["York", "Songs"]),
            st.lists(st.sampled_from(SECTIONS), unique=True).map(
                lambda those: tuple(sorted(those))
            ),
        ),
        TOPICS,
    ),
)


def mixed(draw: st.DrawFn, one: Sequence[T], other: Sequence[T]) -> tuple[T, ...]:
    """Each part of one bank, but for one or two at most that are of the other."""
    taken = draw(st.sets(st.integers(0, len(one) - 1), max_size=2))
    return tuple(b if n in taken else a for n, (a, b) in enumerate(zip(one, other, strict=True)))


def renamed(draw: st.DrawFn, one: Entity | None, aliases: Sequence[str]) -> Entity | None:
    """The entity, rarely with other aliases."""
    if one is None or draw(st.integers(0, 5)):
        return one
    return replace(one, aliases=tuple(sorted({one.name, *aliases})))


@st.composite
def writes(draw: st.DrawFn) -> tuple[BankView, BankView]:
    """A bank before and after a write."""
    before, other = draw(banks), draw(banks)
    aliases = draw(st.lists(names, max_size=2))
    entities = mixed(draw, before.entities, other.entities)
    after = Bank(
        mixed(draw, before.facts, other.facts),
        mixed(draw, before.newer, other.newer),
        tuple(renamed(draw, one, aliases) for one in entities),
        mixed(draw, before.times, other.times),
        mixed(draw, before.topics, other.topics),
    )
    return before.view(), after.view()


def led(view: BankView) -> BankView:
    """The bank with a lead for each page that wants one."""
    reads = BankReads(view)
    asked = [wanting(one.entity.entity_id, reads) for one in paged(reads)]
    written: list[Lead] = []
    for one in asked:
        if one is not None:
            made_from = tuple(sorted(cited.fact.fact_id for cited in one.facts))
            sentence = LeadSentence("Jordan knows Bob.", made_from[:2])
            written.append(Lead(one.page_id, one.title, one.digest, made_from, (sentence,)))
    return replace(view, leads=tuple(written))


def changes(before: BankView, after: BankView) -> BankChanges:
    """What a store tells of a write, from the bank before and after it."""
    old, new = BankReads(before), BankReads(after)
    notes = [_notes(before, old), _notes(after, new)]
    ids = notes[0].keys() | notes[1].keys()
    of_sections = [_topics(old), _topics(new)]
    topics = [{one.topic_id: one for one in view.topics} for view in (before, after)]
    return BankChanges(
        facts=tuple({*before.facts}.symmetric_difference(after.facts)),
        edges=tuple({*before.edges}.symmetric_difference(after.edges)),
        entities=[
            (notes[0].get(one), notes[1].get(one))
            for one in sorted(ids)
            if _told(notes[0].get(one)) != _told(notes[1].get(one))
        ],
        topics={
            one
            for one in topics[0].keys() | topics[1].keys()
            if topics[0].get(one) != topics[1].get(one)
        },
        sections={one for one in SECTIONS if of_sections[0].get(one) != of_sections[1].get(one)},
    )


def _notes(view: BankView, reads: BankReads) -> Mapping[str, EntityNote]:
    found = {one.entity_id: reads.entity(one.entity_id) for one in view.entities}
    return {key: note for key, note in found.items() if note is not None}


def _told(note: EntityNote | None) -> object:
    """What a store tells of an entity at least: not how many facts it has, nor its page's id."""
    return note and (note.entity, note.times, note.page_id is not None)


def _topics(reads: BankReads) -> Mapping[SectionKey, Any]:
    return {
        key: {(one.topic_id, one.title) for one in those}
        for key, those in reads.topics_of(SECTIONS).items()
    }


IDS = tuple(f"{name}-{kind}" for name in NAMES for kind in ("person", "place"))
TOPIC_IDS = tuple(f"topic-t{n}" for n in range(TOPICS))


def every_page(reads: BankReads) -> dict[str, Page | None]:
    entities = {one: entity_page(one, reads) for one in IDS}
    return entities | {one: topic_page(one, reads) for one in TOPIC_IDS}


@settings(some, max_examples=400)
@given(writes(), st.sampled_from([MOST_READ, 2]))
def test_rendering_what_is_dirty_is_rendering_all(
    write: tuple[BankView, BankView], most: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for module in (entitypage, topicpage, leads):
            patch.setattr(module, "MOST_READ", most)
        before = led(write[0])
        after = replace(write[1], leads=before.leads)
        reads = BankReads(after)
        found = dirty(changes(before, after), reads)
        kept = every_page(BankReads(before))
        kept |= {one: entity_page(one, reads) for one in found.entities}
        kept |= {one: topic_page(one, reads) for one in found.topics}
        assert kept == every_page(reads)


@some
@given(banks)
def test_nothing_is_dirty_where_nothing_changed(bank: Bank) -> None:
    view = bank.view()
    found = dirty(changes(view, view), BankReads(view))
    assert (found.entities, found.topics) == (frozenset(), frozenset())


@some
@given(banks)
def test_no_two_pages_of_a_bank_have_the_same_id(bank: Bank) -> None:
    found = [page.page_id for page in every_page(BankReads(bank.view())).values() if page]
    assert len(set(found)) == len(found)
