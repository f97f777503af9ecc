"""DBOS: a workflow of steps on its SQLite system database, no conductor, no telemetry."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypedDict

from dbos import DBOS, SetWorkflowID

from benchmarks.measure import Meter


class Count(TypedDict):
    """A counter and a document, handed from step to step."""

    n: int
    document: str


def durable(folder: Path, count: int, document: str, meter: Meter) -> bool:
    """The document travels with the state: every step takes it and returns it."""

    def step(state: Count) -> Count:
        return {**state, "n": state["n"] + 1}

    def workflow(document: str) -> int:
        ping, pong = DBOS.step(name="ping")(step), DBOS.step(name="pong")(step)
        state: Count = {"n": 0, "document": document}
        while state["n"] < count:
            state = ping(state) if state["n"] % 2 == 0 else pong(state)
        return state["n"]

    return _run(folder, count, document, meter, workflow)


def durable_input(folder: Path, count: int, document: str, meter: Meter) -> bool:
    """The document is the workflow's input, kept once; steps return a number."""

    def step(n: int) -> int:
        return n + 1

    def workflow(document: str) -> int:
        ping, pong = DBOS.step(name="ping")(step), DBOS.step(name="pong")(step)
        n = 0
        while n < count:
            n = ping(n) if n % 2 == 0 else pong(n)
        return n

    return _run(folder, count, document, meter, workflow)


def _run(
    folder: Path, count: int, document: str, meter: Meter, workflow: Callable[[str], int]
) -> bool:
    DBOS(
        config={
            "name": "retain-bench",
            "system_database_url": f"sqlite:///{folder}/dbos.sqlite",
            "log_level": "ERROR",
            "enable_otlp": False,
        }
    )
    registered = DBOS.workflow()(workflow)
    DBOS.launch()
    with SetWorkflowID("run"), meter:
        result = registered(document)
    assert result == count
    kept = DBOS.get_workflow_status("run")
    DBOS.destroy()
    return kept is not None and kept.input is not None and kept.input["args"] == (document,)
