"""The page of a bank's names as a network."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from importlib import import_module
from itertools import combinations
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from retain.app.entities import KnownEntity
from retain.memory.model import CitedFact
from retain.server.service import Reader, TheMemory
from retain.server.web.rendering import render

router = APIRouter(include_in_schema=False, prefix="/banks/{bank_id:id}")

MOST = 2_000
"""How many names the whole graph shows."""

AROUND = 60
LABELS = 80
CROWD = 300
"""From so many names on, their dots are smaller."""
WIDTH, HEIGHT, MARGIN = 1_000, 640, 40


@router.get("/graph")
async def graph(bank_id: str, _: Reader, memory: TheMemory, about: str = "") -> Response:
    """The most often named entities, or what is around one of them."""
    known = await memory.entities(bank_id=bank_id)
    facts = await memory.facts(bank_id=bank_id)
    drawn = await asyncio.to_thread(_drawn, known, facts, about)
    return render(
        "graph.html",
        **drawn,
        bank_id=bank_id,
        part="Graph",
        section="Banks",
        about=about,
        total=len(known),
    )


def _drawn(known: list[KnownEntity], facts: Iterable[CitedFact], about: str) -> dict[str, Any]:
    igraph: Any = import_module("igraph")  # it has no types
    by_name = {alias: one for one in known for alias in one.entity.aliases}
    links: Counter[tuple[str, str]] = Counter()
    for cited in facts:
        names = {by_name[name].entity.name for name in cited.fact.entities if name in by_name}
        links.update(combinations(sorted(names), 2))
    centre = by_name[about].entity.name if about in by_name else None
    if centre is not None:
        near = Counter(
            {a if b == centre else b: n for (a, b), n in links.items() if centre in (a, b)}
        )
        shown = [centre, *(name for name, _ in near.most_common(AROUND))]
    else:
        shown = [one.entity.name for one in known[:MOST]]
    number = {name: place for place, name in enumerate(shown)}
    edges = [(number[a], number[b]) for a, b in links if a in number and b in number]
    if not shown:
        return {"nodes": [], "links": [], "labels": [], "shown": 0}
    whole = igraph.Graph(n=len(shown), edges=edges)
    layout = whole.layout_fruchterman_reingold(
        niter=300 if len(shown) < 400 else 60, grid=len(shown) > 400, seed=_circle(len(shown))
    )
    layout.fit_into((MARGIN, MARGIN, WIDTH - 4 * MARGIN, HEIGHT - MARGIN), keep_aspect_ratio=False)
    places = [(round(x, 1), round(y, 1)) for x, y in layout]
    entities = {one.entity.name: one for one in known}
    crowded = len(shown) > CROWD
    nodes = [
        {
            "name": name,
            "kind": entities[name].entity.kind,
            "mentions": entities[name].times,
            "x": places[place][0],
            "y": places[place][1],
            "r": round(min(3 + entities[name].times ** 0.5, 14) * (0.45 if crowded else 1), 1),
            "centre": name == centre,
        }
        for place, name in enumerate(shown)
    ]
    return {
        "nodes": nodes,
        "labels": _labels(nodes),
        "links": [(places[a], places[b]) for a, b in edges],
        "shown": len(shown),
    }


def _labels(nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The names that are written out: those named most often that cover no other."""
    labels: list[dict[str, Any]] = []
    for node in nodes:
        text = node["name"] if len(node["name"]) <= 28 else f"{node['name'][:27]}…"
        x, y, wide = node["x"] + node["r"] + 3, node["y"] + 4, 7 * len(text)
        free = all(
            abs(y - other["y"]) > 13 or x > other["end"] or x + wide < other["x"]
            for other in labels
        )
        if free:
            labels.append({"name": node["name"], "text": text, "x": x, "y": y, "end": x + wide})
        if len(labels) == LABELS:
            break
    return labels


def _circle(number: int) -> list[tuple[float, float]]:
    """Where nodes begin, so that one bank always looks alike."""
    from math import cos, pi, sin

    return [(cos(2 * pi * n / number), sin(2 * pi * n / number)) for n in range(number)]
