"""EXTRACT_ENTITIES: the names in a source, each with its place."""

from __future__ import annotations

from collections.abc import Mapping

from retain.engine import StateResult
from retain.memory.context import RetainContext
from retain.memory.model import EntityKind
from retain.memory.naming import possible_names
from retain.states.services import RetainServices


async def extract_entities(ctx: RetainContext, services: RetainServices) -> StateResult:
    """Find the names. A name's evidence may stand anywhere, so the whole source is looked at.

    Where something is added to a source, what it wrote before of the same names is evidence.
    """
    finder = services.finder_for("EXTRACT_ENTITIES")
    known: Mapping[str, EntityKind] = {}
    if ctx.tail is not None:
        names = possible_names(ctx.text[one.start : one.end] for one in ctx.new_sections)
        store = services.store_for("EXTRACT_ENTITIES")
        known = await store.kinds_of_names(ctx.bank_id, ctx.source_id, names)
    ctx.mentions = list(await finder.mentions(ctx.text, ctx.sections, known))
    return "NORMALIZE_ENTITIES"
