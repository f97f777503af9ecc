"""Sends requests to a server, and sends them again where that is safe."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar, cast
from urllib.parse import quote, urlsplit

import msgspec

from retain.client.errors import BUSY, ApiError, ServerUnreachableError, error_of
from retain.errors import InputError, MissingExtraError, install_command

if TYPE_CHECKING:
    import httpx2

T = TypeVar("T")

FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 30.0
CHUNK = 1 << 18
"""How much of a file is sent at once, in bytes."""


def segment(id: str) -> str:
    """An id as one segment of a path."""
    if id in (".", ".."):  # which clients and proxies would take for folders
        return id.replace(".", "%2E")
    return quote(id, safe="")


class Transport:
    """The connections to one server.

    Args:
        url: Where it is: ``http://127.0.0.1:8787``.
        token: What it is to be asked with.
        timeout_s: How long a request may take, in seconds, beside what it waits for.
        attempts: How often a request is sent at most.
    """

    def __init__(self, url: str, token: str | None, timeout_s: float, attempts: int) -> None:
        try:
            import httpx2
        except ImportError as exc:
            raise MissingExtraError(
                f"the client needs httpx2: install it with {install_command('client')}"
            ) from exc
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise InputError(f"{url!r} is no address of a server: write it as http://HOST:PORT")
        if attempts < 1:
            raise InputError(f"attempts must be at least 1, not {attempts}")
        self.url = url.rstrip("/")
        self._httpx = httpx2
        self._timeout_s = timeout_s
        self._attempts = attempts
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self._client = httpx2.AsyncClient(base_url=self.url, headers=headers, timeout=timeout_s)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def ask(
        self,
        method: str,
        path: str,
        answer: type[T],
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        file: BinaryIO | None = None,
        wait_s: float = 0.0,
    ) -> T:
        """What a server answers.

        Every request may be sent again: those that change something carry an ``Idempotency-Key``.

        Args:
            method: Of HTTP.
            path: Below the address of the server.
            answer: What the answer is.
            query: The parameters; those that are None are left out.
            body: Is sent as JSON.
            file: Is sent as it is, from where it stands.
            wait_s: How long the server waits before it answers, in seconds.

        Raises:
            ApiError: The answer is an error.
            ServerUnreachableError: There is no answer.
        """
        headers = {"Accept": "application/json"}
        if method in ("POST", "DELETE"):
            headers["Idempotency-Key"] = uuid.uuid4().hex
        if body is not None:
            headers["Content-Type"] = "application/json"
        elif file is not None:
            headers["Content-Type"] = "application/octet-stream"
        begin = 0 if file is None else file.tell()
        content: Any = None if body is None else _encoded(body)
        params = parameters({**(query or {}), "wait": wait_s or None})
        attempt = 1
        while True:
            if file is not None:
                await asyncio.to_thread(file.seek, begin)
                content = _chunks(file)
            try:
                response = await self._client.request(
                    method,
                    path,
                    params=params,
                    content=content,
                    headers=headers,
                    timeout=self._timeout_s + wait_s,
                )
            except self._httpx.TransportError as exc:
                error: ApiError = self._unreachable(exc)
            else:
                if response.is_success:
                    return _decoded(response.content, answer)
                error = error_of(response.status_code, response.content, response.headers)
            if attempt >= self._attempts or error.status not in (0, *BUSY):
                raise error
            await asyncio.sleep(pause(attempt, error.retry_after))
            attempt += 1

    @asynccontextmanager
    async def events(
        self, path: str, query: Mapping[str, Any], last: str | None
    ) -> AsyncGenerator[AsyncIterator[httpx2.ServerSentEvent]]:
        """The server-sent events of a path, after the event whose id is `last`.

        Raises:
            ApiError: The answer is an error.
            ServerUnreachableError: There is no answer, or it ended.
        """
        headers = {} if last is None else {"Last-Event-ID": last}
        try:
            async with self._client.sse(
                path, params=parameters(query), headers=headers, timeout=self._timeout_s
            ) as source:
                response = source.response
                if not response.is_success:
                    raise error_of(response.status_code, await response.aread(), response.headers)
                yield aiter(source)
        except self._httpx.TransportError as exc:
            raise self._unreachable(exc) from exc

    def may_try_again(self, attempt: int, error: ApiError) -> bool:
        """Whether to try again after so many attempts."""
        return attempt < self._attempts and error.status in (0, *BUSY)

    def _unreachable(self, exc: Exception) -> ServerUnreachableError:
        reason = str(exc) or type(exc).__name__
        return ServerUnreachableError(
            0,
            "server-unreachable",
            f"no answer from {self.url}: {reason}: see that `retain serve` runs there",
        )


def pause(attempt: int, retry_after: float | None) -> float:
    """The seconds to wait after an attempt, from 1."""
    longest = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2**attempt)
    jittered = random.uniform(longest / 2, longest)  # noqa: S311 - spreads clients, keeps no secret
    return max(jittered, min(retry_after or 0.0, LONGEST_PAUSE_S))


def parameters(given: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a request: those that are None are left out."""
    return {name: _written(value) for name, value in given.items() if value is not None}


def _written(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return [*map(str, cast("list[Any]", value))] if isinstance(value, list) else value


def _encoded(body: Mapping[str, Any]) -> bytes:
    try:
        return msgspec.json.encode(body)
    except (TypeError, ValueError) as exc:
        raise InputError(f"an argument cannot be sent as JSON: {exc}") from exc


def _decoded(content: bytes, answer: type[T]) -> T:
    try:
        return msgspec.json.decode(content, type=answer)
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise ApiError(
            200, "unknown-answer", f"the answer is none of this release of Retain: {exc}"
        ) from exc


async def _chunks(file: BinaryIO) -> AsyncIterator[bytes]:
    while chunk := await asyncio.to_thread(file.read, CHUNK):
        yield chunk
