"""Edges that are kept up with each change are those derived from all facts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from math import inf

from hypothesis import given, settings
from hypothesis import strategies as st

from retain.memory.model import (
    Claim,
    Fact,
    Place,
    Reading,
    RivalClaims,
    StoredFact,
    Successor,
    Timing,
    Variant,
    Verdict,
)
from retain.memory.order import moved
from retain.memory.ports import SupersedingRules
from retain.providers.local.superseder import LocalSupersedingRules
from retain.providers.local.superseding import Dated, edges
from retain.providers.local.superseding.memory import InMemoryClaims
from retain.providers.local.superseding.order import timing

RULES: SupersedingRules = LocalSupersedingRules()
FIRST = datetime(2020, 1, 1, tzinfo=UTC)
ALIASES: tuple[str, ...] = (
    "Ana",
    "Ana Silva",
    "Kate",
    "Katherine",
    "Kate's shop",
    "Katherine's shop",
    "Bakery",
)
NAMES: st.SearchStrategy[dict[str, str]] = st.dictionaries(
    st.sampled_from(ALIASES),
    st.sampled_from(("Ana", "Ana Silva", "Katherine", "Katherine's shop", "Bakery", "Kate")),
    max_size=5,
)
SUBJECTS = ("Ana", "Ana Silva", "Kate", "Kate's shop", "Katherine's shop", "The bakery")
PLACES = ("Lisbon", "lisbon.", "Lisbon, Portugal", "Portugal", "the mountains", "Porto", "the")
VALUES = {
    "lives in": (*PLACES, "May 2020"),
    "place": PLACES,
    "works at": ("Acme", "the Acme", "Acme Labs", "Bolt", "home"),
    "left": ("Acme", "Bolt", "Lisbon"),
    "likes": ("tea", "green tea", "tea green", "green tea of May", "jazz", "the", "🍕"),
    "dislikes": ("tea", "green", "green tea", "jazz", "🍕"),
    "prefers": ("tea", "coffee"),
    "price": ("€3", "€3.00", "€4", "€3 per month"),
    "date": ("Tuesday", "3 January", "Friday", "cancelled"),
    "deadline": ("Tuesday", "3 January 2020", "3 January"),
    "status": ("open", "closed", "paid", "unpaid", "cancelled", "now open"),
    "role": ("director of the museum", "treasurer of the choir", "director", "head director"),
    "partner": ("Tom", "Tim"),
    "husband": ("Tom",),
    "owns": ("two cats", "3 cats", "a cat"),
    "plans": ("trip to Norway", "bakery"),
    "tag of it": ("one", "two"),
}
FORMS = (
    *("{s} tells of {v}", "{s} tells of {v}", "{s} tells of {v}", "{s} tells of {v} now"),
    *("{s} moved to {v}", "{s} started at {v}", "{s} was at {v}", "Actually, {s} told of {v}"),
    *("{s} also tells of {v}", "{s} no longer tells of {v}", "{s} tells of {v} for members"),
)
FREE = (
    "The shop opens at 9 am",
    "The shop opens at 10 am",
    "Correction: the shop opens at 10 am",
    "{s} is planning a trip to Norway",
    "{s} plans a trip to Norway next summer",
    "{s} cancelled the trip to Norway",
    "{s} called off the trip",
    "Ana cancelled the trip to Norway",
    "{s} is a smoker",
    "{s} is a heavy smoker",
    "{s} is no longer a smoker",
    "{s} is not a heavy smoker any more",
    "{s} smokes after all, not only cigars",
)
SECTIONS = ("a", "b", "c")
SOURCES = ("one", "two", "three")
KINDS = ("world", "world", "world", "plan", "experience", "assistant_statement")


def on(day: int | None) -> datetime | None:
    return None if day is None else FIRST + timedelta(days=day)


@st.composite
def topics(draw: st.DrawFn) -> st.SearchStrategy[Dated]:
    """Facts of few subjects and slots, so that they meet."""
    subjects = st.sampled_from(draw(st.lists(st.sampled_from(SUBJECTS), min_size=1, max_size=2)))
    slots = draw(st.lists(st.sampled_from([*VALUES, None]), min_size=1, max_size=3))
    days = st.integers(0, 5) | (st.none() if draw(st.booleans()) else st.integers(0, 3))
    ends = st.none() | st.integers(0, 5) if draw(st.booleans()) else st.none()
    return st.composite(_fact)(subjects, st.sampled_from(slots), days, ends)


def _fact(
    draw: st.DrawFn,
    subjects: st.SearchStrategy[str],
    slots: st.SearchStrategy[str | None],
    days: st.SearchStrategy[int | None],
    ends: st.SearchStrategy[int | None],
) -> Dated:
    subject, slot, value = draw(subjects), draw(slots), None
    if slot is None:
        text = draw(st.sampled_from(FREE)).format(s=subject)
    else:
        value = draw(st.sampled_from(VALUES[slot]))
        text = draw(st.sampled_from(FORMS)).format(s=subject, v=value)
        value = value if draw(st.integers(0, 4)) else f"not {value}"
    start = draw(st.integers(0, 2)) * 10
    fact = Fact(
        fact_id="",
        section_id=draw(st.sampled_from(SECTIONS)),
        type=draw(st.sampled_from(KINDS)),
        text=text,
        quote=text if draw(st.integers(0, 5)) else f"Sorry, {text}",
        start=start,
        end=start + 5,
        mentioned_at=on(draw(days)),
        occurred_start=on(draw(ends)),
        occurred_end=on(draw(ends)),
        subject=subject if draw(st.integers(0, 9)) else None,
        slot=slot,
        value=value,
    )
    return Dated(draw(st.sampled_from(SOURCES)), fact)


def identified(fact_id: str, dated: Dated) -> Dated:
    return replace(dated, fact=replace(dated.fact, fact_id=fact_id))


class Reads(InMemoryClaims):
    """The claims of a bank and its edges, as a store reads them by its indexes."""

    def __init__(
        self,
        facts: Iterable[Dated],
        names: Mapping[str, str],
        verdicts: Iterable[Verdict],
        kept: Mapping[str, Successor],
    ) -> None:
        super().__init__(facts, names, verdicts)
        self._kept = kept

    def superseded_by(self, fact_ids: Collection[str]) -> Collection[str]:
        return {older for older, one in self._kept.items() if one.edge.newer in fact_ids}

    def successors(self, fact_ids: Collection[str]) -> Mapping[str, Place]:
        found: dict[str, Place] = {}
        for one in fact_ids:
            kept = self._kept.get(one)
            newer = self.known.get(kept.edge.newer) if kept and kept.at else None
            if newer:
                found[one] = timing(newer.source_id, newer.fact).place
        return found

    def open_variants(self, asked: Sequence[RivalClaims]) -> Sequence[Collection[Variant]]:
        return [{old.variant for old in self._open(one.series, one.claim)} for one in asked]

    def open_claims(self, asked: Sequence[RivalClaims]) -> Sequence[Sequence[Claim]]:
        return [
            [old for old in self._open(one.series, one.claim) if old.variant in one.variants]
            for one in asked
        ]

    def _open(self, series: Collection[str], newer: Claim) -> list[Claim]:
        at = (newer.when.said, newer.when.source_id)
        return [
            one
            for one in self.sorted_claims()
            if one.series in series
            and one.when.said < newer.when.said
            and one.when.since < newer.when.reach
            and (one.assistant or not newer.assistant)
            and self._closed_at(one.when.fact_id) >= at
        ]

    def _closed_at(self, fact_id: str) -> tuple[float, str]:
        kept = self._kept.get(fact_id)
        return kept.at if kept and kept.at else (inf, "")

    def stating(self, subject: str, words: Collection[str], newer: Timing) -> Sequence[StoredFact]:
        return [
            one
            for one in self.of_subject(subject)
            if not self._states(one).isdisjoint(words)
            and _is_before(timing(one.source_id, one.fact), newer)
        ]

    def _states(self, one: StoredFact) -> frozenset[str]:
        return frozenset(RULES.read(one.source_id, one.fact, self._names.get).states)


def _is_before(older: Timing, newer: Timing) -> bool:
    at_once = (older.said, older.source_id) == (newer.said, newer.source_id)
    return at_once or -inf < older.said < newer.said


@dataclass
class Bank:
    """A bank whose edges are derived again only for the facts that a change affects.

    Args:
        facts: Each with its place in its section.
        names: Alias to canonical name.
        verdicts: What a model sees.
        sections: Where the sections of each source begin.
    """

    facts: dict[str, Dated] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    verdicts: set[Verdict] = field(default_factory=set)
    sections: dict[str, list[str]] = field(
        default_factory=lambda: {source: list(SECTIONS) for source in SOURCES}
    )
    readings: dict[str, Reading] = field(default_factory=dict)
    kept: dict[str, Successor] = field(default_factory=dict)

    def edit(self, facts: Mapping[str, Dated | None]) -> None:
        """Make facts come, go or change."""
        self.facts.update({one: dated for one, dated in facts.items() if dated})
        for one, dated in facts.items():
            if dated is None:
                self.facts.pop(one, None)
        self._update(facts)

    def rename(self, names: Mapping[str, str]) -> None:
        """Give aliases other canonical names."""
        renamed = {one for one in ALIASES if self.names.get(one) != names.get(one)}
        self.names = dict(names)
        self._update(
            one for one, kept in self.readings.items() if not kept.lookups.isdisjoint(renamed)
        )

    def arrange(self, source: str, sections: list[str]) -> None:
        """Give the sections of a source another order, with others in between."""
        apart = moved(self.sections[source], sections)
        self.sections[source] = sections
        self._update(
            one
            for one, dated in self.facts.items()
            if dated.source_id == source and dated.fact.section_id in apart
        )

    def judge(self, verdicts: Collection[Verdict]) -> None:
        """Make verdicts come, and those go that were there."""
        self.verdicts.symmetric_difference_update(verdicts)
        self._update((), {one.older for one in verdicts})

    def _update(self, changed: Iterable[str], judged: Collection[str] = ()) -> None:
        whole = {dated.fact.fact_id: dated for dated in self.whole()}
        news = {one: self.read(whole[one]) if one in whole else None for one in changed}
        self.readings = {
            one: reading
            for one, reading in {**self.readings, **news}.items()
            if reading is not None
        }
        reads = Reads(whole.values(), self.names, self.verdicts, self.kept)
        concerned = {*RULES.affected(news, reads), *judged, *news}
        found = RULES.successors([reads.known[one] for one in concerned & whole.keys()], reads)
        for one in concerned:
            self.kept.pop(one, None)
        self.kept.update(found)

    def read(self, dated: Dated) -> Reading:
        return RULES.read(dated.source_id, dated.fact, self.names.get)

    def whole(self) -> list[Dated]:
        """The facts with their places in their sources."""
        return [self._placed(one) for one in self.facts.values()]

    def _placed(self, dated: Dated) -> Dated:
        fact = dated.fact
        begin = 100 * self.sections[dated.source_id].index(fact.section_id)
        return replace(dated, fact=replace(fact, start=begin + fact.start, end=begin + fact.end))

    def check(self) -> None:
        """Compare with what is derived from all facts, and with what is read of them."""
        found = [self.kept[one].edge for one in sorted(self.kept)]
        assert found == edges(self.whole(), self.names, self.verdicts)
        assert {one: _kept(self.read(dated)) for one, dated in self.facts.items()} == {
            one: _kept(reading) for one, reading in self.readings.items()
        }


def _kept(reading: Reading) -> tuple[object, ...]:
    claims = [(one.series, one.variant) for one in reading.claims]
    return reading.fact.subject, claims, reading.undoes, reading.states, reading.lookups


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_edges_that_are_kept_up_are_those_of_the_whole_bank(data: st.DataObject):
    bank = Bank()
    fact = data.draw(topics())
    numbers = st.integers(0, 15)
    for _ in range(data.draw(st.integers(1, 10))):
        match data.draw(st.sampled_from(["edit", "edit", "edit", "rename", "arrange", "judge"])):
            case "edit":
                ids = [f"f{n}" for n in data.draw(st.lists(numbers, max_size=8, unique=True))]
                come = {
                    one: data.draw(fact) if data.draw(st.integers(0, 5)) else None for one in ids
                }
                bank.edit({one: dated and identified(one, dated) for one, dated in come.items()})
            case "rename":
                bank.rename(data.draw(NAMES))
            case "arrange":
                source = data.draw(st.sampled_from(SOURCES))
                bank.arrange(source, data.draw(st.permutations([*SECTIONS, "d", "e"])))
            case _:
                pairs = data.draw(st.lists(st.tuples(numbers, numbers), max_size=4))
                bank.judge({Verdict(f"f{one}", f"f{other}", "replaces") for one, other in pairs})
        bank.check()
