"""The end of a request: what is sent, and what the log notes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from retain.testing.modelserver.http import BadRequestError, Connection, Response
from retain.testing.modelserver.log import RequestLog
from retain.testing.modelserver.plan import Status
from retain.testing.modelserver.posts import Reply

_LAST = 65_536
_MESSAGES = {
    401: "the key was refused",
    404: "there is no such model",
    429: "too many requests: wait a moment",
    500: "the server had an error",
    503: "the server is overloaded",
}
_CODES = {401: "invalid_api_key", 404: "model_not_found", 429: "rate_limit_exceeded"}


@dataclass(frozen=True, slots=True)
class Turn:
    """A request that is noted in the log and is to be answered.

    What becomes of it is noted before the last bytes are sent, so that a client who has its answer
    finds it noted.

    Args:
        connection: Where it came from.
        log: Where it is noted.
        number: Under which number.
    """

    connection: Connection
    log: RequestLog
    number: int

    async def send(self, response: Response, outcome: str, reply: Reply | None = None) -> None:
        """Send all of a response."""
        data, transport = response.encoded(), self.connection.transport
        if len(data) > _LAST:
            transport.write(data[:-_LAST])
            await self.connection.drained()
        self._note(outcome, reply)
        transport.write(data[-_LAST:])

    async def trickle(self, response: Response, outcome: str, reply: Reply, seconds: float) -> None:
        """Send a byte every so many seconds."""
        data, transport = response.encoded(), self.connection.transport
        for at in range(len(data) - 1):
            transport.write(data[at : at + 1])
            await asyncio.sleep(seconds)
        self._note(outcome, reply)
        transport.write(data[-1:])

    async def drop(self, response: Response, outcome: str, *, within: bool) -> None:
        """Close the connection before anything is sent, or after half of the body."""
        if within:
            data = response.encoded()
            self.connection.transport.write(data[: len(data) - len(response.body) // 2 - 1])
            await self.connection.drained()
        self._note(outcome)
        self.connection.transport.abort()

    def lost(self, outcome: str) -> None:
        """Note that there is nobody to answer."""
        self._note(outcome)

    def _note(self, outcome: str, reply: Reply | None = None) -> None:
        tokens = (reply.input_tokens, reply.output_tokens) if reply else (0, 0)
        self.log.end(self.number, outcome, *tokens)


def failing(status: Status) -> Response:
    """The response of an error that the plan asks for."""
    headers = {} if status.retry_after is None else {"Retry-After": f"{status.retry_after:g}"}
    return _error(status.code, _MESSAGES.get(status.code, "there was an error"), headers)


def refusing(exc: BadRequestError) -> Response:
    """The response to what this server does not take."""
    return _error(exc.status, str(exc), {})


def showing(value: object) -> Response:
    """A response of JSON."""
    return Response(200, msgspec.json.encode(value))


def _error(status: int, message: str, headers: Mapping[str, str]) -> Response:
    kind = "server_error" if status >= 500 else "invalid_request_error"
    error = {"message": message, "type": kind, "param": None, "code": _CODES.get(status)}
    return Response(status, msgspec.json.encode({"error": error}), headers)
