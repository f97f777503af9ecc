"""An HTTP server on loopback that answers just what a test says, down to the bytes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Asked:
    """One request that came in."""

    path: str
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True)
class Reply:
    """What is sent back.

    Args:
        body: JSON, or bytes as they are.
        status: Of HTTP.
        headers: Further ones.
        every_s: Send a byte at a time, so many seconds apart; 0: send all at once.
        length: The length that is promised; the default is the true one.
        cut: Close the connection after the body.
    """

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    every_s: float = 0.0
    length: int | None = None
    cut: bool = False


DROP = Reply(b"", status=0)
"""Close the connection without a word."""

Answering = Callable[[Asked], Reply | Awaitable[Reply]]


class RawServer:
    """What a test asks of the server, and what it saw."""

    def __init__(self, answering: Answering) -> None:
        self.answering = answering
        self.asked: list[Asked] = []
        self.connections = 0
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            with suppress(asyncio.IncompleteReadError, ConnectionError):
                while await self._one(reader, writer):
                    pass
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
        headers = {k.lower(): v.strip() for k, v in (line.split(":", 1) for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        asked = Asked(first.split()[1], headers, json.loads(body or b"null"))
        self.asked.append(asked)
        reply = self.answering(asked)
        if isinstance(reply, Awaitable):
            reply = await reply
        if reply is DROP:
            return False
        data = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        length = len(data) if reply.length is None else reply.length
        told = {"Content-Type": "application/json", "Content-Length": str(length), **reply.headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        writer.write(f"HTTP/1.1 {reply.status} Told\r\n{head}\r\n".encode())
        step = 1 if reply.every_s else max(1, len(data))
        for start in range(0, len(data), step):
            writer.write(data[start : start + step])
            await writer.drain()
            if reply.every_s:
                await asyncio.sleep(reply.every_s)
        return not reply.cut


@asynccontextmanager
async def raw_server(answering: Answering) -> AsyncGenerator[RawServer, None]:
    """A server on a free port while the block lasts; its `url` ends in ``/v1``."""
    made = RawServer(answering)
    tasks: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(made.serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    listening = await asyncio.start_server(connected, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1"
    try:
        yield made
    finally:
        listening.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def completion(text: str | None, finish: str = "stop", **message: Any) -> dict[str, Any]:
    """An answer in OpenAI's protocol."""
    said = {"role": "assistant", "content": text, **message}
    return {
        "id": "c-1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "finish_reason": finish, "message": said}],
        "usage": {"prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17},
    }
