"""Runs the HTTP API in this process."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, Collection
from typing import Any

from retain.app.memory import Memory
from retain.errors import RetainError
from retain.memory.model import Run
from retain.server.access import Access
from retain.server.application import Application
from retain.server.listener import Server
from retain.status import RunStatus

RESUMED_AT_ONCE = 4
"""How many interrupted runs go on at once when a server starts."""

logger = logging.getLogger("retain.server")


async def serve(
    memory: Memory,
    sock: socket.socket,
    *,
    access: Access,
    hosts: Collection[str] = (),
    resume: bool = True,
    rate_limit: int = 0,
    started: Callable[[Server], Any],
) -> None:
    """Serve a memory until the server is stopped.

    Args:
        memory: The memory.
        sock: Where to listen.
        access: The tokens.
        hosts: Names of the server.
        resume: Whether to resume runs that were interrupted.
        rate_limit: How many requests a client on another machine may send in a minute; 0: any.
        started: Called with the server before it answers.
    """
    app = Application(memory, access, hosts, rate_limit)
    server = Server(app, sock, app.service.end_streams)
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
