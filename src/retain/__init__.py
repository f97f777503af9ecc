"""Retain: text in, memory bank out, durable at every step."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from retain.app.memory import Memory
    from retain.app.sources import SourceView
    from retain.config import Settings
    from retain.engine import Complete, Failed, Parallel, RetainFSM
    from retain.errors import RetainError
    from retain.memory.context import RetainContext
    from retain.memory.model import Fact, Hit, Reflection, Run, Section
    from retain.states.services import RetainServices

__all__ = [
    "Complete",
    "Fact",
    "Failed",
    "Hit",
    "Memory",
    "Parallel",
    "Reflection",
    "RetainContext",
    "RetainError",
    "RetainFSM",
    "RetainServices",
    "Run",
    "Section",
    "Settings",
    "SourceView",
    "__version__",
]

__version__ = "0.1.0"

_HOMES = {
    "Complete": "retain.engine",
    "Fact": "retain.memory.model",
    "Failed": "retain.engine",
    "Hit": "retain.memory.model",
    "Memory": "retain.app.memory",
    "Parallel": "retain.engine",
    "Reflection": "retain.memory.model",
    "RetainContext": "retain.memory.context",
    "RetainError": "retain.errors",
    "RetainFSM": "retain.engine",
    "RetainServices": "retain.states.services",
    "Run": "retain.memory.model",
    "Section": "retain.memory.model",
    "Settings": "retain.config",
    "SourceView": "retain.app.sources",
}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for, so that importing the package is cheap."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'retain' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(home), name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
