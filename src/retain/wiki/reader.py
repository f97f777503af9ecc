"""What people read of a bank: its pages and what became of them, its index and its log."""

from __future__ import annotations

import difflib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence

from retain.bank import BankStore
from retain.bank.rows import check_ids
from retain.errors import NotFoundError, PageNotFoundError
from retain.memory.model import (
    CitedFact,
    Edge,
    Fact,
    LogEntry,
    Page,
    PageKind,
    Revision,
    Verdict,
)
from retain.memory.naming import names_in, topic_page_id
from retain.memory.ports.pages import PageReads
from retain.wiki.bankindex import index
from retain.wiki.banklog import log
from retain.wiki.history import revisions
from retain.wiki.rendering import paged, rendered

MOST_TOPICS = 1_000
"""More topics than a bank ever has."""

PAGES_AT_ONCE = 100
"""How many pages are read or rendered in one transaction."""

_NEAREST = 500
"""Among so many pages the nearest to a name that has none is looked for."""

Relate = Callable[
    [Sequence[tuple[str, Fact]], Mapping[str, str], Sequence[Verdict]], Sequence[Edge]
]
"""What superseded what among facts, given with their sources, canonical names and verdicts."""

Owner = tuple[PageKind, str]


class WikiReader:
    """Reads the pages of banks; what says something else by now is rendered first, and kept.

    Args:
        store: The banks.
        relate: Sees which facts supersede which among those that stood at an earlier time.
    """

    def __init__(self, store: BankStore, relate: Relate) -> None:
        self._store = store
        self._relate = relate

    async def pages(self, bank_id: str) -> list[Page]:
        """All pages, by id."""
        found = [page async for page in self.every_page(bank_id)]
        return sorted(found, key=lambda page: page.page_id)

    async def every_page(self, bank_id: str) -> AsyncIterator[Page]:
        """All pages, in any order; some of them are in memory at a time."""
        owners = await self._store.read_pages(bank_id, _owners)
        for start in range(0, len(owners), PAGES_AT_ONCE):
            some = owners[start : start + PAGES_AT_ONCE]
            for page in await self._store.current_pages(bank_id, some, rendered):
                yield page

    async def page(self, name: str, bank_id: str) -> Page:
        """The page of an entity or a topic, by its title, an alias or its id.

        Raises:
            InputError: No page can have the name.
            PageNotFoundError: There is no such page; the error names similar ones.
        """
        check_ids(bank_id, name)
        owner = await self._store.read_pages(bank_id, lambda reads: _owner(name, reads))
        page = None if owner is None else await self._page(bank_id, owner)
        if page is None:
            titles = await self._store.read_pages(bank_id, _titles)
            raise PageNotFoundError(bank_id, name, _nearest(name, titles))
        return page

    async def index(self, bank_id: str) -> str:
        """The index as Markdown; empty where there is no such bank."""
        if await self._store.version(bank_id) is None:
            return ""
        return await self._store.read_pages(bank_id, index)

    async def wrong_pages(self, bank_id: str) -> list[str]:
        """Why pages that are kept are not as they would be rendered, one line each."""
        owners = await self._store.read_pages(bank_id, _owners)
        found: list[str] = []
        for start in range(0, len(owners), PAGES_AT_ONCE):
            some = owners[start : start + PAGES_AT_ONCE]
            for kept, page in await self._store.kept_pages(bank_id, some, rendered):
                if kept != page:
                    found.append(f"the page of {kept.title!r} says something else than the facts")
        return sorted(found)

    async def log(self, bank_id: str) -> list[LogEntry]:
        """What came into the bank, oldest first."""
        return list(await self._store.log(bank_id))

    async def log_text(self, bank_id: str) -> str:
        """The log as Markdown."""
        entries = await self.log(bank_id)
        named = {name.casefold() for entry in entries for name in entry.pages}
        notes = await self._store.read_pages(bank_id, lambda reads: reads.entities_named(named))
        pages = {one.entity.name: one.page_id for one in notes if one.page_id is not None}
        return log(entries, pages)

    async def history(self, name: str, bank_id: str) -> list[Revision]:
        """The revisions of an entity's page, oldest first.

        They are rendered from the facts that the bank's sources stated at each time, by the names
        and by the verdicts of a model that the bank has today. A source that is forgotten leaves
        none.

        Raises:
            NotFoundError: There is no such page, or it is a topic's: topics are clustered again
                as a bank grows.
        """
        page = await self.page(name, bank_id)
        owner = await self._store.read_pages(bank_id, lambda reads: _owner(page.page_id, reads))
        if owner is None or owner[0] != "entity":
            raise NotFoundError(
                f"{page.title!r} is a topic: topics are clustered again as a bank grows and have "
                "no history; pages of people, places and things do"
            )
        about = {alias.casefold() for alias in (page.title, *page.aliases)}
        lifetimes = await self._store.lifetimes_about(bank_id, about)
        versions = await self._store.versions_of(
            bank_id, {one.cited.source_id for one in lifetimes}
        )
        verdicts = await self._store.verdicts(bank_id)

        def read(reads: PageReads) -> list[Revision]:
            named = {name for one in lifetimes for name in names_in(one.cited.fact)}
            notes = reads.entities_named(named)
            canonical = {alias: one.entity.name for one in notes for alias in one.entity.aliases}

            def relate(facts: Sequence[CitedFact]) -> Sequence[Edge]:
                stated = [(one.source_id, one.fact) for one in facts]
                return self._relate(stated, canonical, verdicts)

            return list(revisions(owner[1], reads, lifetimes, versions, relate))

        return await self._store.read_pages(bank_id, read)

    async def _page(self, bank_id: str, owner: Owner) -> Page | None:
        (page, *_) = [*await self._store.current_pages(bank_id, [owner], rendered), None]
        return page


