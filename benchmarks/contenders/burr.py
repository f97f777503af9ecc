"""Burr: actions and transitions, with its SQLite persister."""

from __future__ import annotations

import asyncio
from pathlib import Path

from burr.core import ApplicationBuilder, State, action, default, expr
from burr.core.persistence import SQLitePersister

from benchmarks.measure import Meter


@action(reads=["n"], writes=["n"])
async def ping(state: State) -> State:
    return state.update(n=state["n"] + 1)


@action(reads=["n"], writes=["n"])
async def pong(state: State) -> State:
    return state.update(n=state["n"] + 1)


@action(reads=["n"], writes=["n"])
def ping_blocking(state: State) -> State:
    return state.update(n=state["n"] + 1)


@action(reads=["n"], writes=["n"])
def pong_blocking(state: State) -> State:
    return state.update(n=state["n"] + 1)


@action(reads=[], writes=[])
def end(state: State) -> State:
    return state


def transitions(count: int, meter: Meter) -> None:
    builder = _builder(ping, pong, count).with_state(n=0)

    async def main() -> State:
        app = await builder.abuild()
        with meter:
            _, _, state = await app.arun(halt_after=["end"])
        return state

    assert asyncio.run(main())["n"] == count


def durable(folder: Path, count: int, document: str, meter: Meter) -> bool:
    # Its blocking persister is the faster of the two: no thread stands between it and SQLite.
    persister = SQLitePersister.from_values(str(folder / "burr.db"))
    persister.initialize()
    app = (
        _builder(ping_blocking, pong_blocking, count)
        .with_state(n=0, document=document)
        .with_identifiers(app_id="run")
        .with_state_persister(persister)
        .build()
    )
    with meter:
        _, _, state = app.run(halt_after=["end"])
    assert state["n"] == count
    kept = persister.load(None, "run")
    persister.cleanup()
    return kept is not None and kept["state"]["document"] == document


def _builder(first: object, second: object, count: int) -> ApplicationBuilder:
    done = expr(f"n >= {count}")
    return (
        ApplicationBuilder()
        .with_actions(ping=first, pong=second, end=end)
        .with_transitions(
            ("ping", "end", done),
            ("ping", "pong", default),
            ("pong", "end", done),
            ("pong", "ping", default),
        )
        .with_entrypoint("ping")
    )
