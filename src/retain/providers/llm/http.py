"""The HTTP client that models are asked with: many connections, and answers of bounded size."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from urllib.request import getproxies

import httpx2

from retain.providers.llm.usage import with_sound_usage

MAX_ANSWER_BYTES = 4 << 20

_CONNECTIONS = 512
_CONNECT_S = 10.0
# Servers commonly close a connection that is idle for 5 s. One that is reused at that moment is
# lost, and the call with it.
_IDLE_S = 4.0
_ONE = httpx2.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=_IDLE_S)


class AnswerSizeError(ValueError):
    """An answer is larger than what is read, or hides its size."""


def http_client(timeout_s: float, max_bytes: int, *, local: bool) -> httpx2.AsyncClient:
    """The client for one server.

    Args:
        timeout_s: How long to wait for each part of an answer, in seconds.
        max_bytes: The largest answer that is read.
        local: Whether the server is on this machine: no proxy leads there.
    """

    async def bounded(response: httpx2.Response) -> None:
        """Have the reading of an answer end where it is too large."""
        if response.headers.get("content-encoding", "identity") != "identity":
            raise AnswerSizeError("it is compressed, though it was asked for as it is")
        if int(response.headers.get("content-length", "0")) > max_bytes:
            raise _too_large(max_bytes)
        if isinstance(response.stream, httpx2.AsyncByteStream):
            response.stream = _Bounded(response.stream, max_bytes)

    proxied = not local and bool(getproxies())
    return httpx2.AsyncClient(
        transport=None if proxied else _Connections(),
        timeout=httpx2.Timeout(timeout_s, connect=min(_CONNECT_S, timeout_s)),
        limits=httpx2.Limits(
            max_connections=_CONNECTIONS,
            max_keepalive_connections=_CONNECTIONS,
            keepalive_expiry=_IDLE_S,
        ),
        headers={"Accept-Encoding": "identity", "User-Agent": "retain"},
        event_hooks={"response": [bounded]},
        trust_env=not local,
    )


class _Connections(httpx2.AsyncBaseTransport):
    """As many connections as are needed at once, each alone in its pool.

    A pool looks at every idle connection whenever a request begins or ends, and gives the
    interpreter away each time. While other threads are at work, that takes longer than the calls.
    """

    def __init__(self) -> None:
        self._context = httpx2.create_ssl_context()
        self._all: list[httpx2.AsyncHTTPTransport] = []
        self._free: list[httpx2.AsyncHTTPTransport] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        one = self._free.pop() if self._free else self._another()
        try:
            response = await one.handle_async_request(request)
        except BaseException:
            self._free.append(one)
            raise
        stream = response.stream
        assert isinstance(stream, httpx2.AsyncByteStream)  # noqa: S101 - tells the type
        response.stream = _Watched(stream, lambda: self._free.append(one))
        return response

    async def aclose(self) -> None:
        for one in self._all:
            await one.aclose()

    def _another(self) -> httpx2.AsyncHTTPTransport:
        self._all.append(httpx2.AsyncHTTPTransport(verify=self._context, limits=_ONE))
        return self._all[-1]


class _Watched(httpx2.AsyncByteStream):
    """Tells when it has been closed."""

    def __init__(self, stream: httpx2.AsyncByteStream, closed: Callable[[], None]) -> None:
        self._stream = stream
        self._closed: Callable[[], None] | None = closed

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._stream:
            yield part

    async def aclose(self) -> None:
        try:
            await self._stream.aclose()
        finally:
            closed, self._closed = self._closed, None
            if closed is not None:
                closed()


class _Bounded(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream, max_bytes: int) -> None:
        self._stream = stream
        self._max_bytes = max_bytes

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        parts: list[bytes] = []
        async for part in self._stream:
            size += len(part)
            if size > self._max_bytes:
                raise _too_large(self._max_bytes)
            parts.append(part)
        yield with_sound_usage(b"".join(parts))

    async def aclose(self) -> None:
        await self._stream.aclose()


def _too_large(max_bytes: int) -> AnswerSizeError:
    return AnswerSizeError(f"it is larger than {max_bytes >> 20} MiB")
