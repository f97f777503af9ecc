"""The pipelines at a glance: one takes a source into memory, one takes it out."""

from __future__ import annotations

from retain.engine import Complete, RetainFSM, Retry
from retain.engine.machine import MAX_RECOVERIES
from retain.memory.context import RetainContext
from retain.states.append import append
from retain.states.build_supersedes_graph import build_supersedes_graph
from retain.states.complete import complete
from retain.states.dedupe_facts import dedupe_facts
from retain.states.embed import embed
from retain.states.extract_entities import extract_entities
from retain.states.extract_facts import extract_facts
from retain.states.forget import forget
from retain.states.forget_fact import forget_fact
from retain.states.init import init
from retain.states.link import link
from retain.states.normalize_entities import normalize_entities
from retain.states.read import UNDERSTAND, read
from retain.states.services import RetainServices
from retain.states.store import EMBED_AGAIN, store

PATIENT = Retry(attempts=5, initial_s=0.2, max_s=5.0)
"""For states that wait for a database that another process is writing to."""

_FORMER = {
    "IDENTIFY_AFFECTED_WIKIS": "COMPLETE",
    "WRITE_NEW_WIKIS": "COMPLETE",
    "UPDATE_AFFECTED_WIKIS": "COMPLETE",
    "UPDATE_INDEX_MD": "COMPLETE",
    "APPEND_LOG_MD": "COMPLETE",
    "RENDER_AGAIN": "FORGET",
}
"""Where a run goes on that an older release left in a state that is no more."""


def carry_over(ctx: RetainContext) -> None:
    """Have a run of an older release go on in a state of this one."""
    if ctx.last_state in _FORMER:
        ctx.last_state, ctx.fan_out = _FORMER[ctx.last_state], None


def pipeline(
    services: RetainServices, *, max_recoveries: int | None = MAX_RECOVERIES
) -> RetainFSM[RetainContext, RetainServices]:
    """The machine that turns a source into memory.

    Args:
        services: What the states use.
        max_recoveries: See `RetainFSM`.
    """
    fsm = RetainFSM[RetainContext, RetainServices](services, max_recoveries=max_recoveries)
    fsm.register("INIT", init, to=["READ", "COMPLETE"], retry=PATIENT)
    return _from_read_on(fsm)


def appending(
    services: RetainServices, *, max_recoveries: int | None = MAX_RECOVERIES
) -> RetainFSM[RetainContext, RetainServices]:
    """The machine that adds to a source; it begins at APPEND.

    Args:
        services: What the states use.
        max_recoveries: See `RetainFSM`.
    """
    fsm = RetainFSM[RetainContext, RetainServices](services, max_recoveries=max_recoveries)
    fsm.register("APPEND", append, to=["READ", UNDERSTAND], retry=PATIENT)
    return _from_read_on(fsm)


def _from_read_on(
    fsm: RetainFSM[RetainContext, RetainServices],
) -> RetainFSM[RetainContext, RetainServices]:
    fsm.register("READ", read, to=[UNDERSTAND])
    fsm.register("EXTRACT_FACTS", extract_facts, retry=PATIENT)
    fsm.register("DEDUPE_FACTS", dedupe_facts, retry=PATIENT)
    fsm.register("EXTRACT_ENTITIES", extract_entities, retry=PATIENT)
    fsm.register("NORMALIZE_ENTITIES", normalize_entities, retry=PATIENT)
    fsm.register("EMBED", embed, retry=PATIENT)
    fsm.register("LINK", link, to=["STORE"], retry=PATIENT)
    fsm.register("STORE", store, to=["BUILD_SUPERSEDES_GRAPH", EMBED_AGAIN], retry=PATIENT)
    fsm.register("BUILD_SUPERSEDES_GRAPH", build_supersedes_graph, to=["COMPLETE"], retry=PATIENT)
    fsm.register("COMPLETE", complete, to=[Complete()])
    return fsm


def forgetting(services: RetainServices) -> RetainFSM[RetainContext, RetainServices]:
    """The machine that takes a source out of memory.

    Args:
        services: What the states use.
    """
    # It is never dead: what is to be forgotten has to go.
    fsm = RetainFSM[RetainContext, RetainServices](services, max_recoveries=None)
    fsm.register("FORGET", forget, to=[Complete()], retry=PATIENT)
    return fsm


def forgetting_facts(services: RetainServices) -> RetainFSM[RetainContext, RetainServices]:
    """The machine that takes one fact out of memory: the pipeline, begun elsewhere.

    Args:
        services: What the states use.
    """
    fsm = pipeline(services, max_recoveries=None)
    fsm.register("FORGET_FACT", forget_fact, to=["READ"], retry=PATIENT)
    return fsm
