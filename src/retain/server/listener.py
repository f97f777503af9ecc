"""A web server in this process that leaves signals to its caller."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import socket
from collections.abc import Callable, Generator
from typing import Any, Literal

import uvicorn

from retain.errors import InputError

CONNECTIONS = 1_024
"""How many connections and requests there may be at once."""

BACKLOG = 256

GRACE_S = 3
"""How long requests may take to end once the server stops, in seconds."""


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def listening(host: str, port: int) -> socket.socket:
    """A socket at an address.

    Raises:
        InputError: The address is taken, or is none of this machine.
    """
    sock: socket.socket | None = None
    try:
        (family, kind, *_, address), *_ = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        # asyncio turns Nagle's algorithm off only where the protocol is named; with it, a small
        # answer waits 40 ms for an acknowledgement.
        sock = socket.socket(family, kind, socket.IPPROTO_TCP)
        if os.name == "posix":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
        sock.listen(BACKLOG)
    except OSError as exc:
        if sock is not None:
            sock.close()
        raise InputError(
            f"cannot listen on {host} port {port}: {exc.strerror or exc}: choose another --port "
            "or --host"
        ) from exc
    return sock


class Server(uvicorn.Server):
    """Answers requests until it is stopped.

    Args:
        app: An ASGI application.
        sock: Where to listen.
        stopping: Called when the server is to stop; it ends what would keep connections open.
        lifespan: Whether the application is told of the beginning and the end.
    """

    def __init__(
        self,
        app: Any,
        sock: socket.socket,
        stopping: Callable[[], None] | None = None,
        lifespan: Literal["on", "off"] = "off",
    ) -> None:
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan=lifespan,
            ws="none",
            limit_concurrency=CONNECTIONS,
            timeout_graceful_shutdown=GRACE_S,
        )
        super().__init__(config)
        self._sock = sock
        self._stopping = stopping

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leave signals alone."""
        yield

    def stop(self) -> None:
        """Answer what was asked, then end."""
        self.should_exit = True
        if self._stopping is not None:
            self._stopping()

    async def run_here(self) -> None:
        """Answer requests until `stop` is called."""
        await self.serve(sockets=[self._sock])

    @property
    def address(self) -> str:
        """Where the server is: ``http://127.0.0.1:8787``."""
        host, port = self._sock.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
