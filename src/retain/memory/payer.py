"""On whose behalf models are asked: a state says so once, for all that it calls."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

from retain.memory.model import Payer

_PAYER: ContextVar[Payer] = ContextVar("payer", default=Payer())  # noqa: B039 - it is frozen


def payer() -> Payer:
    """Who pays for what is asked here."""
    return _PAYER.get()


@contextmanager
def paying(
    bank_id: str,
    source_id: str,
    state: str,
    *,
    run: datetime | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Generator[None, None, None]:
    """Have what is asked in this block, and in its tasks, stand in the ledger under these names.

    What it asks with is read in the block as well: where a source is forgotten after the block
    has begun, the journal keeps no answer to a request that holds words of it.

    Args:
        bank_id: The bank.
        source_id: The source whose run asks; empty where none does.
        state: The state, or what else asks.
        run: When the run was made.
        now: The clock, timezone-aware.
    """
    token = _PAYER.set(Payer(bank_id, source_id, state, now(), run))
    try:
        yield
    finally:
        _PAYER.reset(token)
