"""How many requests one client may send: a bucket of tokens for each."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from math import ceil

from starlette.types import ASGIApp, Receive, Scope, Send

from retain.server.listener import is_loopback
from retain.server.problems import HttpError

CLIENTS = 10_000
"""How many clients are known at once; the one that was silent longest is forgotten first."""


class RateLimit:
    """Refuses requests of clients on other machines that send too many.

    Args:
        app: What answers the requests that pass.
        a_minute: How many requests a client may send in a minute, and at once.
        now: The clock, in seconds.
    """

    def __init__(
        self, app: ASGIApp, a_minute: int, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._app = app
        self._most = float(a_minute)
        self._each_s = a_minute / 60
        self._now = now
        self._clients: OrderedDict[str, tuple[float, float]] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        client = (scope.get("client") or ("", 0))[0]
        if scope["type"] == "http" and client and not is_loopback(client):
            self._take(client)
        await self._app(scope, receive, send)

    def _take(self, client: str) -> None:
        now = self._now()
        left, at = self._clients.pop(client, (self._most, now))
        left = min(self._most, left + (now - at) * self._each_s)
        refused = left < 1
        self._clients[client] = (left if refused else left - 1, now)
        while len(self._clients) > CLIENTS:
            self._clients.popitem(last=False)
        if refused:
            wait_s = ceil((1 - left) / self._each_s)
            raise HttpError(
                429,
                "too-many-requests",
                f"more than {self._most:.0f} requests a minute: try again in {wait_s} seconds, or "
                "start the server with a larger --rate-limit",
                {"Retry-After": str(wait_s)},
            )
