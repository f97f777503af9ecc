"""Renders a bank's pages from what it holds, for states and for readers alike."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from retain.bank import BankStore
from retain.errors import DatabaseBusyError, DatabaseError
from retain.memory.context import RetainContext
from retain.memory.model import Freshness, Page, Wiki
from retain.memory.ports import PageWriter

FEW_FACTS = 100
"""A bank of no more facts has its pages rendered with every run."""

GROWTH = 0.5
"""Pages of a larger bank are rendered by the last run under way, if it finds the bank grown or
shrunk by this part, and by whoever reads them next: rendering stays a small part of retaining,
however large the bank is, and nobody reads a stale page."""

_ATTEMPTS = 8


def page_key(page_id: str) -> str:
    """What a run keeps of a page's id, which may be a name that only another source has."""
    return hashlib.sha256(page_id.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def own_ids(ctx: RetainContext, pages: Iterable[Page]) -> list[str]:
    """The ids of those of the pages whose titles the run's source writes itself."""
    own = {mention.name for mention in ctx.mentions}
    return [page.page_id for page in pages if page.title in own]


def is_due(now: Freshness, *, last: bool) -> bool:
    """Whether a run renders the bank's pages, rather than leaving that to others.

    Args:
        now: The bank's pages.
        last: Whether no other run of the bank is under way.
    """
    grown = abs(now.facts - now.rendered_facts) > GROWTH * now.rendered_facts
    return now.stale and (now.facts <= FEW_FACTS or (last and grown))


async def rendered(store: BankStore, writer: PageWriter, bank_id: str) -> tuple[int, Wiki]:
    """The bank's generation, and its pages as they should be."""

    async def generation() -> int | None:
        now = await store.freshness(bank_id)
        return None if now is None else now.generation

    return await writer.current(bank_id, generation, lambda: store.snapshot(bank_id))


async def refresh(store: BankStore, writer: PageWriter, bank_id: str) -> Wiki:
    """The bank's pages, rendered again and kept if the bank has changed since they were.

    While others keep changing the bank, what is returned is of an instant during the call.
    """
    wiki = Wiki()
    for _ in range(_ATTEMPTS):
        now = await store.freshness(bank_id)
        if now is None:
            return Wiki()
        if not now.stale:
            return await store.wiki(bank_id)
        generation, wiki = await rendered(store, writer, bank_id)
        try:
            if await store.put_wiki(bank_id, generation, wiki):
                break
        except (DatabaseBusyError, DatabaseError):
            break  # to read pages takes no right to write; they stay stale for the next reader
    return wiki
