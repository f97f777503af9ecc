"""The pages of a bank: index, pages, sources, facts, entities, log and recall."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from starlette.responses import Response

from retain.app import views
from retain.app.paging import entity_key, fact_key
from retain.app.paging import page as page_of
from retain.errors import InputError, NotFoundError
from retain.memory.model import RELATED
from retain.server.schemas import Until
from retain.server.service import Reader, TheMemory
from retain.server.web.markdown import to_html
from retain.server.web.rendering import render
from retain.wiki.reader import difference

router = APIRouter(include_in_schema=False, prefix="/banks/{bank_id:id}")

PAGE = 200
WINDOW = 60_000
"""How many characters of a long text are shown before and behind the place that is asked for."""


@router.get("")
async def index(bank_id: str, _: Reader, memory: TheMemory) -> Response:
    """The index."""
    text = await memory.wiki.index(bank_id=bank_id)
    html = to_html(text, bank_id) if text else None
    title = f"Bank {bank_id}"
    return render("prose.html", **_of(bank_id, "Index"), title=title, html=html)


@router.get("/pages/{name:id}")
async def page(
    bank_id: str, name: str, _: Reader, memory: TheMemory, history: bool = False
) -> Response:
    """The page of an entity or a topic, and what became of it."""
    found = await memory.wiki.page(name, bank_id=bank_id)
    revisions: list[dict[str, Any]] = []
    if history:
        every = await memory.wiki.history(name, bank_id=bank_id)
        for one in reversed(every):
            diff = difference(every, one.number).splitlines()[2:]
            revisions.append({**views.plain(one), "diff": diff})
    return render(
        "prose.html",
        **_of(bank_id, ""),
        title=found.title,
        html=to_html(found.text, bank_id),
        revisions=revisions,
        history=found.kind == "entity" and not history,
    )


@router.get("/log")
async def log(bank_id: str, _: Reader, memory: TheMemory) -> Response:
    """The log."""
    text = await memory.wiki.log_text(bank_id=bank_id)
    html = to_html(text, bank_id) if text else None
    return render("prose.html", **_of(bank_id, "Log"), title=f"Log of {bank_id}", html=html)


@router.get("/sources")
async def sources(bank_id: str, _: Reader, memory: TheMemory, after: str | None = None) -> Response:
    """The sources."""
    every = await memory.sources(bank_id=bank_id)
    some, following = page_of(every, lambda one: (one.source_id,), PAGE, after)
    return render("sources.html", **_of(bank_id, "Sources"), sources=some, following=following)


@router.get("/sources/{source_id:id}")
async def source(
    bank_id: str,
    source_id: str,
    grant: Reader,
    memory: TheMemory,
    span: str = "",
    line: int = 0,
) -> Response:
    """The text of a source, with a span or a line marked."""
    text = await memory.sources.text(source_id, bank_id=bank_id)
    start, end = _span(span)
    cut = text is not None and len(text) > 2 * WINDOW
    return render(
        "source.html",
        **_of(bank_id, "Sources"),
        source_id=source_id,
        lines=None if text is None else _lines(text, start, end, line),
        characters=len(text or ""),
        cut=cut,
        may_write=grant.allows("write"),
    )


@router.get("/facts")
async def facts(
    bank_id: str,
    grant: Reader,
    memory: TheMemory,
    about: str = "",
    source_id: str = "",
    fact: str = "",
    after: str | None = None,
) -> Response:
    """The facts, superseded ones struck."""
    try:
        found = await memory.facts(
            bank_id=bank_id, source_id=source_id or None, about=about or None
        )
    except NotFoundError:
        found = []
    texts = {one.fact.fact_id: one.fact.text for one in found}
    if fact:
        found = [one for one in found if one.fact.fact_id == fact]
    some, following = page_of(sorted(found, key=fact_key), fact_key, PAGE, after)
    shown = [{**views.fact(one), "newer": texts.get(one.fact.superseded_by or "")} for one in some]
    query = urlencode({"about": about, "source_id": source_id})
    return render(
        "facts.html",
        **_of(bank_id, "Facts"),
        facts=shown,
        following=following,
        about=about,
        source=source_id,
        query=query,
        here=f"?{query}",
        may_write=grant.allows("write"),
    )


@router.get("/entities")
async def entities(
    bank_id: str, grant: Reader, memory: TheMemory, after: str | None = None
) -> Response:
    """The entities, and forms to merge and split them."""
    found = sorted(await memory.entities(bank_id=bank_id), key=entity_key)
    some, following = page_of(found, entity_key, PAGE, after)
    shown = [views.entity(one) for one in some]
    for one in shown:
        one["others"] = [alias for alias in one["aliases"] if alias != one["name"]]
    return render(
        "entities.html",
        **_of(bank_id, "Entities"),
        entities=shown,
        following=following,
        may_write=grant.allows("write"),
    )


@router.get("/recall")
async def recall(
    bank_id: str,
    _: Reader,
    memory: TheMemory,
    q: str = "",
    as_of: str = "",
    source: str = "",
    superseded: bool = False,
    max_tokens: Annotated[int, Query(ge=50, le=20_000)] = 1_500,
) -> Response:
    """Hits, and the context for a prompt beside them."""
    asked = {"q": q, "as_of": as_of, "source": source, "superseded": superseded}
    found: dict[str, Any] = {"hits": [], "context": None}
    if q.strip():
        limits: dict[str, Any] = {
            "bank_id": bank_id,
            "as_of": _until(as_of),
            "sources": [source] if source else [],
        }
        hits = await memory.recall(
            q, k=20, with_superseded=superseded, min_relevance=RELATED, **limits
        )
        context = await memory.context(q, max_tokens=max_tokens, **limits)
        found = {"hits": hits, "context": context}
    shown = _of(bank_id, "Recall")
    return render("recall.html", **shown, **asked, **found, max_tokens=max_tokens)


def _of(bank_id: str, part: str) -> dict[str, str]:
    return {"bank_id": bank_id, "part": part, "section": "Banks"}


def _until(day: str) -> Any:
    from pydantic import TypeAdapter, ValidationError

    if not day:
        return None
    try:
        return TypeAdapter[Any](Until).validate_python(day)
    except ValidationError as exc:
        raise InputError(f"the day is {day!r}: write it as 2026-01-31") from exc


def _span(given: str) -> tuple[int, int]:
    """The first character of a span, and one past its last; nothing where it is none."""
    start, _, end = given.partition("-")
    if start.isascii() and start.isdigit() and end.isascii() and end.isdigit():
        return int(start[:12]), int(end[:12])
    return 0, 0


def _lines(text: str, start: int, end: int, wanted: int) -> list[dict[str, Any]]:
    """The lines of a text, with what of each is in a span."""
    found: list[dict[str, Any]] = []
    at, first = 0, True
    for number, line in enumerate(text.split("\n"), 1):
        begin, stop = max(start - at, 0), min(end - at, len(line))
        marked = line[begin:stop] if begin < stop else ""
        place = at if not wanted else (0 if abs(number - wanted) < 500 else WINDOW * 2)
        near = abs(place - start) <= WINDOW if start or wanted else at <= 2 * WINDOW
        if near or number == wanted or marked:
            found.append(
                {
                    "number": number,
                    "before": line[:begin] if marked else line,
                    "marked": marked,
                    "first": bool(marked) and first,
                    "after": line[stop:] if marked else "",
                    "here": number == wanted,
                }
            )
            first = first and not marked
        at += len(line) + 1
    return found
