"""Facts and entities."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter
from starlette.responses import Response

from retain.app import views
from retain.app.paging import entity_key, fact_key, page
from retain.memory.model import CitedFact
from retain.server.answers import Correction, Entity, Fact, Forgetting, Forgotten, Listed, answering
from retain.server.idempotency import IdempotentRoute
from retain.server.schemas import Names, Statement
from retain.server.service import (
    DEFAULT_LIMIT,
    After,
    Limit,
    Reader,
    TheMemory,
    TheService,
    Writer,
    listed,
    reply,
)

router = APIRouter(
    prefix="/v1/banks/{bank_id:id}", tags=["facts and entities"], route_class=IdempotentRoute
)


@router.get("/facts", summary="List facts", responses=answering(Listed[Fact]))
async def list_facts(
    bank_id: str,
    _: Reader,
    memory: TheMemory,
    source_id: str | None = None,
    about: str | None = None,
    limit: Limit = DEFAULT_LIMIT,
    after: After = None,
) -> Response:
    """The facts of a bank, of a source of it, or about an entity."""
    found = await memory.facts(bank_id=bank_id, source_id=source_id, about=about)
    some, following = page(sorted(found, key=fact_key), fact_key, limit, after)
    return listed([views.fact(one) for one in some], following)


@router.post(
    "/facts", summary="Add a fact", responses=answering(Listed[Fact], 201), status_code=201
)
async def add_fact(bank_id: str, given: Statement, _: Writer, service: TheService) -> Response:
    """Adds a fact in words of your own; what it contradicts is superseded."""
    add = service.memory.add(
        given.text, bank_id=bank_id, reference_date=given.date, author=given.author
    )
    return _stated(await service.work.finish(add))


@router.put(
    "/facts/{fact_id:id}",
    summary="Correct a fact",
    responses=answering(Listed[Fact], 201),
    status_code=201,
)
async def correct_fact(
    bank_id: str, fact_id: str, given: Statement, _: Writer, service: TheService
) -> Response:
    """Adds a fact that supersedes this one, which stays with its source."""
    correct = service.memory.facts.correct(
        fact_id, given.text, bank_id=bank_id, reference_date=given.date, author=given.author
    )
    return _stated(await service.work.finish(correct))


@router.delete("/facts/{fact_id:id}", summary="Forget a fact", responses=answering(Forgotten))
async def forget_fact(bank_id: str, fact_id: str, _: Writer, service: TheService) -> Response:
    """Deletes every trace of the fact, and blanks its words in its source."""
    forget = service.memory.facts.forget(fact_id, bank_id=bank_id)
    source_id = await service.work.finish(forget)
    copies = await service.memory.banks.copies(bank_id=bank_id)
    return reply(views.forgotten(bank_id, source_id, fact_id, copies))


@router.get(
    "/facts/{fact_id:id}/forgetting",
    summary="What forgetting a fact would do",
    responses=answering(Forgetting),
)
async def preview(bank_id: str, fact_id: str, _: Reader, memory: TheMemory) -> Response:
    """Nothing is deleted."""
    return reply(
        views.forgetting(bank_id, await memory.facts.preview_forget(fact_id, bank_id=bank_id))
    )


@router.get("/entities", summary="List entities", responses=answering(Listed[Entity]))
async def list_entities(
    bank_id: str,
    _: Reader,
    memory: TheMemory,
    limit: Limit = DEFAULT_LIMIT,
    after: After = None,
) -> Response:
    """People, places and things, the most often named first."""
    found = sorted(await memory.entities(bank_id=bank_id), key=entity_key)
    some, following = page(found, entity_key, limit, after)
    return listed([views.entity(one) for one in some], following)


@router.post(
    "/entities/merge", summary="Treat two names as one entity", responses=answering(Correction)
)
async def merge(bank_id: str, names: Names, _: Writer, memory: TheMemory) -> Response:
    """In sources that are added later too."""
    await memory.entities.merge(names.name, names.other, bank_id=bank_id)
    return reply(views.correction(bank_id, "merge", names.name, names.other))


@router.post(
    "/entities/split",
    summary="Treat two names as different entities",
    responses=answering(Correction),
)
async def split(bank_id: str, names: Names, _: Writer, memory: TheMemory) -> Response:
    """In sources that are added later too."""
    await memory.entities.split(names.name, names.other, bank_id=bank_id)
    return reply(views.correction(bank_id, "split", names.name, names.other))


def _stated(facts: Sequence[CitedFact]) -> Response:
    return reply({"items": [views.fact(one) for one in facts], "next": None}, 201)
