"""What recall found, as hits: a section's whole text, or the fact in it that answers."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from retain.memory.model import Copy, Fact, Hit, HitKind, Reason, SectionRow
from retain.recall.cues import Query
from retain.recall.facts import Match, stands_for
from retain.recall.fusion import Ranked, fact_part, largest_first
from retain.recall.superseded import Superseded
from retain.recall.weights import Weights

KINDS: tuple[HitKind, ...] = ("fact", "section")


def hits(
    query: Query,
    ranked: Sequence[Ranked],
    kinds: Collection[HitKind],
    weights: Weights,
    k: int,
    gone: Superseded,
) -> list[Hit]:
    """The `k` best hits of the wanted kinds.

    Of each section there is one, unless only facts are wanted: then every fact that fits is one.
    """
    if "section" in kinds:
        return [_of_section(query, one, kinds, gone) for one in ranked[:k]]
    found = [hit for one in ranked for hit in _of_facts(one, weights, gone)]
    found.sort(key=lambda hit: -hit.score)  # stable: equal ones stay in the order of their sections
    return found[:k]


def _of_section(query: Query, one: Ranked, kinds: Collection[HitKind], gone: Superseded) -> Hit:
    if "fact" in kinds and one.facts and stands_for(query, one.row, one.facts[0].fact):
        return _as_fact(one, _section(one), one.facts[0].fact, gone)
    return replace(_section(one), superseded_by=gone.successor(query, one.row, one.facts))


def _of_facts(one: Ranked, weights: Weights, gone: Superseded) -> Iterator[Hit]:
    hit = _section(one)
    rest = [reason for reason in one.why if reason.signal != "fact"]
    for match in one.facts:
        why = largest_first([*rest, *_reason(match, weights)])
        scored = replace(hit, why=why, score=sum(reason.score for reason in why))
        yield _as_fact(one, scored, match.fact, gone)


def _reason(match: Match, weights: Weights) -> Iterator[Reason]:
    if part := fact_part(match, weights):
        yield Reason("fact", part)


def _section(one: Ranked) -> Hit:
    row, section = one.row, one.row.section
    return Hit(
        text=row.text,
        source_id=row.source_id,
        span=(section.start, section.end),
        kind="section",
        fact_id=None,
        section_id=section.section_id,
        score=one.score,
        mentioned_at=section.said_at,
        came_in=row.came_in if section.said_at is None else None,
        path=section.path,
        lines=(section.line_start, section.line_end),
        speaker=section.speaker,
        why=one.why,
        relevance=one.relevance,
        copies=tuple(_copy(copy.row) for copy in one.copies),
    )


def _copy(row: SectionRow, fact: Fact | None = None) -> Copy:
    """Where a section is, or a fact of it."""
    section = row.section
    span, lines = (section.start, section.end), (section.line_start, section.line_end)
    if fact is None:
        return Copy(row.source_id, span, lines)
    if span[1] - span[0] == len(row.text):  # else the source writes its lines otherwise
        first = lines[0] + row.text.count("\n", 0, fact.start - span[0])
        lines = (first, first + fact.quote.count("\n"))
    return Copy(row.source_id, (fact.start, fact.end), lines)


def _copied(copy: Ranked, text: str) -> Copy:
    """Where a copy of a section states a fact."""
    facts = (match.fact for match in copy.facts)
    return _copy(copy.row, next((fact for fact in facts if fact.text == text), None))


def _as_fact(one: Ranked, hit: Hit, fact: Fact, gone: Superseded) -> Hit:
    place = _copy(one.row, fact)
    return replace(
        hit,
        text=fact.text,
        span=place.span,
        lines=place.lines,
        copies=tuple(_copied(copy, fact.text) for copy in one.copies),
        kind="fact",
        fact_id=fact.fact_id,
        mentioned_at=fact.mentioned_at or hit.mentioned_at,
        came_in=None if hit.mentioned_at else fact.came_in,
        occurred_start=fact.occurred_start,
        occurred_end=fact.occurred_end,
        superseded_by=gone.newer.get(fact.fact_id),
    )
