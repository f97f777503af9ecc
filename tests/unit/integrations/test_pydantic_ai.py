"""The toolset of Pydantic AI, in an agent."""

from typing import Any

import pytest
from tests.inloop import in_a_loop

from retain import Memory

pytest.importorskip("pydantic_ai")

from pydantic_ai import Agent
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from retain.integrations.pydantic_ai import memory_toolset


@in_a_loop
async def test_an_agent_remembers_and_recalls(memory: Memory) -> None:
    seen: list[AgentInfo] = []

    def answer(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        seen.append(info)
        returned = [
            part.content
            for message in messages
            for part in message.parts
            if part.part_kind == "tool-return"
        ]
        calls: list[tuple[str, dict[str, Any]]] = [
            ("remember", {"fact": "Ana is allergic to penicillin."}),
            ("recall_memory", {"query": "What is Ana allergic to?"}),
            ("remember", {"fact": ""}),
        ]
        if len(returned) < len(calls):
            return ModelResponse([ToolCallPart(*calls[len(returned)])])
        return ModelResponse([TextPart("\n".join(map(str, returned)))])

    agent = Agent(FunctionModel(answer), toolsets=[memory_toolset(memory, "pydantic")])
    said = (await agent.run("Remember my allergy.")).output
    remembered, *recalled, refused = said.split("\n")
    assert remembered == "Remembered: Ana is allergic to penicillin"
    assert "penicillin" in recalled[-1]
    assert refused.startswith("Not remembered: ")
    tools = {one.name: one for one in seen[0].function_tools}
    assert set(tools) == {"recall_memory", "remember"}
    assert "supersedes" in (tools["remember"].description or "")
