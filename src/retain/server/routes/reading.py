"""Recall, context for prompts, and answers to questions."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from retain.app import views
from retain.memory.model import Hit, MemoryContext, Reflection
from retain.server.answers import Listed, answering
from retain.server.schemas import Ask, Context, Filters, Recall
from retain.server.service import Reader, TheMemory, listed, reply

router = APIRouter(prefix="/v1/banks/{bank_id:id}", tags=["recall"])


def _filters(asked: Filters) -> dict[str, Any]:
    return {name: getattr(asked, name) for name in Filters.model_fields}


@router.post("/recall", summary="Search a bank", responses=answering(Listed[Hit]))
async def recall(bank_id: str, asked: Recall, _: Reader, memory: TheMemory) -> Response:
    """The hits, best first, each with its source and the place there."""
    hits = await memory.recall(
        asked.query,
        bank_id=bank_id,
        k=asked.k,
        kinds=asked.kinds,
        explain=asked.explain,
        with_superseded=asked.with_superseded,
        min_relevance=asked.min_relevance,
        **_filters(asked),
    )
    return listed([views.plain(hit) for hit in hits], None)


@router.post("/context", summary="Memory for a prompt", responses=answering(MemoryContext))
async def context(bank_id: str, asked: Context, _: Reader, memory: TheMemory) -> Response:
    """What the bank holds of a query, as one text with numbered citations."""
    found = await memory.context(
        asked.query,
        bank_id=bank_id,
        max_tokens=asked.max_tokens,
        k=asked.k,
        min_relevance=asked.min_relevance,
        **_filters(asked),
    )
    return reply(views.plain(found))


@router.post("/ask", summary="Answer a question", responses=answering(Reflection))
async def ask(bank_id: str, asked: Ask, _: Reader, memory: TheMemory) -> Response:
    """The model's answer from what the bank recalls, and from nothing else, with citations."""
    answer = await memory.reflect(
        asked.question,
        bank_id=bank_id,
        k=asked.k,
        as_of=asked.as_of,
        min_relevance=asked.min_relevance,
    )
    return reply(views.plain(answer))
