"""One request for everybody who wants its answer: tasks, processes and machines."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Generator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar
from uuid import uuid4

from retain.concurrency import finished
from retain.errors import RetainError
from retain.memory.model import ClaimOutcome, RequestClaim
from retain.memory.ports import Journal

LIFETIME_S = 10.0
"""Seconds that others wait for a machine that is gone; a live sender renews its claims in time."""

BEATS = 4
"""How often a claim is renewed in its lifetime, so that a late heartbeat does no harm."""

FIRST_POLL_S = 0.02
LONGEST_POLL_S = 0.5
"""How often to look whether another process has its answer: each pause is half as long again."""

T = TypeVar("T")

logger = logging.getLogger("retain.providers.llm")


class SingleFlight:
    """Sends a request only while nobody else is sending it, by claims in the journal.

    Nobody waits for one claim while holding another, so there is no deadlock: the keys of a
    request are claimed together or not at all, and a caller that sends never waits for a claim.

    Args:
        journal: Keeps the claims. One object serves all tasks of the process that use the journal.
        lifetime_s: After how many seconds without a heartbeat a claim expires.
        new_token: Names a claim.
        sleep: How to wait, in seconds.
    """

    def __init__(
        self,
        journal: Journal,
        *,
        lifetime_s: float = LIFETIME_S,
        new_token: Callable[[], str] = lambda: uuid4().hex,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._journal = journal
        self._lifetime_s = lifetime_s
        self._new_token = new_token
        self._sleep = sleep
        self._in_flight: dict[tuple[str, str], asyncio.Event] = {}
        self._claims: set[RequestClaim] = set()
        self._heartbeat: asyncio.Task[None] | None = None

    def is_free(self, bank_id: str, key: str) -> bool:
        """Whether no task of this process is sending the request, or waiting to."""
        return (bank_id, key) not in self._in_flight

    async def send(
        self,
        bank_id: str,
        keys: Collection[str],
        work: Callable[[], Awaitable[T]],
        sources: Sequence[str],
        since: datetime | None,
    ) -> T | None:
        """Run `work`, which sends the request and keeps its answers in the journal.

        Args:
            bank_id: The bank.
            keys: The keys of the request.
            work: Sends the request. When it returns, the answers are in the journal.
            sources: The sources whose words the request contains.
            since: When those words may have been read at the earliest; None: just now.

        Returns:
            What `work` returns. None if somebody else was sending one of the requests: look into
            the journal, and call this again for what is still missing.
        """
        slots = [(bank_id, key) for key in keys]
        for slot in slots:
            if slot in self._in_flight:
                await self._in_flight[slot].wait()
                return None
        landed = asyncio.Event()
        self._in_flight.update(dict.fromkeys(slots, landed))
        try:
            claim = RequestClaim(bank_id, tuple(keys), self._new_token(), self._lifetime_s)
            return await self._claimed(claim, work, sources, since)
        finally:
            for slot in slots:
                del self._in_flight[slot]
            landed.set()

    async def _claimed(
        self,
        claim: RequestClaim,
        work: Callable[[], Awaitable[T]],
        sources: Sequence[str],
        since: datetime | None,
    ) -> T | None:
        pause_s = FIRST_POLL_S
        while (outcome := await self._taken(claim, sources, since)) == "busy":
            await self._sleep(pause_s)
            pause_s = min(LONGEST_POLL_S, 1.5 * pause_s)
        if outcome == "answered":
            return None
        try:
            with self._renewed(claim):
                return await work()  # the journal ends the claim when it keeps the answers
        except BaseException:
            await finished(self._release(claim))
            raise

    async def _taken(
        self, claim: RequestClaim, sources: Sequence[str], since: datetime | None
    ) -> ClaimOutcome:
        try:
            return await finished(self._journal.claim(claim, sources, since))
        except asyncio.CancelledError:  # the journal may have granted it
            await finished(self._release(claim))
            raise

    @contextmanager
    def _renewed(self, claim: RequestClaim) -> Generator[None, None, None]:
        """Renew the claim while the block lasts; one heartbeat renews all claims."""
        self._claims.add(claim)
        if self._heartbeat is None:
            self._heartbeat = asyncio.create_task(self._beat())
        try:
            yield
        finally:
            self._claims.remove(claim)
            if not self._claims:
                self._heartbeat.cancel()
                self._heartbeat = None

    async def _beat(self) -> None:
        while True:
            await self._sleep(self._lifetime_s / BEATS)
            try:
                await self._journal.renew(tuple(self._claims))
            except RetainError as exc:  # the request is being answered all the same
                logger.warning("claims on requests could not be renewed: %s", exc)

    async def _release(self, claim: RequestClaim) -> None:
        try:
            await self._journal.release(claim)
        except RetainError as exc:  # the claim expires, or its process is found dead
            logger.warning("a claim on a request could not be released: %s", exc)
