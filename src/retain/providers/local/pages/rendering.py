"""Every page of a bank."""

from __future__ import annotations

from collections import defaultdict

from retain.memory.model import BankView, CitedFact, Page, Topic
from retain.providers.local.pages.cast import cast_of, place, topic_page
from retain.providers.local.pages.entitypage import entity_page
from retain.providers.local.pages.topicpage import topic_page_of


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
