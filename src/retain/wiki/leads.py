"""The first paragraphs of pages: which pages want one, of which facts, and how it reads."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator

from retain.memory.model import CitedFact, EntityNote, Lead, LeadRequest, LeadSentence
from retain.memory.naming import names_in
from retain.memory.ports import PageReads
from retain.wiki.links import citations
from retain.wiki.pagefacts import MOST_READ, PageFacts, latest, place
from retain.wiki.statements import Statement, statements

FEWEST = 3
"""A page of fewer statements that hold is as soon read as its lead would be."""

MOST = 40
MOST_CHARACTERS = 8_000
"""What a lead is made from, at most: some two thousand tokens."""

_LONGEST = 600
"""No longer statement is shown on a page in whole, so none is shown to a model."""


def wanting(entity_id: str, reads: PageReads) -> LeadRequest | None:
    """What to ask for if the entity's page wants a lead and has none of its present facts.

    Args:
        entity_id: Whose page it is.
        reads: The bank.
    """
    found = _read(entity_id, reads)
    if found is None:
        return None
    subject, page_id, shown = found
    if len(shown) < FEWEST:
        return None
    name, digest = subject.entity.name, _digest(subject, shown)
    held = reads.lead(page_id)
    if held is not None and held.digest == digest:
        return None
    facts = tuple(one.cited[0] for one in shown)
    return LeadRequest(page_id, name, digest, facts, _sources(name, facts, reads))


def led(entity_id: str, reads: PageReads) -> bool:
    """Whether the entity's page begins with a lead."""
    found = _read(entity_id, reads)
    lead = None if found is None else reads.lead(found[1])
    return lead is not None and found is not None and any(_sentences(lead, found[0], found[2]))


def paragraph(subject: EntityNote, found: PageFacts, lead: Lead | None) -> list[str]:
    """The lead of a page with its citations, and an empty line; nothing where there is none.

    Args:
        subject: Whose page it is.
        found: Its facts.
        lead: What was written last for it.
    """
    if lead is None:
        return []
    told: list[str] = []
    for sentence, cited in _sentences(lead, subject, _shown(subject, found.facts)):
        names = {name for one in cited for name in names_in(one.fact)}
        if text := found.linker.statement(sentence.text, names, lead.page_id):
            told.append(_cited(text, citations(cited)))
    return [" ".join(told), ""] if told else []


def _read(entity_id: str, reads: PageReads) -> tuple[EntityNote, str, list[Statement]] | None:
    """An entity that has a page, the page's id and what a lead of it is made from."""
    subject = reads.entity(entity_id)
    if subject is None or subject.page_id is None:
        return None
    facts = reads.facts_naming(subject.aliases, MOST_READ)
    return subject, subject.page_id, _shown(subject, sorted(facts, key=place))


def _sentences(
    lead: Lead, subject: EntityNote, shown: list[Statement]
) -> Iterator[tuple[LeadSentence, list[CitedFact]]]:
    """The sentences of a lead, if it is of the present facts, each with what it cites."""
    if lead.digest != _digest(subject, shown):
        return
    by_id = {one.cited[0].fact.fact_id: one.cited for one in shown}
    for sentence in lead.sentences:
        cited = [one for fact_id in sentence.fact_ids for one in by_id.get(fact_id, ())]
        if cited:
            yield sentence, cited


def _cited(text: str, links: str) -> str:
    """A sentence with its citations before its full stop, as in the lists of a page."""
    if text.endswith(".") and not text.endswith(".."):
        return f"{text[:-1]} ({links})."
    return f"{text} ({links})"


def _shown(subject: EntityNote, facts: Iterable[CitedFact]) -> list[Statement]:
    """What a lead is made from: what holds, the most important first.

    That is what is said of the subject itself, slots before all else, then what it is only named
    in; what an assistant said comes last. Of each kind, the newest comes first.

    Args:
        subject: Whose page it is.
        facts: Its facts, by source and place.
    """
    holding = [one for one in facts if one.fact.superseded_by is None]
    by_first = {
        one.cited[0].fact.fact_id: one for one in statements(holding) if len(one.text) <= _LONGEST
    }
    firsts = latest(one.cited[0] for one in by_first.values())
    aliases = subject.aliases
    shown: list[Statement] = []
    left = MOST_CHARACTERS
    for first in sorted(firsts, key=lambda one: _remoteness(one, aliases)):
        left -= len(first.fact.text)
        if left < 0 or len(shown) == MOST:
            break
        shown.append(by_first[first.fact.fact_id])
    return shown


def _remoteness(one: CitedFact, aliases: Collection[str]) -> tuple[bool, bool, bool]:
    fact = one.fact
    is_about = (fact.subject or "").casefold() in aliases
    return fact.type == "assistant_statement", not is_about, fact.slot is None


def _digest(subject: EntityNote, shown: list[Statement]) -> str:
    facts = [one.cited[0].fact for one in shown]
    said = [
        [fact.fact_id, fact.text, fact.mentioned_at.isoformat() if fact.mentioned_at else None]
        for fact in facts
    ]
    return hashlib.sha256(json.dumps([subject.entity.name, said]).encode()).hexdigest()


def _sources(title: str, facts: tuple[CitedFact, ...], reads: PageReads) -> tuple[str, ...]:
    """The sources of the facts; where none of them writes the title, those that do as well."""
    of_facts = {one.source_id for one in facts}
    if not reads.writers(title, of_facts):
        of_facts.update(reads.writers(title))
    return tuple(sorted(of_facts))
