"""The version of a graph, and how a run that began on an earlier one goes on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from retain.engine.context import (
    EngineContext,
    EngineState,
    FanOut,
    StateFailure,
    engine_state_of,
    name_of,
)
from retain.engine.graph import Declared
from retain.engine.transitions import Parallel


def version_of(declared: Declared, handlers: Mapping[str, str]) -> str:
    """A hash of the states, their declared targets and their ``on_error=`` states."""
    rows = [
        (name, None if targets is None else sorted(map(repr, targets)), handlers.get(name))
        for name, targets in sorted(declared.items())
    ]
    return hashlib.sha256(repr(rows).encode()).hexdigest()[:12]


def carry_over(ctx: EngineContext, names: Mapping[str, str]) -> None:
    """Give the states that a kept run knows by an earlier name the one that they have."""
    if not names:
        return

    def name(earlier: str) -> str:
        return names.get(earlier, earlier)

    ctx.last_state = name(ctx.last_state)
    if (block := ctx.fan_out) is not None:
        _carry_block(block, name)
    state = engine_state_of(ctx)
    earlier = {q.name: name_of(name(q.state), q.item) for q in state.questions}
    state.questions = [replace(q, state=name(q.state)) for q in state.questions]
    state.answers = {
        earlier.get(key, _answered(key, name)): answer for key, answer in state.answers.items()
    }
    state.failures = [replace(f, state=name(f.state)) for f in state.failures]


def _answered(key: str, name: Callable[[str], str]) -> str:
    """The name of a question, which ends with the position of an item in a map."""
    state, bracket, item = key.partition("[")
    return f"{name(state)}{bracket}{item}"


def _carry_block(block: FanOut, name: Callable[[str], str]) -> None:
    def failure(one: StateFailure) -> StateFailure:
        return replace(one, state=name(one.state))

    block.state, block.join = name(block.state), name(block.join)
    block.branches = tuple(tuple(map(name, chain)) for chain in block.branches)
    block.failed = {n: failure(one) for n, one in block.failed.items()}
    block.detours = {
        n: replace(one, state=name(one.state), failure=failure(one.failure))
        for n, one in block.detours.items()
    }


def changes(ctx: EngineContext, declared: Mapping[str, Any], version: str) -> list[str]:
    """What of a kept run does not fit the graph that it goes on with.

    Args:
        ctx: The kept run, which began on another version of the graph.
        declared: The states and their declared targets.
        version: That of this graph.
    """
    began = graph_of(ctx)
    block = ctx.fan_out
    since = f"the run began on version {began} of the graph, and this is version {version}"
    gone = "register it, or name it in was= of the state that has taken its place"
    if block is None:
        known = ctx.last_state in declared
        return [] if known else [f"unknown state: {ctx.last_state!r}: {since}; {gone}"]
    unfinished = (chain[done:] for chain, done in zip(block.branches, block.done, strict=True))
    lost = sorted({n for chain in unfinished for n in (*chain, block.join) if n not in declared})
    if lost:
        return [
            f"{block.state}: its block needs the unknown state {n!r}: {since}; {gone}" for n in lost
        ]
    specs = [t for t in declared.get(block.state) or () if isinstance(t, Parallel)]
    kept = set(block.branches)
    if not specs or any(set(spec.branches) <= kept and spec.join == block.join for spec in specs):
        return []
    added = sorted({" > ".join(c) for spec in specs for c in spec.branches if c not in kept})
    what = f"has no branch {', '.join(map(repr, added))}" if added else f"joins at {block.join!r}"
    remedy = "finish it with the earlier graph, or set ctx.fan_out = None to begin the block again"
    return [f"{block.state}: the unfinished block {what}: {since}; {remedy}"]


def graph_of(ctx: EngineContext) -> str:
    """The version of the graph that a run was last driven on; empty if that is not known."""
    state: EngineState | None = getattr(ctx, "engine_state", None)
    return "" if state is None else state.graph
