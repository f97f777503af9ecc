"""The pipelines at a glance: one takes a source into memory, one takes it out."""

from __future__ import annotations

from retain.engine import Complete, RetainFSM, Retry
from retain.memory.context import RetainContext
from retain.states.append_log_md import append_log_md
from retain.states.build_supersedes_graph import build_supersedes_graph
from retain.states.complete import complete
from retain.states.dedupe_facts import dedupe_facts
from retain.states.embed import embed
from retain.states.extract_entities import extract_entities
from retain.states.extract_facts import extract_facts
from retain.states.forget import forget
from retain.states.forget_fact import forget_fact
from retain.states.identify_affected_wikis import LEAD, WRITE, identify_affected_wikis
from retain.states.init import init
from retain.states.link import link
from retain.states.normalize_entities import normalize_entities
from retain.states.read import UNDERSTAND, read
from retain.states.render_again import render_again
from retain.states.services import RetainServices
from retain.states.store import EMBED_AGAIN, store
from retain.states.update_affected_wikis import update_affected_wikis
from retain.states.update_index_md import update_index_md
from retain.states.write_new_wikis import write_new_wikis

PATIENT = Retry(attempts=5, initial_s=0.2, max_s=5.0)
"""For states that wait for a database that another process is writing to."""


def pipeline(services: RetainServices) -> RetainFSM[RetainContext, RetainServices]:
    """The machine that turns a source into memory.

    Args:
        services: What the states use.
    """
    fsm: RetainFSM[RetainContext, RetainServices] = RetainFSM(services)
    fsm.register("INIT", init, to=["READ", "COMPLETE"], retry=PATIENT)
    fsm.register("READ", read, to=[UNDERSTAND])
    fsm.register("EXTRACT_FACTS", extract_facts, retry=PATIENT)
    fsm.register("DEDUPE_FACTS", dedupe_facts)
    fsm.register("EXTRACT_ENTITIES", extract_entities)
    fsm.register("NORMALIZE_ENTITIES", normalize_entities, retry=PATIENT)
    fsm.register("EMBED", embed, retry=PATIENT)
    fsm.register("LINK", link, to=["STORE"])
    fsm.register("STORE", store, to=["BUILD_SUPERSEDES_GRAPH", EMBED_AGAIN], retry=PATIENT)
    fsm.register(
        "BUILD_SUPERSEDES_GRAPH",
        build_supersedes_graph,
        to=["IDENTIFY_AFFECTED_WIKIS"],
        retry=PATIENT,
    )
    fsm.register(
        "IDENTIFY_AFFECTED_WIKIS",
        identify_affected_wikis,
        to=[WRITE, LEAD, "APPEND_LOG_MD"],
        retry=PATIENT,
    )
    fsm.register("WRITE_NEW_WIKIS", write_new_wikis, retry=PATIENT)
    fsm.register("UPDATE_AFFECTED_WIKIS", update_affected_wikis, retry=PATIENT)
    fsm.register("UPDATE_INDEX_MD", update_index_md, to=["APPEND_LOG_MD"], retry=PATIENT)
    fsm.register("APPEND_LOG_MD", append_log_md, to=["COMPLETE"], retry=PATIENT)
    fsm.register("COMPLETE", complete, to=[Complete()])
    return fsm


def forgetting(services: RetainServices) -> RetainFSM[RetainContext, RetainServices]:
    """The machine that takes a source out of memory.

    Args:
        services: What the states use.
    """
    fsm: RetainFSM[RetainContext, RetainServices] = RetainFSM(services)
    fsm.register("FORGET", forget, to=["RENDER_AGAIN"], retry=PATIENT)
    fsm.register("RENDER_AGAIN", render_again, to=[Complete()], retry=PATIENT)
    return fsm


def forgetting_facts(services: RetainServices) -> RetainFSM[RetainContext, RetainServices]:
    """The machine that takes one fact out of memory: the pipeline, begun elsewhere.

    Args:
        services: What the states use.
    """
    fsm = pipeline(services)
    fsm.register("FORGET_FACT", forget_fact, to=["READ"], retry=PATIENT)
    return fsm