def difference(revisions: Sequence[Revision], number: int) -> str:
    """What a revision changed, as a unified diff; empty where it changed no line.

    Args:
        revisions: Of one page, oldest first.
        number: Which of them.
    """
    new = revisions[number - 1]
    old = revisions[number - 2].text if number > 1 else ""
    lines = difflib.unified_diff(
        old.splitlines(),
        new.text.splitlines(),
        f"revision {number - 1}" if number > 1 else "nothing",
        f"revision {number}",
        lineterm="",
        n=1,
    )
    return "\n".join(lines)


def _owners(reads: PageReads) -> list[Owner]:
    """Everybody and everything that has a page."""
    owners: list[Owner] = [("entity", one.entity.entity_id) for one in paged(reads)]
    return [*owners, *(("topic", one.topic_id) for one in reads.ranked_topics(MOST_TOPICS))]


def _owner(name: str, reads: PageReads) -> Owner | None:
    """Whose page has a title, an id or an alias; of several, in this order."""
    wanted = name.strip().casefold()
    notes = [one for one in reads.entities_named({wanted}) if one.page_id is not None]
    notes.sort(key=lambda one: (one.entity.name.casefold() != wanted, one.page_id))
    titled = [one for one in notes if one.entity.name.casefold() == wanted]
    by_id = reads.entity_of_page(wanted)
    topics = reads.ranked_topics(MOST_TOPICS)
    for one in [*titled, *([] if by_id is None else [by_id])]:
        return "entity", one.entity.entity_id
    for topic in topics:
        if wanted in (topic.title.casefold(), topic_page_id(topic.topic_id)):
            return "topic", topic.topic_id
    return ("entity", notes[0].entity.entity_id) if notes else None


def _titles(reads: PageReads) -> list[str]:
    notes = (one for one, _ in zip(paged(reads), range(_NEAREST), strict=False))
    names = [name for one in notes for name in (one.entity.name, *one.entity.aliases)]
    return [*names, *(one.title for one in reads.ranked_topics(MOST_TOPICS))]


def _nearest(name: str, titles: Sequence[str]) -> list[str]:
    """The titles and aliases that are spelled like a name, the most alike first."""
    known = {title.casefold(): title for title in titles}
    return [known[one] for one in difflib.get_close_matches(name.casefold(), known, n=3)]
