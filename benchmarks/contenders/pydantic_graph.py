"""pydantic-graph: nodes that return the next node. This release keeps no state of its own."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from pydantic_graph import BaseNode, End, GraphBuilder, GraphRunContext, StepContext, reduce_null
from pydantic_graph.step import NodeStep

from benchmarks.measure import Meter


@dataclass
class Count:
    """The state: a counter and where it ends."""

    n: int
    end: int


@dataclass
class Ping(BaseNode[Count, None, None]):
    async def run(self, ctx: GraphRunContext[Count, None]) -> Pong | End[None]:
        ctx.state.n += 1
        return Pong() if ctx.state.n < ctx.state.end else End(None)


@dataclass
class Pong(BaseNode[Count, None, None]):
    async def run(self, ctx: GraphRunContext[Count, None]) -> Ping | End[None]:
        ctx.state.n += 1
        return Ping() if ctx.state.n < ctx.state.end else End(None)


def transitions(count: int, meter: Meter) -> None:
    builder = GraphBuilder(state_type=Count, input_type=Ping, auto_instrument=False)
    builder.add(
        builder.edge_from(builder.start_node).to(NodeStep(Ping)),
        builder.node(Ping),
        builder.node(Pong),
    )
    graph = builder.build()
    state = Count(0, count)

    async def main() -> None:
        with meter:
            await graph.run(state=state, inputs=Ping())

    asyncio.run(main())
    assert state.n == count


def fan_out(branches: int, delay_s: float, meter: Meter) -> None:
    builder = GraphBuilder(state_type=Count, auto_instrument=False)

    async def start(_: StepContext[Count, None, None]) -> list[int]:
        return list(range(branches))

    async def branch(ctx: StepContext[Count, None, int]) -> None:
        await asyncio.sleep(delay_s)
        ctx.state.n += 1

    first, each = builder.step(start), builder.step(branch)
    join = builder.join(reduce_null, initial=None)
    builder.add(
        builder.edge_from(builder.start_node).to(first),
        builder.edge_from(first).map().to(each),
        builder.edge_from(each).to(join),
        builder.edge_from(join).to(builder.end_node),
    )
    graph = builder.build()
    state = Count(0, branches)

    async def main() -> None:
        with meter:
            await graph.run(state=state)

    asyncio.run(main())
    assert state.n == branches
