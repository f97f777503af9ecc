"""BUILD_SUPERSEDES_GRAPH: which facts replaced which."""

from __future__ import annotations

from retain.engine import StateResult
from retain.memory.context import RetainContext
from retain.memory.ports import RetainServices


async def build_supersedes_graph(ctx: RetainContext, services: RetainServices) -> StateResult:
    """Note which facts this source's replace, and which replace them.

    The store has brought the bank's edges up to date with the facts, in one transaction, so that
    nobody ever recalls a fact beside the one that it replaces.
    """
    store = services.store_for("BUILD_SUPERSEDES_GRAPH")
    mine = {fact.fact_id for fact in ctx.facts}
    edges = await store.edges(ctx.bank_id) if mine else ()
    ctx.supersedes_edges = [
        (edge.newer, edge.older) for edge in edges if edge.newer in mine or edge.older in mine
    ]
    return "IDENTIFY_AFFECTED_WIKIS"
