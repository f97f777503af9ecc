"""Follows the runs of a server, over lost connections."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from retain.client.errors import ApiError, ServerUnreachableError
from retain.client.transport import Transport, pause
from retain.client.values import event_of
from retain.engine.events import Event


@dataclass(frozen=True, slots=True)
class EventsLost:
    """Some events are lost: list the runs to see how they stand."""


async def follow(
    transport: Transport, bank_id: str | None, source_id: str | None
) -> AsyncGenerator[Event | EventsLost]:
    """What happens to runs from now on; see `AsyncClient.events`."""
    query = {"bank_id": bank_id, "source_id": source_id}
    last: str | None = None
    has_begun = False
    attempt = 0
    while True:
        attempt += 1
        error: ApiError = ServerUnreachableError(
            0, "server-unreachable", f"{transport.url} ends the stream of events"
        )
        try:
            async with transport.events("/v1/events", query, last) as sent:
                if has_begun and last is None:  # nothing says what the server is to go on from
                    yield EventsLost()
                has_begun = True
                async for one in sent:
                    last = one.id or last
                    attempt = 0
                    event = EventsLost() if one.event == "reset" else event_of(one.event, one.data)
                    if event is not None:
                        yield event
        except ApiError as exc:
            error = exc
        if not transport.may_try_again(max(attempt, 1), error):
            raise error
        await asyncio.sleep(pause(max(attempt, 1), error.retry_after))
