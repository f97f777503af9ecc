"""EXTRACT_FACTS: the statements of every section that was not extracted before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from retain.engine import Failed, StateResult
from retain.kinds import OutcomeKind, Task
from retain.memory.call_context import in_call_context
from retain.memory.context import RetainContext
from retain.memory.model import (
    Extraction,
    Fact,
    Knowledge,
    Outcome,
    Section,
)
from retain.states.services import RetainServices

_REASONS = 3


async def extract_facts(ctx: RetainContext, services: RetainServices) -> StateResult:
    """Extract the sections that are new or changed; take the others' statements as they were.

    A section that could not be extracted is marked, and COMPLETE tells of it. Where the run is to
    be strict, or the model's server answered nothing at all, it fails the run: a model that is
    asked again has the answers of the other sections in its journal.
    """
    extractor = services.extractor_for("EXTRACT_FACTS")
    store = services.store_for("EXTRACT_FACTS")
    known = Knowledge()  # of sections that are added, nothing is
    if ctx.tail is None:
        known = await store.knowledge(ctx.bank_id, ctx.source_id)
    if ctx.task == Task.FORGET_FACT and not known.by_rules:
        rows = await store.sections(ctx.bank_id, ctx.source_id)
        return _carry_over(ctx, known, [row.section for row in rows])
    setting = await extractor.setting(ctx.text, ctx.sections)
    sections = ctx.new_sections
    reused = _reusable(sections, known, setting)
    fresh = [section for section in sections if section.section_id not in reused]
    with in_call_context(ctx.bank_id, ctx.source_id, "EXTRACT_FACTS", run=ctx.started_at):
        extraction = await extractor.extract(ctx.text, fresh, among=ctx.sections)
    if ctx.stated:
        extraction = replace(extraction, facts=_as_stated(ctx, fresh, extraction.facts))
    drafts = [*_moved(known, sections, reused), *extraction.facts]
    drafts.sort(key=lambda fact: (fact.start, fact.end, fact.text))
    outcomes = _outcomes(sections, drafts, extraction, reused)
    ctx.drafts, ctx.outcomes, ctx.extractor = drafts, outcomes, setting
    lost = told(outcomes)
    if lost is not None and (services.strict or not extraction.answered):
        return Failed(lost)
    return "DEDUPE_FACTS"


def _as_stated(
    ctx: RetainContext, sections: Sequence[Section], facts: Sequence[Fact]
) -> tuple[Fact, ...]:
    """A user's statement as a fact in the user's words.

    Where rules see several facts in it, these are taken. Where they see one, its subject and its
    slot are: so it supersedes what it contradicts.
    """
    if len(facts) > 1 or not sections:
        return tuple(facts)
    section = sections[0]
    whole = ctx.text[section.start : section.end]
    quote = whole.strip()
    start = section.start + whole.index(quote)
    text = quote if quote.endswith("..") else quote.removesuffix(".")
    said_at = section.said_at or ctx.reference_date
    unread = Fact("", section.section_id, "world", text, quote, start, start, mentioned_at=said_at)
    fact = facts[0] if facts else unread
    return (replace(fact, text=text, quote=quote, start=start, end=start + len(quote)),)


def _carry_over(ctx: RetainContext, known: Knowledge, before: Sequence[Section]) -> StateResult:
    """Take the statements whose words still stand, where some words were blanked.

    To forget asks no model. Blanks are as long as what they replace, so nothing has moved.
    """
    base = {section.section_id: section.start for section in before}
    drafts: list[Fact] = []
    for fact in [*known.facts, *(merged.fact for merged in known.merged)]:
        found = _still_said(ctx, fact, base[fact.section_id])
        if found is not None:
            here, start = found
            end = start + len(fact.quote)
            moved = replace(fact, fact_id="", entities=(), section_id=here, start=start, end=end)
            drafts.append(moved)
    lost = {outcome.section_id: outcome for outcome in known.outcomes if outcome.lost}
    outcomes = _outcomes(ctx.sections, drafts, Extraction(), {})
    outcomes = [lost.get(outcome.section_id, outcome) for outcome in outcomes]
    ctx.outcomes = [replace(outcome, reused=True) for outcome in outcomes]
    ctx.drafts, ctx.extractor = drafts, known.extractor
    return "DEDUPE_FACTS"


def _still_said(ctx: RetainContext, fact: Fact, base: int) -> tuple[str, int] | None:
    """The section and the place of a fact's words, if they still stand.

    Args:
        ctx: The run.
        fact: The fact, by its place in its section.
        base: Where its section began in the source.
    """
    for section in ctx.sections:
        if section.place is None:
            start = fact.start + base
            if section.start <= start and start + len(fact.quote) <= section.end:
                return (section.section_id, start) if _says(ctx, fact, start) else None
        elif section.place.start <= base < section.place.end:
            start = ctx.text.find(fact.quote, section.start, section.end)
            return None if start < 0 else (section.section_id, start)
    return None


def _says(ctx: RetainContext, fact: Fact, start: int) -> bool:
    return ctx.text[start : start + len(fact.quote)] == fact.quote


def told(outcomes: Sequence[Outcome], before: int = 0) -> str | None:
    """What to tell of the sections that could not be extracted; None if there are none.

    Args:
        outcomes: How the sections of the run ended.
        before: How many sections that the source had before the run are lost as well.
    """
    lost = [outcome for outcome in outcomes if outcome.lost]
    if not lost and not before:
        return None
    reasons = dict.fromkeys(outcome.detail or outcome.kind for outcome in lost)
    shown = "; ".join(list(reasons)[:_REASONS]) + ("; …" if len(reasons) > _REASONS else "")
    new = f"{len(lost)} of {len(outcomes)} sections could not be extracted ({shown})"
    old = f"{before} sections from before are still to be extracted"
    what = "; ".join(one for one, number in ((new, len(lost)), (old, before)) if number)
    return f"{what}; what the others gave is kept, and a resume asks for these alone"


def _reusable(sections: Sequence[Section], known: Knowledge, setting: str) -> dict[str, Outcome]:
    """The outcomes of the sections that the same rules have seen with the same date."""
    if known.extractor != setting:
        return {}
    said = {section.section_id: section.said_at for section in sections}
    return {
        outcome.section_id: outcome
        for outcome in known.outcomes
        if outcome.section_id in said
        and outcome.said_at == said[outcome.section_id]
        and not outcome.lost
    }


def _moved(known: Knowledge, sections: Sequence[Section], reused: dict[str, Outcome]) -> list[Fact]:
    """What is known of the reused sections, at their places in this version."""
    starts = {section.section_id: section.start for section in sections}
    statements = [*known.facts, *(merged.fact for merged in known.merged)]
    return [
        replace(
            fact,
            fact_id="",
            entities=(),
            start=fact.start + starts[fact.section_id],
            end=fact.end + starts[fact.section_id],
        )
        for fact in statements
        if fact.section_id in reused
    ]


def _outcomes(
    sections: Sequence[Section],
    drafts: Sequence[Fact],
    extraction: Extraction,
    reused: dict[str, Outcome],
) -> list[Outcome]:
    """How every section ended; none is left out."""
    numbers: dict[str, int] = {}
    for fact in drafts:
        numbers[fact.section_id] = numbers.get(fact.section_id, 0) + 1
    doubtful: dict[str, int] = {}
    for fact in extraction.quarantined:
        doubtful[fact.section_id] = doubtful.get(fact.section_id, 0) + 1
    found: list[Outcome] = []
    for section in sections:
        number, key = numbers.get(section.section_id, 0), section.section_id
        before = reused.get(key)
        kind = OutcomeKind.FACTS if number else OutcomeKind.NO_FACTS
        if key in extraction.failed:
            kind = OutcomeKind.FAILED
        elif key in extraction.truncated:
            kind = OutcomeKind.TRUNCATED
        detail = before.detail if before is not None else _detail(key, extraction, doubtful)
        said_at, is_reused = section.said_at, before is not None
        found.append(Outcome(key, kind, number, said_at, detail, is_reused))
    return found


def _detail(key: str, extraction: Extraction, doubtful: dict[str, int]) -> str | None:
    """What else there is to tell of a section."""
    told = [
        of[key]
        for of in (extraction.failed, extraction.truncated, extraction.warnings)
        if key in of
    ]
    if key in doubtful:
        told.append(f"{doubtful[key]} not found in the text")
    return "; ".join(told) or None
