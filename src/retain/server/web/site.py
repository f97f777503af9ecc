"""The web page, assembled: static files, the token form, banks, costs and adding files."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from retain.app import views
from retain.app.costs import BY
from retain.server.access import COOKIE
from retain.server.problems import HttpError
from retain.server.service import Reader, TheMemory, only_bank, service_of
from retain.server.web import bank, graph, runs
from retain.server.web.rendering import render

router = APIRouter(include_in_schema=False)

BAR_WIDTH = 140
LONGEST_FORM = 4_096

STATIC = Mount("/static", StaticFiles(directory=Path(__file__).with_name("static")))

ROUTERS = (router, runs.router, bank.router, graph.router)


@router.get("/")
async def home() -> Response:
    """Leads to the runs."""
    return RedirectResponse("/runs", 303)


@router.get("/login")
async def token_form() -> Response:
    """Asks for a token."""
    return render("login.html", section="")


@router.post("/login")
async def take_token(request: Request) -> Response:
    """Keeps a right token in a cookie that no script reads and no other site sends."""
    body = (await request.body())[:LONGEST_FORM]
    token = parse_qs(body.decode("utf-8", "replace")).get("token", [""])[0].strip()
    try:
        service_of(request).access.grant_of(token)
    except HttpError:
        return render("login.html", 401, section="", wrong=True)
    response = RedirectResponse("/runs", 303)
    secure = request.url.scheme == "https"  # a proxy that the server trusts says so
    response.set_cookie(COOKIE, token, httponly=True, samesite="strict", secure=secure)
    return response


@router.get("/banks")
async def banks(grant: Reader, memory: TheMemory) -> Response:
    """All banks."""
    found = [one for one in (await memory.banks()).items() if grant.reaches(one[0])]
    return render("banks.html", section="Banks", banks=found)


@router.get("/costs")
async def costs(grant: Reader, memory: TheMemory) -> Response:
    """What calls to models cost."""
    lines = await memory.costs(bank_id=only_bank(grant, None))
    tables = [(name, _bars(views.costs(lines, by)["costs"], by)) for name, by in _GROUPS]
    return render("costs.html", section="Costs", total=_total(lines), tables=tables)


@router.get("/add")
async def add(grant: Reader, memory: TheMemory) -> Response:
    """The drop zone."""
    known = [one for one in await memory.banks() if grant.reaches(one)]
    first = grant.banks[0] if grant.banks else memory.settings.bank
    return render("add.html", section="Add files", banks=known, bank=first)


_GROUPS = (("model", "model"), ("state", "state"), ("source", "run"))


def _total(lines: Any) -> dict[str, Any]:
    return views.costs(lines)["total"]


def _bars(groups: list[dict[str, Any]], by: str) -> list[dict[str, Any]]:
    """The most expensive groups, each with its bar."""
    most = max((one["cost"] for one in groups), default=0) or 1
    ordered = sorted(groups, key=lambda one: -one["cost"])[:50]
    return [
        {
            "name": " / ".join(one[field] for field in BY[by] if one[field]),
            "calls": one["calls"],
            "tokens": one["input_tokens"] + one["output_tokens"],
            "cost": one["cost"],
            "width": f"{max(one['cost'] / most * BAR_WIDTH, 1):.1f}",
        }
        for one in ordered
    ]
