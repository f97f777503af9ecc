"""The port of limits that all processes of a fleet share."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

Settle = Callable[[int, float], None]
"""Says what a call took: tokens, and US dollars."""


class CallLimits(Protocol):
    """Limits on calls to models: requests and tokens a minute, and what they cost in all."""

    def call(
        self, bank_id: str, model: str, tokens: int, cost: float
    ) -> AbstractAsyncContextManager[Settle]:
        """Wait until a call may be made, and book what it may take at most.

        What the call says it took replaces that when the block ends; a call that says nothing
        counts as what it may have taken.

        Args:
            bank_id: Whose call it is.
            model: The model.
            tokens: How many tokens it may read and write.
            cost: What it may cost, in US dollars.

        Raises:
            BudgetError: It may cost more than is left.
        """
        ...
