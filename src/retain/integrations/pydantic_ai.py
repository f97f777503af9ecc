"""A toolset of Pydantic AI, with which an agent recalls and remembers."""

from __future__ import annotations

from typing import Any

from retain.integrations.tools import MAX_TOKENS, AgentMemory, MemoryTools, missing

try:
    from pydantic_ai.toolsets import FunctionToolset
except ImportError as exc:
    raise missing("pydantic-ai-slim", exc) from exc


def memory_toolset(
    memory: AgentMemory, bank_id: str = "default", *, max_tokens: int = MAX_TOKENS
) -> FunctionToolset[Any]:
    """The tools ``recall_memory`` and ``remember``.

    Args:
        memory: A `retain.Memory` or a `retain.client.AsyncClient`; it has to stay open.
        bank_id: The bank of the agent or of its user.
        max_tokens: How many tokens an answer of ``recall_memory`` may have.

    Example:
        >>> agent = Agent("openai:gpt-4o-mini", toolsets=[memory_toolset(memory, "ana")])
    """
    tools = MemoryTools(memory, bank_id, max_tokens)
    return FunctionToolset([*tools.functions], id="retain", require_parameter_descriptions=True)
