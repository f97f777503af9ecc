"""Runs the HTTP API in this process."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import socket
from collections.abc import Callable, Collection, Generator
from typing import Any

import uvicorn

from retain.app.memory import Memory
from retain.errors import InputError, RetainError
from retain.memory.model import Run
from retain.server.access import Access
from retain.server.application import Application
from retain.status import RunStatus

CONNECTIONS = 1_024
"""How many connections and requests there may be at once."""

RESUMED_AT_ONCE = 4
"""How many interrupted runs go on at once when a server starts."""

logger = logging.getLogger("retain.server")

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
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=256)
    except OSError as exc:
        raise InputError(
            f"cannot listen on {host} port {port}: {exc.strerror or exc}: choose another --port "
            "or --host"
        ) from exc


class Server(uvicorn.Server):
    """A server that leaves signals to its caller, and ends its streams when it stops."""

    def __init__(self, app: Application, sock: socket.socket) -> None:
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            ws="none",
            limit_concurrency=CONNECTIONS,
            timeout_graceful_shutdown=GRACE_S,
        )
        super().__init__(config)
        self._app = app
        self._sock = sock

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leave signals alone."""
        yield

    def stop(self) -> None:
        """Answer what was asked, then end."""
        self.should_exit = True
        self._app.service.end_streams()

    async def run_here(self) -> None:
        """Answer requests until `stop` is called."""
        await self.serve(sockets=[self._sock])

    @property
    def address(self) -> str:
        """Where the server is: ``http://127.0.0.1:8787``."""
        host, port = self._sock.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def serve(
    memory: Memory,
    sock: socket.socket,
    *,
    access: Access,
    hosts: Collection[str] = (),
    resume: bool = True,
    started: Callable[[Server], Any],
) -> None:
    """Serve a memory until the server is stopped.

    Args:
        memory: The memory.
        sock: Where to listen.
        access: The tokens.
        hosts: Names of the server.
        resume: Whether to resume runs that were interrupted.
        started: Called with the server before it answers.
    """
    app = Application(memory, access, hosts)
    server = Server(app, sock)
    started(server)
    if resume:
        await resume_interrupted(app)
    try:
        await server.run_here()
    finally:
        await app.service.close()


async def resume_interrupted(app: Application) -> None:
    """Go on with runs that were interrupted, such as those of a server that died."""
    memory = app.service.memory
    interrupted = await memory.runs(status=RunStatus.INTERRUPTED)
    slots = asyncio.Semaphore(RESUMED_AT_ONCE)

    async def resume(run: Run) -> None:
        async with slots:
            try:
                await memory.resume(run.source_id, bank_id=run.bank_id)
            except RetainError as exc:
                logger.warning("could not resume %r: %s", run.source_id, exc)

    async def resume_each() -> None:
        async with asyncio.TaskGroup() as group:
            for run in interrupted:
                group.create_task(resume(run))

    if interrupted:
        await app.service.work.begin(resume_each(), _at_once)


async def _at_once() -> None:
    return None
