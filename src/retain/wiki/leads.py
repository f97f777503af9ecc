"""The first paragraphs of pages: which pages want one, of which facts, and how it reads."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

from retain.memory.model import BankView, CitedFact, LeadRequest, LeadSentence
from retain.wiki.cast import Cast, Subject, cast_of, latest
from retain.wiki.links import citations
from retain.wiki.lists import Write
from retain.wiki.statements import Statement, statements

FEWEST = 3
"""A page of fewer statements that hold is as soon read as its lead would be."""

MOST = 40
MOST_CHARACTERS = 8_000
"""What a lead is made from, at most: some two thousand tokens."""

_LONGEST = 600
"""No longer statement is shown on a page in whole, so none is shown to a model."""


def wanting(view: BankView, named: dict[str, set[str]]) -> list[LeadRequest]:
    """The pages of entities that want a lead and have none of their present facts, by page id.

    Args:
        view: The bank; its topics may be left out.
        named: The sources that write each name.
    """
    cast = cast_of(view)
    found: list[LeadRequest] = []
    for subject in cast.subjects:
        shown = _shown(subject, cast)
        if len(shown) < FEWEST:
            continue
        digest = _digest(subject, shown)
        held = cast.leads.get(subject.page_id)
        if held is None or held.digest != digest:
            facts = tuple(one.cited[0] for one in shown)
            sources = _sources(subject.entity.name, facts, named)
            found.append(LeadRequest(subject.page_id, subject.entity.name, digest, facts, sources))
    return found


def led(view: BankView) -> tuple[str, ...]:
    """The ids of the pages that begin with a lead."""
    if not view.leads:
        return ()
    cast = cast_of(view)
    return tuple(one.page_id for one in cast.subjects if any(_sentences(one, cast)))


def paragraph(subject: Subject, cast: Cast, write: Write) -> list[str]:
    """The lead of a page with its citations, and an empty line; nothing where there is none.

    Args:
        subject: Whose page it is.
        cast: The bank.
        write: Escapes a sentence and links the names in it.
    """
    told = [
        _cited(text, citations(cited))
        for sentence, cited in _sentences(subject, cast)
        if (text := write(sentence.text))
    ]
    return [" ".join(told), ""] if told else []


def _sentences(subject: Subject, cast: Cast) -> Iterator[tuple[LeadSentence, list[CitedFact]]]:
    """The sentences of the page's lead, if it is of the present facts, each with what it cites."""
    lead = cast.leads.get(subject.page_id)
    if lead is None:
        return
    shown = _shown(subject, cast)
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


def _shown(subject: Subject, cast: Cast) -> list[Statement]:
    """What a lead is made from: what holds, the most important first.

    That is what is said of the subject itself, slots before all else, then what it is only named
    in; what an assistant said comes last. Of each kind, the newest comes first.
    """
    holding = [one for one in subject.facts if one.fact.fact_id not in cast.newer]
    found = {one.cited[0]: one for one in statements(holding) if len(one.text) <= _LONGEST}
    shown: list[Statement] = []
    left = MOST_CHARACTERS
    for first in sorted(latest(found), key=lambda one: _remoteness(one, subject)):
        left -= len(first.fact.text)
        if left < 0 or len(shown) == MOST:
            break
        shown.append(found[first])
    return shown


def _remoteness(one: CitedFact, subject: Subject) -> tuple[bool, bool, bool]:
    fact = one.fact
    is_about = (fact.subject or "").casefold() in subject.aliases
    return fact.type == "assistant_statement", not is_about, fact.slot is None


def _digest(subject: Subject, shown: list[Statement]) -> str:
    facts = [one.cited[0].fact for one in shown]
    said = [
        [fact.fact_id, fact.text, fact.mentioned_at.isoformat() if fact.mentioned_at else None]
        for fact in facts
    ]
    return hashlib.sha256(json.dumps([subject.entity.name, said]).encode()).hexdigest()


def _sources(
    title: str, facts: tuple[CitedFact, ...], named: dict[str, set[str]]
) -> tuple[str, ...]:
    """The sources of the facts; where none of them writes the title, those that do as well."""
    of_facts = {one.source_id for one in facts}
    writing = named.get(title, set())
    return tuple(sorted(of_facts if of_facts & writing else of_facts | writing))
