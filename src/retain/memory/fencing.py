"""The lease under which a run writes to its bank, so that a store can refuse a run that lost it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fence:
    """The lease of a run.

    Args:
        bank_id: The bank.
        source_id: The source that is run.
        token: The lease's fencing token; another runner's lease has another.
    """

    bank_id: str
    source_id: str
    token: int


_FENCE: ContextVar[Fence | None] = ContextVar("fence", default=None)


def current_fence() -> Fence | None:
    """The lease of the run that the calling task drives; None outside of runs."""
    return _FENCE.get()


@contextmanager
def fenced(fence: Fence) -> Generator[None, None, None]:
    """Have whatever this block and its tasks write to the bank depend on a lease."""
    reset = _FENCE.set(fence)
    try:
        yield
    finally:
        _FENCE.reset(reset)
