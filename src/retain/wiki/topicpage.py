"""The page of a topic: what its sections say, and whom they speak of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from retain.memory.model import CitedFact, Page, Topic
from retain.wiki.cast import Cast, Subject, topic_page
from retain.wiki.choosing import chosen
from retain.wiki.escaping import escape
from retain.wiki.links import title, to_page, to_source
from retain.wiki.lists import changed, listed, many, section
from retain.wiki.statements import Statement, same, split

_MOST_STATED = 60
_MOST_LINKED = 15


def topic_page_of(topic: Topic, facts: Sequence[CitedFact], cast: Cast) -> Page:
    """What a bank knows of a topic.

    Args:
        topic: The topic.
        facts: Those of its sections, by source and place.
        cast: The bank.
    """
    page_id = topic_page(topic)
    changes, holding = split(facts, cast.newer)
    terms = [same(term) for term in topic.terms]
    shown, left_out = chosen(holding, _MOST_STATED, lambda one: _fit(one, terms))

    def write(text: str) -> str:
        return cast.linker.statement(text, page_id)

    sections = Counter(source_id for source_id, _ in topic.sections)
    lines = [f"# {title(topic.title)}", "", _about(topic, facts, sections), ""]
    lines += section("Who and what", _subjects(facts, cast))
    lines += section("What changed", changed(changes, write))
    lines += section("What is said", listed(shown, write))
    lines += [left_out, ""] if left_out else []
    lines += section("Sources", _sources(sections, facts))
    stated = sum(len(one.cited) for one in shown)
    for change in changes:
        both = [*change.older, *([change.newer] if change.newer else [])]
        stated += sum(len(one.cited) for one in both)
    return Page(page_id, "topic", topic.title, (), stated, "\n".join(lines).rstrip("\n") + "\n")


def _about(topic: Topic, facts: Sequence[CitedFact], sections: Counter[str]) -> str:
    terms = f" Terms: {', '.join(escape(term) for term in topic.terms)}." if topic.terms else ""
    counts = (
        f"{many(len(topic.sections), 'section')} of {many(len(sections), 'source')}, "
        f"{many(len(facts), 'fact')}"
    )
    return f"Topic: {counts}.{terms}"


def _fit(one: Statement, terms: Sequence[str]) -> float:
    """How much of the topic the statement tells."""
    words = f" {same(one.text)}"
    return sum(f" {term}" in words for term in terms) + one.cited[0].fact.confidence / 2


def _subjects(facts: Sequence[CitedFact], cast: Cast) -> list[str]:
    counts: Counter[str] = Counter()
    by_id: dict[str, Subject] = {}
    for one in facts:
        for subject in cast.of(one.fact):
            counts[subject.page_id] += 1
            by_id[subject.page_id] = subject
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_MOST_LINKED]
    linked = [f"{to_page(by_id[key].entity.name, key)} ({count:,})" for key, count in ranked]
    return [", ".join(linked)] if linked else []


def _sources(sections: Counter[str], facts: Sequence[CitedFact]) -> list[str]:
    told = Counter(one.source_id for one in facts)
    ranked = sorted(sections.items(), key=lambda item: (-item[1], item[0]))
    return [
        f"- {to_source(source_id)}: {many(count, 'section')}, {many(told[source_id], 'fact')}"
        for source_id, count in ranked
    ]
