"""The HTTP client that models are asked with: many connections, and answers of bounded size."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2

MAX_ANSWER_BYTES = 4 << 20

_CONNECTIONS = 512
_CONNECT_S = 10.0
# Servers commonly close a connection that is idle for 5 s. One that is reused at that moment is
# lost, and the call with it.
_IDLE_S = 4.0


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

    return httpx2.AsyncClient(
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


class _Bounded(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream, max_bytes: int) -> None:
        self._stream = stream
        self._max_bytes = max_bytes

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for part in self._stream:
            size += len(part)
            if size > self._max_bytes:
                raise _too_large(self._max_bytes)
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()


def _too_large(max_bytes: int) -> AnswerSizeError:
    return AnswerSizeError(f"it is larger than {max_bytes >> 20} MiB")
