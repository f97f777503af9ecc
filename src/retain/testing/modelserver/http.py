"""HTTP/1.1 as far as a server of JSON needs it: one request at a time on a connection."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

MAX_HEAD = 64 * 1024
MAX_BODY = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """A request that has been read.

    Args:
        method: ``GET``, ``POST``.
        path: Without the query.
        headers: By name in lower case.
        body: What came with it.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Response:
    """A response.

    Args:
        status: 200, 404.
        body: JSON.
        headers: Beside those that each response has.
    """

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    def encoded(self) -> bytes:
        """The bytes that are sent."""
        lines = [
            f"HTTP/1.1 {self.status} {_phrase(self.status)}",
            "Content-Type: application/json",
            f"Content-Length: {len(self.body)}",
            *(f"{name}: {value}" for name, value in self.headers.items()),
        ]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body


class BadRequestError(ValueError):
    """What came is no request that this server takes.

    Args:
        status: What it is answered.
        message: What is wrong with it.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


Handler = Callable[["Connection", Request], Awaitable[None]]
"""Sends the response to a request; it is cancelled where the client leaves before."""


class Connection(asyncio.Protocol):
    """One client's connection.

    Args:
        handler: Called for each request, after the one before is done with.
        refuse: The response to what is no request.
        open: The connections that there are; it keeps itself in there.
    """

    def __init__(
        self,
        handler: Handler,
        refuse: Callable[[BadRequestError], Response],
        open: set[Connection],
    ) -> None:
        self._handler = handler
        self._refuse = refuse
        self._open = open
        self._buffer = bytearray()
        self._more = asyncio.Event()
        self._drained = asyncio.Event()
        self._drained.set()
        self._task: asyncio.Task[None] | None = None
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.Protocol`, and so for the others."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - tells the type
        transport.set_write_buffer_limits(high=0)  # so that `drained` means that all is sent
        self.transport = transport
        self._open.add(self)
        self._task = asyncio.ensure_future(self._serve())
        self._task.add_done_callback(self._hang_up)

    def data_received(self, data: bytes) -> None:
        """Keep what came, and wake who waits for it."""
        self._buffer += data
        self._more.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """End what is done for a client that is gone."""
        self._open.discard(self)
        if self._task is not None:
            self._task.cancel()

    def pause_writing(self) -> None:
        """Something waits to be sent."""
        self._drained.clear()

    def resume_writing(self) -> None:
        """All is sent."""
        self._drained.set()

    async def drained(self) -> None:
        """Wait until all that was written is sent."""
        await self._drained.wait()

    async def ended(self) -> None:
        """End what is done here and close the connection."""
        self.transport.abort()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def _hang_up(self, _task: asyncio.Task[None]) -> None:
        """Let no client wait for what failed."""
        if not self.transport.is_closing():
            self.transport.abort()

    async def _serve(self) -> None:
        """Read requests and have them answered until the client leaves, or sends none."""
        try:
            while True:
                request = await self._read()
                await self._handler(self, request)
                if request.headers.get("connection", "").lower() == "close":
                    break
        except BadRequestError as exc:
            self.transport.write(self._refuse(exc).encoded())
        self.transport.close()

    async def _read(self) -> Request:
        head = await self._take_until(b"\r\n\r\n")
        method, path, headers = _parse(head)
        if "transfer-encoding" in headers:
            raise BadRequestError(411, "send the body with its Content-Length")
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit():
            raise BadRequestError(400, "the Content-Length is no number")
        if int(length) > MAX_BODY:
            raise BadRequestError(413, f"the body is longer than {MAX_BODY} bytes")
        if headers.get("expect", "").lower() == "100-continue":
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return Request(method, path, headers, await self._take(int(length)))

    async def _take_until(self, mark: bytes) -> bytes:
        while (end := self._buffer.find(mark)) < 0:
            if len(self._buffer) > MAX_HEAD:
                raise BadRequestError(431, "the head is too long")
            await self._arrival()
        return await self._take(end + len(mark))

    async def _take(self, length: int) -> bytes:
        while len(self._buffer) < length:
            await self._arrival()
        taken = bytes(self._buffer[:length])
        del self._buffer[:length]
        return taken

    async def _arrival(self) -> None:
        self._more.clear()
        await self._more.wait()


def _parse(head: bytes) -> tuple[str, str, dict[str, str]]:
    first, *lines = head.decode("latin-1").strip().split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise BadRequestError(400, "no request of HTTP/1.1")
    headers = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(":") for line in lines)
    }
    return words[0], words[1].partition("?")[0], headers


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
