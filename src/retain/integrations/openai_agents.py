"""The OpenAI Agents SDK: a session that is kept in a bank, and tools to recall and remember."""

# pyright: basic, reportMissingImports=false

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from retain.errors import NotFoundError
from retain.integrations.tools import MAX_TOKENS, AgentMemory, MemoryTools, missing

try:
    from agents import function_tool
    from agents.memory import SessionABC
except ImportError as exc:
    raise missing("openai-agents", exc) from exc

if TYPE_CHECKING:
    from agents import FunctionTool
    from agents.items import TResponseInputItem

    from retain.app.memory import Memory
    from retain.client import AsyncClient


def memory_tools(
    memory: AgentMemory, bank_id: str = "default", *, max_tokens: int = MAX_TOKENS
) -> list[FunctionTool]:
    """The tools ``recall_memory`` and ``remember``.

    Args:
        memory: A `retain.Memory` or a `retain.client.AsyncClient`; it has to stay open.
        bank_id: The bank of the agent or of its user.
        max_tokens: How many tokens an answer of ``recall_memory`` may have.
    """
    tools = MemoryTools(memory, bank_id, max_tokens)
    return [function_tool(one) for one in tools.functions]


class RetainSession(SessionABC):
    """The history of one conversation, which is a source of a bank.

    What is said in it can be recalled, also in other conversations. Items are given back as they
    came; calls of tools and their results are kept, and no facts are made of them.

    Args:
        session_id: Names the conversation: the id of the source.
        memory: A `retain.Memory` or a `retain.client.AsyncClient`; it has to stay open.
        bank_id: The bank.

    Example:
        >>> session = RetainSession("chat-7", memory, bank_id="ana")
        >>> await Runner.run(agent, "I moved to Porto.", session=session)
    """

    def __init__(
        self, session_id: str, memory: Memory | AsyncClient, bank_id: str = "default"
    ) -> None:
        self.session_id = session_id
        self._memory = memory
        self._bank_id = bank_id

    async def get_items(self, limit: int | None = None) -> list[TResponseInputItem]:
        """The items of the conversation, oldest first.

        Args:
            limit: Only the latest items, so many; None: all of them.
        """
        try:
            text = await self._memory.sources.text(self.session_id, bank_id=self._bank_id)
        except NotFoundError:
            return []
        items: list[Any] = [json.loads(line) for line in (text or "").split("\n") if line.strip()]
        return items if limit is None else items[max(0, len(items) - max(0, limit)) :]

    async def add_items(self, items: list[TResponseInputItem]) -> None:
        """Add items to the conversation, and retain what is said in them.

        Raises:
            SourceError: Nobody says anything in the conversation yet.
            RunNotCompletedError: They could not be retained; the run says why.
        """
        if any(_is_said(item) for item in items):
            await self._retain([*items], append=True)
        elif items:  # calls of tools alone are no chat that can be appended
            await self._retain([*await self.get_items(), *items], append=False)

    async def pop_item(self) -> TResponseInputItem | None:
        """Remove the latest item, and what was retained of it, and return it."""
        items = await self.get_items()
        if not items:
            return None
        *kept, last = items
        if kept:
            await self._retain(kept, append=False)
        else:
            await self.clear_session()
        return last

    async def clear_session(self) -> None:
        """Forget the conversation: its items, facts and every other trace."""
        try:
            await self._memory.forget(self.session_id, bank_id=self._bank_id)
        except NotFoundError:
            return

    async def _retain(self, items: list[Any], *, append: bool) -> None:
        run = await self._memory.retain_messages(
            items, source_id=self.session_id, bank_id=self._bank_id, append=append
        )
        run.raise_for_status()


def _is_said(item: Any) -> bool:
    """Whether an item is what somebody says."""
    return "role" in item and bool(item.get("content"))
