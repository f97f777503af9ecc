"""Runs: how the processing of sources stands, and what happens to it."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Header, Query, Request
from starlette.responses import Response

from retain.app import views
from retain.engine.arguments import UNSET
from retain.memory.model import Run
from retain.server.answers import Cancelled, EarlierRun, Listed, RunOfSource, answering
from retain.server.events import Shown
from retain.server.idempotency import IdempotentRoute
from retain.server.problems import HttpError
from retain.server.schemas import Resume, Until, When
from retain.server.service import (
    DEFAULT_LIMIT,
    ENDED,
    After,
    Limit,
    Reader,
    TheMemory,
    TheService,
    Wait,
    Writer,
    listed,
    only_bank,
    reply,
)
from retain.status import RunStatus

router = APIRouter(prefix="/v1", tags=["runs"], route_class=IdempotentRoute)


@router.get("/runs", summary="List runs", responses=answering(Listed[Run]))
async def list_runs(
    grant: Reader,
    memory: TheMemory,
    bank_id: str | None = None,
    status: Annotated[list[RunStatus] | None, Query(description="May be repeated.")] = None,
    since: When | None = None,
    until: Until | None = None,
    order: Literal["key", "newest", "oldest"] = "newest",
    limit: Limit = DEFAULT_LIMIT,
    after: After = None,
) -> Response:
    """The latest run of every source."""
    page = await memory.runs(
        bank_id=only_bank(grant, bank_id),
        status=status,
        since=since,
        until=until,
        order=order,
        limit=limit,
        after=after,
    )
    return listed([views.plain(run) for run in page], page.following)


_STREAM = {"content": {"text/event-stream": {"schema": {"type": "string"}}}}


@router.get("/events", summary="Follow runs", responses={200: _STREAM})
async def follow(
    request: Request,
    grant: Reader,
    service: TheService,
    bank_id: str | None = None,
    source_id: str | None = None,
    last_event_id: Annotated[str | None, Header()] = None,
) -> Response:
    """What happens to the runs that this server drives, as server-sent events.

    A client that comes back with `Last-Event-ID` gets what it missed. The event `reset` says that
    events are lost: list the runs again.
    """
    only = only_bank(grant, bank_id)

    def wanted(event: Shown) -> bool:
        return only in (None, event.bank_id) and source_id in (None, event.source_id)

    return service.events.stream(last_event_id, wanted)


@router.get(
    "/banks/{bank_id:id}/runs/{source_id:id}",
    summary="Show a run",
    responses=answering(RunOfSource),
)
async def show_run(bank_id: str, source_id: str, _: Reader, memory: TheMemory) -> Response:
    """The latest run of a source: its steps, and how each section ended."""
    return reply(views.run(await memory.show(source_id, bank_id=bank_id)))


@router.get(
    "/banks/{bank_id:id}/runs/{source_id:id}/history",
    summary="List earlier runs",
    responses=answering(Listed[EarlierRun]),
)
async def history(bank_id: str, source_id: str, _: Reader, memory: TheMemory) -> Response:
    """The earlier runs of a source, newest first."""
    earlier = await memory.runs.history(source_id, bank_id=bank_id)
    return listed([views.earlier_run(one) for one in earlier], None)


@router.post(
    "/banks/{bank_id:id}/runs/{source_id:id}/resume",
    summary="Resume a run",
    status_code=202,
    responses=ENDED,
)
async def resume(
    bank_id: str,
    source_id: str,
    _: Writer,
    service: TheService,
    given: Resume | None = None,
    wait: Wait = 0.0,
) -> Response:
    """Resumes an interrupted, failed or suspended run; `value` answers what it asks."""
    how = given or Resume()
    value = how.value if "value" in how.model_fields_set else UNSET
    work = service.memory.resume(source_id, bank_id=bank_id, value=value, revive=how.revive)
    begun = await service.work.of_run(bank_id, source_id, work, wait)
    return accepted(bank_id, [source_id], [] if begun.result is None else [begun.result])


@router.post(
    "/banks/{bank_id:id}/runs/{source_id:id}/cancel",
    summary="Cancel a run",
    responses=answering(Cancelled),
)
async def cancel(bank_id: str, source_id: str, _: Writer, memory: TheMemory) -> Response:
    """Stops a run that this server drives; it can be resumed."""
    if not await memory.runs.cancel(source_id, bank_id=bank_id):
        raise HttpError(
            409,
            "not-driven-here",
            "this server does not drive the run: it has ended, or another process drives it",
        )
    return reply({"bank_id": bank_id, "source_id": source_id, "cancelled": True})


def accepted(bank_id: str, waiting: list[str], runs: list[Run]) -> Response:
    """The answer to a request that began runs: 200 once all have ended, else 202.

    Args:
        bank_id: The bank.
        waiting: The sources of the runs.
        runs: The runs, if they have ended.
    """
    if runs:
        return reply({"runs": [views.plain(run) for run in runs]})
    shown = [{"bank_id": bank_id, "source_id": one, "status": RunStatus.RUNNING} for one in waiting]
    where = {"Location": location(bank_id, waiting[0])} if waiting else {}
    return reply({"runs": shown}, 202, where)


def location(bank_id: str, source_id: str) -> str:
    """The path of a run."""
    return f"/v1/banks/{quote(bank_id, safe='')}/runs/{quote(source_id, safe='')}"
