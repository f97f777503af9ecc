"""A real server in a thread, over a real database, and a client that speaks HTTP to it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from retain import Memory, Settings
from retain.server.access import Access
from retain.server.listener import Server, listening
from retain.server.serve import serve

WAIT_S = 60.0


@dataclass
class Served:
    """A server and how to reach it."""

    address: str
    db: Path

    @contextmanager
    def client(self, token: str | None = None, **options: Any) -> Iterator[httpx2.Client]:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        with httpx2.Client(
            base_url=self.address, headers=headers, timeout=WAIT_S, **options
        ) as client:
            yield client


@contextmanager
def served(
    db: Path, access: Access | None = None, settings: Settings | None = None
) -> Iterator[Served]:
    """A server that runs until the block ends."""
    chosen = settings or Settings(f"sqlite:///{db}", embedder="static")
    sock = listening("127.0.0.1", 0)
    running: list[Server] = []
    failed: list[BaseException] = []
    loops: list[asyncio.AbstractEventLoop] = []

    def started(server: Server) -> None:
        loops.append(asyncio.get_running_loop())
        running.append(server)

    async def work() -> None:
        async with Memory.open(chosen.db, settings=chosen) as memory:
            await serve(memory, sock, access=access or Access(), started=started)

    def run() -> None:
        try:
            asyncio.run(work())
        except BaseException as exc:
            failed.append(exc)

    thread = threading.Thread(target=run)
    thread.start()
    host, port = sock.getsockname()[:2]
    try:
        yield Served(f"http://{host}:{port}", db)
    finally:
        while not running and thread.is_alive():
            thread.join(0.01)
        if running:
            loops[0].call_soon_threadsafe(running[0].stop)
        thread.join(WAIT_S)
        sock.close()
    assert not thread.is_alive()
    assert not failed, failed
