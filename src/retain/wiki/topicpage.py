"""The page of a topic: what its sections say, and whom they speak of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from retain.memory.model import CitedFact, Page, Topic
from retain.memory.naming import topic_page_id
from retain.memory.ports import PageReads
from retain.wiki.choosing import chosen
from retain.wiki.escaping import escape
from retain.wiki.links import most_linked, title
from retain.wiki.lists import changed, listed, listed_sources, many, section
from retain.wiki.pagefacts import MOST_READ, PageFacts, gathered
from retain.wiki.statements import Statement, same, split

_MOST_STATED = 60
_MOST_LINKED = 15


def topic_page(topic_id: str, reads: PageReads) -> Page | None:
    """What a bank knows of a topic; None where there is no such topic, or no section of it left.

    Args:
        topic_id: The topic.
        reads: The bank.
    """
    topic = reads.topic(topic_id)
    if topic is None or not topic.sections:
        return None
    page_id = topic_page_id(topic_id)
    found = gathered(reads.facts_in_topic(topic_id, MOST_READ), reads)
    changes, holding = split(found.facts, found.newer)
    terms = [same(term) for term in topic.terms]
    shown, left_out = chosen(holding, _MOST_STATED, lambda one: _fit(one, terms))

    def write(one: Statement) -> str:
        return found.linker.statement(one.text, one.names, page_id)

    sections = Counter(source_id for source_id, _ in topic.sections)
    lines = [f"# {title(topic.title)}", "", _about(topic, found.facts, sections), ""]
    lines += section("Who and what", _subjects(found))
    lines += section("What changed", changed(changes, write))
    lines += section("What is said", listed(shown, write))
    lines += [left_out, ""] if left_out else []
    lines += section("Sources", _sources(sections, found.facts))
    stated = sum(len(one.cited) for one in shown)
    for change in changes:
        both = [*change.older, *([change.newer] if change.newer else [])]
        stated += sum(len(one.cited) for one in both)
    return Page(page_id, "topic", topic.title, (), stated, "\n".join(lines).rstrip("\n") + "\n")


def _about(topic: Topic, facts: Sequence[CitedFact], sections: Counter[str]) -> str:
    terms = f" Terms: {', '.join(escape(term) for term in topic.terms)}." if topic.terms else ""
    newest = "the newest " if len(facts) == MOST_READ else ""
    counts = (
        f"{many(len(topic.sections), 'section')} of {many(len(sections), 'source')}, "
        f"{newest}{many(len(facts), 'fact')}"
    )
    return f"Topic: {counts}.{terms}"


def _fit(one: Statement, terms: Sequence[str]) -> float:
    """How much of the topic the statement tells."""
    words = f" {same(one.text)}"
    return sum(f" {term}" in words for term in terms) + one.cited[0].fact.confidence / 2


def _subjects(found: PageFacts) -> list[str]:
    named = found.named()
    return [most_linked(named, _MOST_LINKED)] if named else []


def _sources(sections: Counter[str], facts: Sequence[CitedFact]) -> list[str]:
    told = Counter(one.source_id for one in facts)
    return listed_sources(
        sections,
        lambda source_id: (
            f"{many(sections[source_id], 'section')}, {many(told[source_id], 'fact')}"
        ),
    )
