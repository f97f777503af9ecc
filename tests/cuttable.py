"""A proxy on loopback whose connections a test can cut."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit


class Cuttable:
    """What a test does to the connections.

    Args:
        url: The server behind it.
        answers_lost: How many connections are cut when the first answer comes.
    """

    def __init__(self, url: str, answers_lost: int) -> None:
        self._behind = urlsplit(url)
        self._lose = answers_lost
        self._open: set[asyncio.StreamWriter] = set()
        self.connections = 0
        self.url = ""

    def cut(self) -> None:
        for writer in self._open:
            writer.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        loses = self.connections <= self._lose
        behind = await asyncio.open_connection(self._behind.hostname, self._behind.port)
        self._open |= {writer, behind[1]}
        sending = asyncio.create_task(_pipe(reader, behind[1]))
        try:
            if loses:
                await behind[0].read(1)
            else:
                await _pipe(behind[0], writer)
        finally:
            sending.cancel()
            for one in (writer, behind[1]):
                self._open.discard(one)
                one.transport.abort()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while chunk := await reader.read(65_536):
            writer.write(chunk)
            await writer.drain()
    except ConnectionError:
        return


@asynccontextmanager
async def cuttable(url: str, *, answers_lost: int = 0) -> AsyncGenerator[Cuttable]:
    """A proxy before a server, until the block ends."""
    proxy = Cuttable(url, answers_lost)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.url = "http://{}:{}".format(*server.sockets[0].getsockname()[:2])
    try:
        yield proxy
    finally:
        server.close()
        proxy.cut()
