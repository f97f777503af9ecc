"""BUILD_SUPERSEDES_GRAPH: which facts replaced which."""

from __future__ import annotations

from retain.engine import StateResult
from retain.memory.call_context import in_call_context
from retain.memory.context import RetainContext
from retain.states.judging import judge_the_banks_facts, judge_the_banks_names
from retain.states.services import RetainServices

_STATE = "BUILD_SUPERSEDES_GRAPH"


async def build_supersedes_graph(ctx: RetainContext, services: RetainServices) -> StateResult:
    """Note which facts this source's supersede, and which supersede them.

    STORE has brought the bank's edges up to date by rules, in the transaction that made the source
    visible, so that nobody ever recalls a fact beside one that is known to replace it. Where there
    is a judge, it is asked here of what rules leave open between this source and the others, their
    names first; what it says comes into force in a transaction each.
    """
    store = services.store_for(_STATE)
    mine = {fact.fact_id for fact in ctx.facts}
    if services.judge is not None:
        with in_call_context(ctx.bank_id, ctx.source_id, _STATE, run=ctx.started_at):
            named = {mention.name for mention in ctx.mentions}
            await judge_the_banks_names(services, _STATE, ctx.bank_id, named)
            told = {one.fact_id for one in ctx.facts if one.subject}
            await judge_the_banks_facts(services, _STATE, ctx.bank_id, told)
    edges = await store.edges_of(ctx.bank_id, mine) if mine else ()
    ctx.supersedes_edges = [(edge.newer, edge.older) for edge in edges]
    return "COMPLETE"
