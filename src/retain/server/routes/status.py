"""Whether the server lives, and whether its database can be used."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from retain import __version__
from retain.errors import RetainError
from retain.server.answers import Health, Ready, answering
from retain.server.problems import problem
from retain.server.service import Reader, TheMemory, TheService, reply

router = APIRouter(tags=["status"])


@router.get("/health", summary="Whether the server lives", responses=answering(Health))
async def health() -> Response:
    """Answers as long as the process lives; no token is needed."""
    return reply({"status": "ok", "version": __version__})


@router.get("/ready", summary="Whether the database can be used", responses=answering(Ready))
async def ready(memory: TheMemory) -> Response:
    """Reads from the database; no token is needed."""
    try:
        await memory.runs.counts()
    except RetainError as exc:
        return problem(503, exc.code, "the database cannot be used: see the log of the server")
    return reply({"status": "ready"})


@router.get("/metrics", include_in_schema=False)
async def metrics(_: Reader, service: TheService) -> Response:
    """What the server does, for Prometheus."""
    return await service.metrics.answer()
