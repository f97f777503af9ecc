"""The events of runs as a stream that a client can go on reading where it lost it."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import msgspec
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from retain.app import views
from retain.engine import Event
from retain.server.problems import RETRY_AFTER_S, HttpError

KEPT = 10_000
"""How many events are kept for clients that come back."""

STREAMS = 200
"""How many clients may follow at once."""

SILENCE_S = 15.0
"""After so many seconds without an event, a comment shows that the stream lives."""


@dataclass(frozen=True, slots=True)
class Shown:
    """An event as clients read it."""

    number: int
    bank_id: str
    source_id: str
    name: str
    data: bytes


class EventStream(StreamingResponse):
    """An answer that gives its place back, also where its client is gone before it begins."""

    def __init__(self, content: AsyncIterator[bytes], leave: Callable[[], None]) -> None:
        super().__init__(content, media_type="text/event-stream")
        self._leave = leave

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._leave()


class Events:
    """Keeps the latest events of all runs that this process drives."""

    def __init__(self) -> None:
        self._epoch = secrets.token_hex(4)  # numbers begin anew with each process
        self._kept: deque[Shown] = deque(maxlen=KEPT)
        self._number = 0
        self._news = asyncio.Event()
        self._streams = 0
        self._closed = False

    def observe(self, event: Event) -> None:
        """Keep an event, and wake those who follow."""
        self._number += 1
        shown = views.event(event)
        data = msgspec.json.encode(shown)
        self._kept.append(Shown(self._number, event.bank_id, event.source_id, shown["event"], data))
        self._wake()

    def close(self) -> None:
        """End all streams."""
        self._closed = True
        self._wake()

    def _wake(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()

    def stream(self, last: str | None, wanted: Callable[[Shown], bool]) -> EventStream:
        """The events as an answer; see `follow`.

        Raises:
            HttpError: Too many clients follow.
        """
        if self._streams >= STREAMS:
            raise HttpError(
                503,
                "too-many-streams",
                f"{STREAMS} clients follow events: close one, or ask for the runs instead",
                {"Retry-After": str(RETRY_AFTER_S)},
            )
        self._streams += 1
        return EventStream(self.follow(last, wanted), self._leave)

    def _leave(self) -> None:
        self._streams -= 1

    async def follow(
        self, last: str | None, wanted: Callable[[Shown], bool]
    ) -> AsyncIterator[bytes]:
        """The events as a stream of server-sent events.

        Args:
            last: The id of the last event that the client has; None: it wants what comes next.
            wanted: Which events the client is to have.
        """
        after, lost = self._position(last)
        yield b"retry: 2000\n\n"
        if lost:
            yield self._written("reset", self._number, b"{}")
        while not self._closed:
            news = self._news
            if self._kept and after < self._kept[0].number - 1 and not lost:
                yield self._written("reset", self._number, b"{}")
            lost = False
            for event in [one for one in self._kept if one.number > after]:
                after = event.number
                if wanted(event):
                    yield self._written(event.name, event.number, event.data)
            if news is not self._news:
                continue
            try:
                await asyncio.wait_for(news.wait(), SILENCE_S)
            except TimeoutError:
                yield b": still here\n\n"

    def _position(self, last: str | None) -> tuple[int, bool]:
        """The number of the last event that a client has, and whether it lost some."""
        if last is None:
            return self._number, False
        epoch, _, number = last.partition("-")
        if epoch == self._epoch and number.isascii() and number.isdigit():
            return min(int(number[:18]), self._number), False
        return self._number, True

    def _written(self, name: str, number: int, data: bytes) -> bytes:
        return f"id: {self._epoch}-{number}\nevent: {name}\ndata: ".encode() + data + b"\n\n"
