"""What the routes of a server share: the memory, who may use it, events and work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from fastapi import Depends, Query, Request
from starlette.responses import Response

import retain.server.ids  # noqa: F401 # pyright: ignore[reportUnusedImport] - for its convertor
from retain.app.memory import Memory
from retain.app.paging import MOST, SIZE
from retain.app.spans import trace_memory
from retain.server.access import COOKIE, Access, Grant, Scope, bearer
from retain.server.answers import Begun, Ended
from retain.server.events import Events
from retain.server.metrics import Metrics
from retain.server.problems import HttpError
from retain.server.work import Work


class Service:
    """One memory behind HTTP.

    Args:
        memory: The memory.
        access: The tokens.
    """

    def __init__(self, memory: Memory, access: Access) -> None:
        self.memory = memory
        self.access = access
        self.events = Events()
        self.work = Work()
        self.metrics = Metrics(memory, self.work.going_on)
        self._ends = [
            trace_memory(memory),
            self.metrics.close,
            memory.subscribe(self.events.observe),
            memory.subscribe(self.work.observe),
        ]

    def end_streams(self) -> None:
        """End the streams of events, which would keep the server."""
        self.events.close()

    async def close(self) -> None:
        """Interrupt work that is not done; the memory stays open."""
        self.end_streams()
        await self.work.close()
        for end in self._ends:
            end()


def service_of(request: Request) -> Service:
    """The service of a request."""
    return request.app.state.service


def grant_of(request: Request) -> Grant:
    """Who asks.

    Raises:
        HttpError: There is no such token.
    """
    token = bearer(request.headers.get("authorization"), request.cookies.get(COOKIE))
    return service_of(request).access.grant_of(token)


def check(grant: Grant, scope: Scope, bank_id: str | None = None) -> None:
    """See that a token has a scope, in a bank.

    Raises:
        HttpError: It has not.
    """
    if not grant.allows(scope):
        raise HttpError(
            403, "scope", f"this needs a token of scope {scope}, and {grant.name!r} is none"
        )
    if bank_id is not None and not grant.reaches(bank_id):
        raise HttpError(403, "bank", f"the token {grant.name!r} is not for this bank")


def needs(scope: Scope) -> Any:
    """A dependency: the token has a scope in the bank that the path names."""

    async def checked(request: Request) -> Grant:
        grant = grant_of(request)
        check(grant, scope, request.path_params.get("bank_id"))
        return grant

    return Depends(checked)


def only_bank(grant: Grant, bank_id: str | None) -> str | None:
    """The bank that a list over banks is limited to.

    Raises:
        HttpError: The token is for several banks, and none is named; or it is not for this bank.
    """
    if bank_id is not None:
        check(grant, "read", bank_id)
        return bank_id
    if grant.banks is None:
        return None
    if len(grant.banks) != 1:
        raise HttpError(403, "bank", f"the token {grant.name!r} is for some banks: give bank_id")
    return grant.banks[0]


async def _service(request: Request) -> Service:
    return service_of(request)


async def _memory(request: Request) -> Memory:
    return service_of(request).memory


TheService = Annotated[Service, Depends(_service)]
TheMemory = Annotated[Memory, Depends(_memory)]
Reader = Annotated[Grant, needs("read")]
Writer = Annotated[Grant, needs("write")]
Admin = Annotated[Grant, needs("admin")]

Limit = Annotated[int, Query(ge=1, le=MOST, description="How many items the page has at most.")]
After = Annotated[str | None, Query(description="The `next` of the page before.")]
Wait = Annotated[
    float, Query(ge=0, le=300, description="How many seconds to wait for the end of the work.")
]
DEFAULT_LIMIT = SIZE


ENDED: dict[int | str, dict[str, Any]] = {
    200: {"description": "The runs have ended.", "model": Ended},
    202: {"description": "The runs go on.", "model": Begun},
}
"""The answers of a route that begins runs."""


def reply(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer in JSON."""
    content = msgspec.json.encode(value, enc_hook=str)
    return Response(content, status, dict(headers or {}), "application/json")


def listed(items: list[Any], following: str | None) -> Response:
    """A page of a list."""
    return reply({"items": items, "next": following})
