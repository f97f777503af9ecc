"""The pages of runs."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from starlette.responses import Response

from retain.app import views
from retain.app.memory import Memory
from retain.errors import NotFoundError
from retain.server.service import Reader, TheMemory, only_bank
from retain.server.web.chart import chart
from retain.server.web.rendering import dollars, render
from retain.status import RunStatus

router = APIRouter(include_in_schema=False)

PAGE = 100
BAR_WIDTH = 140
MAX_OUTCOMES = 200


@router.get("/runs")
async def runs(
    grant: Reader,
    memory: TheMemory,
    bank_id: str = "",
    status: str = "",
    after: Annotated[str | None, Query()] = None,
) -> Response:
    """All runs, the newest first."""
    bank = only_bank(grant, bank_id or None)
    page = await memory.runs(
        bank_id=bank, status=status or None, limit=PAGE, after=after, order="newest"
    )
    counts = await memory.runs.counts(bank_id=bank)
    banks = [one for one in await memory.banks() if grant.reaches(one)]
    costs = views.costs(await memory.costs(bank_id=bank), "run")["costs"]
    return render(
        "runs.html",
        section="Runs",
        runs=page,
        following=page.following,
        query=urlencode({"bank_id": bank_id, "status": status}),
        bank=bank or "",
        banks=banks,
        status=status,
        statuses=list(RunStatus),
        counts=sorted(counts.items()),
        prices={(one["bank_id"], one["source_id"]): dollars(one["cost"]) for one in costs},
    )


@router.get("/banks/{bank_id:id}/runs/{source_id:id}")
async def run(bank_id: str, source_id: str, _: Reader, memory: TheMemory) -> Response:
    """One run: its machine, steps, sections and calls."""
    view = await memory.show(source_id, bank_id=bank_id)
    shown = views.source(view)
    sections = {one["section_id"]: one for one in shown["sections"]}
    if view.context is not None:
        sections |= {
            one["section_id"]: one
            for one in views.plain({"sections": view.context.sections})["sections"]
        }
    told = [one for one in shown["ledger"] if one["detail"]][:MAX_OUTCOMES]
    for one in told:
        section = sections.get(one["section_id"])
        one["lines"] = f"{section['line_start']}-{section['line_end']}" if section else ""
    passed_over = sorted(shown["passed_over"].items(), key=lambda one: -one[1])
    return render(
        "run.html",
        section="Runs",
        bank_id=bank_id,
        source_id=source_id,
        run=view.run,
        facts=view.facts,
        steps=_timed(shown["steps"]),
        ledger=shown["ledger"],
        kinds=Counter(one["kind"] for one in shown["ledger"]).most_common(),
        told=told,
        passed_over=passed_over,
        calls=await _calls(memory, bank_id, source_id),
        chart=await _chart(memory, bank_id, source_id),
    )


async def _chart(memory: Memory, bank_id: str, source_id: str) -> Any:
    try:
        return chart(await memory.runs.diagram(source_id, bank_id=bank_id))
    except NotFoundError:
        return None


async def _calls(memory: Memory, bank_id: str, source_id: str) -> list[dict[str, Any]]:
    lines = views.costs(await memory.costs(bank_id=bank_id))["costs"]
    return [one for one in lines if one["source_id"] == source_id]


def _timed(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The steps with their bars on one scale of time."""
    if not steps:
        return []
    begins = [datetime.fromisoformat(one["started_at"]).timestamp() for one in steps]
    ends = [at + (one["duration_ms"] or 0) / 1_000 for at, one in zip(begins, steps, strict=True)]
    first, last = min(begins), max(ends)
    scale = BAR_WIDTH / max(last - first, 0.001)
    timed: list[dict[str, Any]] = []
    for step, begin, end in zip(steps, begins, ends, strict=True):
        x = (begin - first) * scale
        timed.append(
            {
                "name": step["state"].removeprefix("parallel:"),
                "branch": step["state"].startswith("parallel:"),
                "attempt": step["notes"].get("attempt", 1),
                "error": step["error"],
                "ms": step["duration_ms"],
                "offset": (begin - first) * 1_000,
                "x": f"{min(x, BAR_WIDTH - 2):.1f}",
                "width": f"{max((end - begin) * scale, 2):.1f}",
            }
        )
    return timed
