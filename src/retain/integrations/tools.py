"""What agents of every framework do with a bank: recall, and remember."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from functools import wraps
from typing import Any, ParamSpec, Protocol, TypeVar

from retain import blocking
from retain.errors import InputError, MissingExtraError
from retain.memory.model import CitedFact, Hit, MemoryContext

P = ParamSpec("P")
T = TypeVar("T")

MAX_TOKENS = 1_500


class AgentMemory(Protocol):
    """What tools ask of a memory: `retain.Memory` and `retain.client.AsyncClient` have it."""

    async def recall(
        self, query: str, *, bank_id: str = ..., k: int = ..., min_relevance: float = ...
    ) -> list[Hit]:
        """Search a bank."""
        ...

    async def context(
        self, query: str, *, bank_id: str = ..., max_tokens: int = ...
    ) -> MemoryContext:
        """What a bank holds of a query, as a text for a prompt."""
        ...

    async def add(
        self, fact: str, *, bank_id: str = ..., reference_date: datetime | None = ...
    ) -> list[CitedFact]:
        """Add a fact."""
        ...


class MemoryTools:
    """The functions that an agent calls, over one bank.

    Args:
        memory: The memory.
        bank_id: The bank of the agent or of its user.
        max_tokens: How many tokens an answer of `recall_memory` may have.
    """

    def __init__(
        self, memory: AgentMemory, bank_id: str = "default", max_tokens: int = MAX_TOKENS
    ) -> None:
        self._memory = memory
        self._bank_id = bank_id
        self._max_tokens = max_tokens

    @property
    def functions(self) -> Sequence[Callable[[str], Coroutine[Any, Any, str]]]:
        """The functions."""
        return (self.recall_memory, self.remember)

    async def recall_memory(self, query: str) -> str:
        """Search long-term memory. Returns numbered excerpts, each with its source and date.

        Args:
            query: A question or some words, such as what the user has just said.
        """
        try:
            found = await self._memory.context(
                query, bank_id=self._bank_id, max_tokens=self._max_tokens
            )
        except InputError as exc:
            return f"Not searched: {exc}"
        return found.text or "Nothing in memory has to do with that."

    async def remember(self, fact: str) -> str:
        """Keep a fact in long-term memory. It supersedes older facts that it contradicts.

        Args:
            fact: One statement that stays true for a while, as a whole sentence with names.
        """
        try:
            facts = await self._memory.add(fact, bank_id=self._bank_id)
        except InputError as exc:
            return f"Not remembered: {exc}"
        return "Remembered: " + "; ".join(one.fact.text for one in facts)


def blocking_version(function: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, T]:
    """A coroutine function as a plain one."""

    @wraps(function)
    def call(*args: P.args, **given: P.kwargs) -> T:
        return blocking.run(function(*args, **given))

    return call


def missing(package: str, exc: ImportError) -> MissingExtraError:
    """The error where a framework is not installed."""
    return MissingExtraError(
        f"this adapter needs {exc.name or package}: install it with pip install {package}"
    )
