"""Every page of a bank."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from retain.memory.model import BankView, CitedFact, Lead, Page, Topic
from retain.wiki.cast import cast_of, place, topic_page
from retain.wiki.entitypage import entity_page
from retain.wiki.topicpage import topic_page_of


def pages(view: BankView) -> list[Page]:
    """The page of every topic, and of every entity that is told enough of, by page id.

    An entity is told enough of if two facts speak of it, or one that fills a slot.
    """
    cast = cast_of(view)
    found = [entity_page(subject, cast) for subject in cast.subjects]
    by_section: defaultdict[tuple[str, str], list[CitedFact]] = defaultdict(list)
    for one in cast.facts:
        by_section[one.source_id, one.fact.section_id].append(one)
    topics: dict[str, Topic] = {}
    for topic in sorted(view.topics, key=repr):
        topics.setdefault(topic_page(topic), topic)
    for topic in topics.values():
        facts = [one for key in sorted(set(topic.sections)) for one in by_section.get(key, ())]
        found.append(topic_page_of(topic, sorted(facts, key=place), cast))
    return sorted(found, key=lambda page: page.page_id)


def pages_with_leads(view: BankView, before: Sequence[Lead], written: Sequence[Page]) -> list[Page]:
    """What `pages` makes of a bank of which only leads have changed.

    Args:
        view: The bank.
        before: Its leads before.
        written: Its pages before.
    """
    changed = {lead.page_id for lead in {*before}.symmetric_difference(view.leads)}
    cast = cast_of(view)
    again = {
        subject.page_id: entity_page(subject, cast)
        for subject in cast.subjects
        if subject.page_id in changed
    }
    return [again.get(page.page_id, page) for page in written]
