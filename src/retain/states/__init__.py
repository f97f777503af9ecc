"""The pipeline at a glance."""

from __future__ import annotations

from retain.engine import Complete, RetainFSM, Retry
from retain.memory.context import RetainContext
from retain.memory.ports import RetainServices
from retain.states.complete import complete
from retain.states.embed import embed
from retain.states.init import init
from retain.states.read import read
from retain.states.store import store

PATIENT = Retry(attempts=5, initial_s=0.2, max_s=5.0)
"""For states that wait for a database that another process is writing to."""


def pipeline(services: RetainServices) -> RetainFSM[RetainContext, RetainServices]:
    """The machine that turns a source into memory.

    Args:
        services: What the states use.
    """
    fsm: RetainFSM[RetainContext, RetainServices] = RetainFSM(services)
    fsm.register("INIT", init, to=["READ", "COMPLETE"], retry=PATIENT)
    fsm.register("READ", read, to=["EMBED"])
    fsm.register("EMBED", embed, to=["STORE"], retry=PATIENT)
    fsm.register("STORE", store, to=["COMPLETE", "EMBED"], retry=PATIENT)
    fsm.register("COMPLETE", complete, to=[Complete()])
    return fsm
