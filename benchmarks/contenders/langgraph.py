"""LangGraph: nodes that return commands, with its SQLite saver."""

from __future__ import annotations

import asyncio
import operator
from pathlib import Path
from typing import Annotated, TypedDict

from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command

from benchmarks.measure import Meter


class Count(TypedDict, total=False):
    """The state: a counter, where it ends, and a document."""

    n: int
    end: int
    document: str


class Joined(TypedDict):
    """A counter that branches add to."""

    n: Annotated[int, operator.add]


async def ping(state: Count) -> Command:
    n = state["n"] + 1
    return Command(update={"n": n}, goto="pong" if n < state["end"] else END)


async def pong(state: Count) -> Command:
    n = state["n"] + 1
    return Command(update={"n": n}, goto="ping" if n < state["end"] else END)


def transitions(count: int, meter: Meter) -> None:
    graph = _graph().compile()

    async def main() -> Count:
        with meter:
            return await graph.ainvoke({"n": 0, "end": count}, {"recursion_limit": count + 1})

    assert asyncio.run(main())["n"] == count


def durable(folder: Path, count: int, document: str, meter: Meter) -> bool:
    config = {"configurable": {"thread_id": "run"}, "recursion_limit": count + 1}
    state = {"n": 0, "end": count, "document": document}

    async def main() -> bool:
        async with AsyncSqliteSaver.from_conn_string(str(folder / "langgraph.db")) as saver:
            await saver.setup()
            graph = _graph().compile(checkpointer=saver)
            with meter:
                result = await graph.ainvoke(state, config, durability="sync")
            assert result["n"] == count
            kept = await graph.aget_state(config)
            return kept.values["document"] == document

    return asyncio.run(main())


def fan_out(branches: int, delay_s: float, meter: Meter) -> None:
    async def branch(_: Joined) -> dict[str, int]:
        await asyncio.sleep(delay_s)
        return {"n": 1}

    async def join(_: Joined) -> dict[str, int]:
        return {"n": 0}

    names = [f"branch_{number}" for number in range(branches)]
    builder = StateGraph(Joined).add_node("join", join).add_edge("join", END)
    for name in names:
        builder.add_node(name, branch).add_edge(START, name)
    graph = builder.add_edge(names, "join").compile()

    async def main() -> Joined:
        with meter:
            return await graph.ainvoke({"n": 0})

    assert asyncio.run(main())["n"] == branches


def _graph() -> StateGraph:
    builder = StateGraph(Count).add_edge(START, "ping")
    builder.add_node("ping", ping, destinations=("pong", END))
    builder.add_node("pong", pong, destinations=("ping", END))
    return builder
