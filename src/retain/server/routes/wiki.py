"""Pages, the index and the log of a bank."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from retain.app import views
from retain.app.paging import page
from retain.memory.model import Page, Revision
from retain.server.answers import Index, Listed, LogEntry, answering
from retain.server.service import (
    DEFAULT_LIMIT,
    After,
    Limit,
    Reader,
    TheMemory,
    listed,
    reply,
)

router = APIRouter(prefix="/v1/banks/{bank_id:id}", tags=["pages"])


@router.get("/pages", summary="List pages", responses=answering(Listed[Page]))
async def list_pages(
    bank_id: str,
    _: Reader,
    memory: TheMemory,
    limit: Limit = DEFAULT_LIMIT,
    after: After = None,
) -> Response:
    """The pages of people, places, things and topics, as Markdown."""
    pages = await memory.wiki(bank_id=bank_id)
    some, following = page(pages, lambda one: (one.page_id,), limit, after)
    return listed([views.plain(one) for one in some], following)


@router.get("/pages/{name:id}", summary="Read a page", responses=answering(Page))
async def read_page(bank_id: str, name: str, _: Reader, memory: TheMemory) -> Response:
    """A page by its title, its id, or an alias of its entity."""
    return reply(views.plain(await memory.wiki.page(name, bank_id=bank_id)))


@router.get(
    "/pages/{name:id}/history", summary="Revisions of a page", responses=answering(Listed[Revision])
)
async def page_history(bank_id: str, name: str, _: Reader, memory: TheMemory) -> Response:
    """The revisions of an entity's page, oldest first."""
    revisions = await memory.wiki.history(name, bank_id=bank_id)
    return listed([views.plain(one) for one in revisions], None)


@router.get("/index", summary="The index of a bank", responses=answering(Index))
async def index(bank_id: str, _: Reader, memory: TheMemory) -> Response:
    """The index as Markdown; empty where there is no such bank."""
    return reply(views.index(bank_id, await memory.wiki.index(bank_id=bank_id)))


@router.get("/log", summary="The log of a bank", responses=answering(Listed[LogEntry]))
async def log(
    bank_id: str,
    _: Reader,
    memory: TheMemory,
    limit: Limit = DEFAULT_LIMIT,
    after: After = None,
) -> Response:
    """What was added to the bank, changed and superseded, oldest first."""
    entries = await memory.wiki.log(bank_id=bank_id)
    numbered = list(enumerate(entries))
    some, following = page(numbered, lambda one: (one[0],), limit, after)
    return listed([views.log_entry(entry) for _, entry in some], following)
