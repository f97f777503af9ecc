"""The session and the tools of the OpenAI Agents SDK, in an agent."""

from typing import Any

import pytest
from tests.inloop import in_a_loop

from retain import Memory

pytest.importorskip("agents")

from agents import Agent, ModelResponse, RunConfig, Runner, Usage
from agents.models.interface import Model
from openai.types.responses import (
    ResponseFunctionToolCall,
    ResponseOutputMessage,
    ResponseOutputText,
)

from retain.integrations.openai_agents import RetainSession, memory_tools

QUIET = RunConfig(tracing_disabled=True)


class Scripted(Model):
    """Calls a tool, then says what it gave; `heard` is what it was sent."""

    def __init__(self, name: str, arguments: str) -> None:
        self._call = ResponseFunctionToolCall(
            arguments=arguments, call_id="c-1", name=name, type="function_call"
        )
        self.heard: list[list[Any]] = []

    async def get_response(self, *_: Any, input: Any, **__: Any) -> ModelResponse:
        self.heard.append(list(input))
        last = input[-1]
        if last.get("type") != "function_call_output":
            return ModelResponse([self._call], Usage(), None)
        text = ResponseOutputText(text=last["output"], type="output_text", annotations=[])
        said = ResponseOutputMessage(
            id="m-1", content=[text], role="assistant", status="completed", type="message"
        )
        return ModelResponse([said], Usage(), None)

    def stream_response(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError


@in_a_loop
async def test_an_agent_goes_on_with_its_session_and_recalls_what_was_said(memory: Memory) -> None:
    session = RetainSession("chat-7", memory, "agents")
    model = Scripted("remember", '{"fact": "Ana paints harbours."}')
    agent = Agent("Helper", model=model, tools=list(memory_tools(memory, "agents")))
    said = await Runner.run(
        agent, "My name is Ana. I live in Porto.", session=session, run_config=QUIET
    )
    assert said.final_output == "Remembered: Ana paints harbours"
    kinds = [one.get("type", one.get("role")) for one in await session.get_items()]
    assert kinds == ["user", "function_call", "function_call_output", "message"]

    model = Scripted("recall_memory", '{"query": "Where do I live?"}')
    agent = Agent("Helper", model=model, tools=list(memory_tools(memory, "agents")))
    said = await Runner.run(agent, "Where do I live?", session=session, run_config=QUIET)
    assert "Porto" in said.final_output
    assert model.heard[0][0]["content"] == "My name is Ana. I live in Porto."
    assert len(await session.get_items()) == 8
    assert len(await session.get_items(3)) == 3


@in_a_loop
async def test_items_come_back_as_they_were_and_leave_no_trace(memory: Memory) -> None:
    session = RetainSession("chat-8", memory, "agents")
    assert await session.get_items() == []
    assert await session.pop_item() is None
    items: list[Any] = [
        {"role": "user", "content": "The spare key\u2028is in the blue pot.", "id": "1"},
        {"role": "user", "content": [{"type": "input_text", "text": "The bike is gone."}]},
    ]
    await session.add_items(items)
    await session.add_items([])
    assert await session.get_items() == items
    assert await session.get_items(0) == []
    assert await session.pop_item() == items[1]
    assert await session.get_items() == items[:1]
    found = await memory.recall("Where is the bike?", bank_id="agents", sources=["chat-8"])
    assert all("bike" not in hit.text for hit in found)
    await session.clear_session()
    await session.clear_session()
    assert await session.get_items() == []
    assert "chat-8" not in {one.source_id for one in await memory.sources(bank_id="agents")}
