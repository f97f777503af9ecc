"""Waits for the end of runs that a request begins."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any, BinaryIO

from retain.client.parts import of_bank
from retain.client.transport import Transport, segment
from retain.client.values import RunDetails, SentRuns
from retain.memory.model import Run
from retain.status import RunStatus

FIRST_LOOK_S = 0.1
LAST_LOOK_S = 2.0

LONGEST_WAIT_S = 60.0
"""How long one request waits at most, in seconds: proxies close those that take longer."""


async def finish(
    transport: Transport,
    method: str,
    path: str,
    *,
    wait_s: float | None,
    query: Mapping[str, Any] | None = None,
    body: Mapping[str, Any] | None = None,
    file: BinaryIO | None = None,
) -> list[Run]:
    """Send a request that begins runs, and wait for their end.

    Args:
        transport: Sends it.
        method: Of HTTP.
        path: Of the request.
        wait_s: How long to wait, in seconds; None: until all have ended.
        query: The parameters of the request.
        body: Is sent as JSON.
        file: Is sent as it is.

    Returns:
        The runs; one that has not ended yet has the status ``running``.
    """
    end = None if wait_s is None else time.monotonic() + wait_s
    sent = await transport.ask(
        *(method, path, SentRuns),
        query=query,
        body=body,
        file=file,
        wait_s=LONGEST_WAIT_S if wait_s is None else min(wait_s, LONGEST_WAIT_S),
    )
    return [await _ended(transport, run, end) for run in sent.begun]


async def _ended(transport: Transport, run: Run, end: float | None) -> Run:
    path = of_bank(run.bank_id, "runs", segment(run.source_id))
    look_s = FIRST_LOOK_S
    while run.status == RunStatus.RUNNING and (end is None or time.monotonic() < end):
        await asyncio.sleep(look_s)
        look_s = min(look_s * 1.5, LAST_LOOK_S)
        run = (await transport.ask("GET", path, RunDetails)).run or run
    return run
