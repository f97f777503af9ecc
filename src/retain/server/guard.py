"""What every request passes first: host, origin, size and time limits, ids and safe headers."""

from __future__ import annotations

import asyncio
import ipaddress
import re
import secrets
from collections.abc import Collection
from urllib.parse import unquote_to_bytes, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from retain.server.logs import REQUEST_ID
from retain.server.problems import HttpError

SMALL = 1 << 20
"""The largest body of a request that brings no source, in bytes."""

ENVELOPE = 1 << 20
"""What the body of a request may have beside the source that it brings, in bytes."""

SILENCE_S = 30.0
"""How long a client may send nothing of a body that it announced, in seconds."""

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_BRINGS_A_SOURCE = re.compile(r"/v1/banks/[^/]+/sources(?:/[^/]+(?:/turns)?)?")

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Guard:
    """Refuses what a browser of a stranger, or a careless client, may send.

    The path of a request stays percent-encoded until its route decodes each id: an id may hold a
    slash.

    Args:
        app: What answers the requests that pass.
        hosts: Names of this server beside ``localhost`` and its addresses. A request that names
            another host may come from a page whose name was bound to this address.
        max_bytes: The largest source.
        roomy: The paths that take a source.
    """

    def __init__(
        self,
        app: ASGIApp,
        hosts: Collection[str],
        max_bytes: int,
        roomy: re.Pattern[str] = _BRINGS_A_SOURCE,
    ) -> None:
        self._roomy = roomy
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts) | {"localhost"}
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
        begun = False

        async def answer(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                shown = MutableHeaders(scope=message)
                shown["X-Request-ID"] = request_id
                shown.setdefault("Cache-Control", "no-store")
                for name, value in HEADERS.items():
                    shown.setdefault(name, value)
            await send(message)

        scope.setdefault("state", {})["request_id"] = request_id
        REQUEST_ID.set(request_id)
        try:
            self._check(scope, headers)
            limited = _Limited(receive, self._most(scope["path"]))
            await self._app(scope, limited, answer)
        except HttpError as exc:
            if begun:
                raise
            await exc.response()(scope, receive, answer)

    def _check(self, scope: Scope, headers: Headers) -> None:
        host = headers.get("host", "")
        if not self._is_own(host):
            raise HttpError(
                421,
                "wrong-host",
                "the Host header names another server: use the server's address, or start it "
                "with --allow-host NAME",
            )
        if scope["method"] not in SAFE_METHODS and _is_foreign(headers, host):
            raise HttpError(
                403, "foreign-origin", "a page of another origin may not change anything here"
            )
        raw: bytes = scope.get("raw_path") or scope["path"].encode()
        try:
            scope["path"] = raw.decode("ascii")
            unquote_to_bytes(raw).decode()
        except UnicodeDecodeError as exc:
            raise HttpError(
                400, "invalid-path", "the path is not UTF-8: percent-encode each id"
            ) from exc
        length = headers.get("content-length", "0")
        if length.isdigit() and int(length[:20]) > self._most(scope["path"]):
            raise _too_large(self._most(scope["path"]))

    def _is_own(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return name in self._hosts
        return True

    def _most(self, path: str) -> int:
        """The largest body that a path takes."""
        return self._max_bytes + ENVELOPE if self._roomy.fullmatch(path) else SMALL


def _is_foreign(headers: Headers, host: str) -> bool:
    """Whether a browser sends the request for a page of another origin."""
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return True
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc.lower() != host.lower()


class _Limited:
    """Receives a body of limited size from a client that goes on sending."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive = receive
        self._most = most
        self._left = most
        self._is_complete = False

    async def __call__(self) -> Message:
        if self._is_complete:  # what comes next is the end of the connection
            return await self._receive()
        try:
            message = await asyncio.wait_for(self._receive(), SILENCE_S)
        except TimeoutError as exc:
            raise HttpError(
                408, "too-slow", f"nothing of the body came for {SILENCE_S:.0f} seconds"
            ) from exc
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
            self._is_complete = not message.get("more_body", False)
            if self._left < 0:
                raise _too_large(self._most)
        return message


def _too_large(most: int) -> HttpError:
    return HttpError(
        413,
        "too-large",
        f"the request is larger than {most:,} bytes: send less, or set RETAIN_MAX_BYTES",
        {"Connection": "close"},
    )
