"""`Idempotency-Key`: a request that is sent again gets the first answer, and does nothing."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from retain.server.problems import HttpError

HEADER = "idempotency-key"
KEPT = 2_000
"""How many answers are kept."""
KEPT_S = 86_400.0
LONGEST = 200

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


@dataclass(frozen=True, slots=True)
class _Kept:
    fingerprint: str
    answer: asyncio.Future[Response]
    at: float


class Idempotency:
    """The answers to requests with a key, as long as the process lives, for a day at most."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    async def once(self, request: Request, handle: Handler) -> Response:
        """Handle a request, unless one with its key was handled.

        Raises:
            HttpError: The key was used for another request, or is too long.
        """
        key = request.headers[HEADER]
        if not 0 < len(key) <= LONGEST:
            raise HttpError(
                400, "invalid-key", f"Idempotency-Key has to have 1 to {LONGEST} characters"
            )
        fingerprint = await _fingerprint(request)
        who = request.headers.get("authorization", "") + request.headers.get("cookie", "")
        name = hashlib.sha256("\0".join((who, key)).encode()).hexdigest()
        kept = self._kept.get(name)
        if kept is not None and time.monotonic() - kept.at < KEPT_S:
            if kept.fingerprint != fingerprint:
                raise HttpError(
                    422, "key-used", "this Idempotency-Key was used for another request"
                )
            return _again(await asyncio.shield(kept.answer))
        answer: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        self._kept[name] = _Kept(fingerprint, answer, time.monotonic())
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        try:
            response = await handle(request)
        except BaseException as exc:
            self._kept.pop(name, None)  # nothing was done, and the request may be sent again
            answer.set_exception(
                exc
                if isinstance(exc, Exception)
                else HttpError(
                    503, "interrupted", "the first request with this key was interrupted: repeat it"
                )
            )
            answer.exception()  # nobody else may be waiting for it
            raise
        answer.set_result(response)
        return response


class IdempotentRoute(APIRoute):
    """A route whose POST and DELETE requests may carry a key."""

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()

        async def once(request: Request) -> Response:
            if request.method not in ("POST", "DELETE") or HEADER not in request.headers:
                return await handle(request)
            return await request.app.state.idempotency.once(request, handle)

        return once


def _again(first: Response) -> Response:
    again = Response(first.body, first.status_code, media_type=first.media_type)
    if "location" in first.headers:
        again.headers["Location"] = first.headers["location"]
    again.headers["Idempotency-Replayed"] = "true"
    return again


async def _fingerprint(request: Request) -> str:
    """Names what a request asks for; of an upload, its size stands for its content."""
    digest = hashlib.sha256(f"{request.method} {request.url.path}?{request.url.query}".encode())
    if request.headers.get("content-type", "").startswith("multipart/"):
        digest.update(request.headers.get("content-length", "").encode())
    else:
        digest.update(b"\0" + await request.body())
    return digest.hexdigest()
