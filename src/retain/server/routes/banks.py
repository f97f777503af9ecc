"""Banks and their costs."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from retain.app import views
from retain.errors import NotFoundError
from retain.server.answers import Bank, BankDeleted, Costs, Listed, answering
from retain.server.idempotency import IdempotentRoute
from retain.server.schemas import CopyOf, When
from retain.server.service import Admin, Reader, TheMemory, TheService, check, only_bank, reply

router = APIRouter(prefix="/v1", tags=["banks"], route_class=IdempotentRoute)

By = Annotated[
    Literal["run", "state", "model"] | None,
    Query(description="How to group the costs; default: one line for each kind of call."),
]


@router.get("/banks", summary="List banks", responses=answering(Listed[Bank]))
async def list_banks(grant: Reader, memory: TheMemory) -> Response:
    """The banks that hold anything, as far as the token is for them."""
    found = await memory.banks()
    items = [views.bank(one, counts) for one, counts in found.items() if grant.reaches(one)]
    return reply({"items": items, "next": None})


@router.get("/banks/{bank_id:id}", summary="Show a bank", responses=answering(Bank))
async def show_bank(bank_id: str, _: Reader, memory: TheMemory) -> Response:
    """How much a bank holds."""
    counts = await memory.banks.counts(bank_id)
    if not counts.sources:
        raise NotFoundError(f"no bank {bank_id!r}: it begins with its first source")
    return reply(views.bank(bank_id, counts))


@router.delete("/banks/{bank_id:id}", summary="Delete a bank", responses=answering(BankDeleted))
async def delete_bank(bank_id: str, _: Admin, service: TheService) -> Response:
    """Forgets every source of the bank."""
    number = await service.work.finish(service.memory.banks.delete(bank_id))
    return reply({"bank_id": bank_id, "forgotten": number})


@router.post(
    "/banks/{bank_id:id}/copy",
    summary="Copy a bank",
    responses=answering(Bank, 201),
    status_code=201,
)
async def copy_bank(bank_id: str, given: CopyOf, grant: Admin, service: TheService) -> Response:
    """Copies the bank into an empty one: all of it or nothing."""
    check(grant, "admin", given.to)
    await service.work.finish(service.memory.banks.copy(bank_id, given.to))
    return reply(views.bank(given.to, await service.memory.banks.counts(given.to)), 201)


@router.get("/costs", summary="Costs of model calls", responses=answering(Costs))
async def all_costs(
    grant: Reader,
    memory: TheMemory,
    bank_id: str | None = None,
    since: When | None = None,
    by: By = None,
) -> Response:
    """What calls to models cost, in one bank or in all."""
    lines = await memory.costs(bank_id=only_bank(grant, bank_id), since=since)
    return reply(views.costs(lines, by))
