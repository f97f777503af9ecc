"""The bank, source and state that model calls are booked on: a state sets them once."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

from retain.memory.model import CallContext

_NOBODY = CallContext()
_CALL_CONTEXT: ContextVar[CallContext] = ContextVar("call_context", default=_NOBODY)


def call_context() -> CallContext:
    """What model calls are booked on here."""
    return _CALL_CONTEXT.get()


@contextmanager
def in_call_context(
    bank_id: str,
    source_id: str,
    state: str,
    *,
    run: datetime | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Generator[None, None, None]:
    """Book the model calls of this block, and of tasks that it starts, on a bank, source and state.

    Texts that are sent have to be read inside the block: if a source is forgotten after the block
    began, the journal keeps no answer to a request that may hold words of that source.

    Args:
        bank_id: The bank.
        source_id: The source whose run asks; empty where none does.
        state: The state, or what else asks.
        run: When the run was made.
        now: The clock, timezone-aware.
    """
    token = _CALL_CONTEXT.set(CallContext(bank_id, source_id, state, now(), run))
    try:
        yield
    finally:
        _CALL_CONTEXT.reset(token)
