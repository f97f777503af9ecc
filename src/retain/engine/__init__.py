"""A durable asynchronous finite-state machine: standard library only, knows nothing of memory."""

import logging

from retain.engine.checkpoint import Checkpoint, Lease, RunSummary, Saver
from retain.engine.context import (
    EngineContext,
    EngineState,
    FanOut,
    Question,
    RunContext,
    StateFailure,
    StepLogEntry,
)
from retain.engine.events import Event, Observer, RunEnded, RunStarted, StepEnded, StepStarted
from retain.engine.machine import RetainFSM
from retain.engine.retry import Retry
from retain.engine.transitions import Complete, Failed, Map, Parallel, StateFunc, StateResult
from retain.errors import Suspend
from retain.status import RunStatus

__all__ = [
    "Checkpoint",
    "Complete",
    "EngineContext",
    "EngineState",
    "Event",
    "Failed",
    "FanOut",
    "Lease",
    "Map",
    "Observer",
    "Parallel",
    "Question",
    "RetainFSM",
    "Retry",
    "RunContext",
    "RunEnded",
    "RunStarted",
    "RunStatus",
    "RunSummary",
    "Saver",
    "StateFailure",
    "StateFunc",
    "StateResult",
    "StepEnded",
    "StepLogEntry",
    "StepStarted",
    "Suspend",
]

# A library speaks through its loggers only where the application listens.
logging.getLogger("retain").addHandler(logging.NullHandler())
