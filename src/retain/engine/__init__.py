"""A durable asynchronous finite-state machine: standard library only, knows nothing of memory."""

import logging

from retain.engine.checkpoint import Checkpoint, Lease, RunPage, RunSummary, Saver
from retain.engine.context import (
    EngineContext,
    EngineState,
    FanOut,
    KeyedContext,
    Question,
    RunContext,
    StateFailure,
    StepLogEntry,
    key_of,
)
from retain.engine.events import Event, Observer, RunEnded, RunStarted, StepEnded, StepStarted
from retain.engine.machine import RetainFSM
from retain.engine.retry import Retry
from retain.engine.starting import Exists
from retain.engine.transitions import (
    Complete,
    Failed,
    Failures,
    GivenStateFunc,
    Map,
    Parallel,
    StateFunc,
    StateResult,
    Target,
)
from retain.errors import (
    CheckpointDamagedError,
    CheckpointError,
    CheckpointSchemaError,
    CheckpointVersionError,
    ContextTypeError,
    InputError,
    LeaseHeldError,
    LeaseLostError,
    PermanentError,
    RetainError,
    RunExistsError,
    Suspend,
    SuspendError,
    TransientError,
)
from retain.status import RunStatus

__all__ = [
    "Checkpoint",
    "CheckpointDamagedError",
    "CheckpointError",
    "CheckpointSchemaError",
    "CheckpointVersionError",
    "Complete",
    "ContextTypeError",
    "EngineContext",
    "EngineState",
    "Event",
    "Exists",
    "Failed",
    "Failures",
    "FanOut",
    "GivenStateFunc",
    "InputError",
    "KeyedContext",
    "Lease",
    "LeaseHeldError",
    "LeaseLostError",
    "Map",
    "Observer",
    "Parallel",
    "PermanentError",
    "Question",
    "RetainError",
    "RetainFSM",
    "Retry",
    "RunContext",
    "RunEnded",
    "RunExistsError",
    "RunPage",
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
    "SuspendError",
    "Target",
    "TransientError",
    "key_of",
]

# A library speaks through its loggers only where the application listens.
logging.getLogger("retain").addHandler(logging.NullHandler())
