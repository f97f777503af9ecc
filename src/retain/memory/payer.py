"""On whose behalf models are asked: a state says so once, for all that it calls."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

from retain.memory.model import Payer

_PAYER: ContextVar[Payer] = ContextVar("payer", default=Payer())  # noqa: B039 - it is frozen


def payer() -> Payer:
    """Who pays for what is asked here."""
    return _PAYER.get()


@contextmanager
def paying(bank_id: str, source_id: str, state: str) -> Generator[None, None, None]:
    """Have what is asked in this block, and in its tasks, stand in the ledger under these names.

    Args:
        bank_id: The bank.
        source_id: The source whose run asks; empty where none does.
        state: The state, or what else asks.
    """
    token = _PAYER.set(Payer(bank_id, source_id, state))
    try:
        yield
    finally:
        _PAYER.reset(token)
