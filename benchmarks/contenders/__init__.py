"""One small adapter per contender: the same work, in the way that its documentation shows.

An adapter has some of these functions; each enters the meter around the work alone, so that
building a graph or opening a database is not timed.

``transitions(count, meter)``
    Two states that hand over to each other, `count` times, nothing kept.
``durable(folder, count, document, meter) -> bool``
    The same with everything kept before the next transition, the document in its state. When it
    returns, the database is closed. True if the document was read back from it.
``fan_out(branches, delay_s, meter)``
    That many branches that sleep, then a join.
"""

from __future__ import annotations

import importlib
import os
from types import ModuleType

NAMES = {
    "retain": "ours",
    "seed": "seed",
    "pydantic-graph": "pydantic_graph",
    "burr": "burr",
    "langgraph": "langgraph",
    "dbos": "dbos",
}
"""How a contender is shown, and its module."""


def load(name: str) -> ModuleType:
    """The contender's adapter; nothing that it imports may call home."""
    os.environ.update(LANGSMITH_TRACING="false", LANGCHAIN_TRACING_V2="false")
    return importlib.import_module(f"benchmarks.contenders.{NAMES[name]}")
