"""Every page of a bank."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import get_args

from retain.memory.model import EntityKind, EntityNote, Page
from retain.memory.ports import PageReads
from retain.wiki.entitypage import entity_page
from retain.wiki.topicpage import topic_page

_AT_ONCE = 1_000


def pages(reads: PageReads) -> list[Page]:
    """The page of every topic, and of every entity that is told enough of, by page id."""
    entities = (entity_page(one.entity.entity_id, reads) for one in paged(reads))
    topics = (topic_page(one.topic_id, reads) for one in reads.ranked_topics(reads.totals().topics))
    found = [page for those in (entities, topics) for page in those if page is not None]
    return sorted(found, key=lambda page: page.page_id)


def rendered(kind: str, owner: str, reads: PageReads) -> Page | None:
    """A page; None where nothing is left to tell.

    Args:
        kind: What it is of.
        owner: The id of the entity or the topic.
        reads: The bank.
    """
    return entity_page(owner, reads) if kind == "entity" else topic_page(owner, reads)


def again(reads: PageReads, page_ids: Collection[str], written: Sequence[Page]) -> list[Page]:
    """The pages of a bank, of which some are of entities and are rendered again.

    Args:
        reads: The bank.
        page_ids: The ids of the pages to render.
        written: All pages as they were.
    """
    rendered = {
        one.page_id: entity_page(one.entity.entity_id, reads)
        for one in paged(reads)
        if one.page_id in page_ids
    }
    return [rendered.get(page.page_id) or page for page in written]


def paged(reads: PageReads) -> Iterator[EntityNote]:
    """The entities that have a page, kind by kind."""
    for kind in get_args(EntityKind):
        last: EntityNote | None = None
        while those := reads.ranked_entities(kind, _AT_ONCE, last):
            yield from those
            last = those[-1]
