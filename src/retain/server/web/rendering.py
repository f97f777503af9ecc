"""Templates: everything that is put into them is escaped."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, select_autoescape
from starlette.responses import HTMLResponse

_HEADING = re.compile(r"\A\s*#{1,6} [^\n]*\n+")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("retain.server.web"),
        autoescape=select_autoescape(default=True),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters = {"segment": _segment, "moment": _moment, "day": _day, "took": _took, "body": _body}
    environment.filters.update(filters, dollars=_dollars)
    return environment


def render(template: str, code: int = 200, /, **values: Any) -> HTMLResponse:
    """A page."""
    if bank_id := values.get("bank_id"):
        values["home"] = f"/banks/{_segment(bank_id)}"
    return HTMLResponse(_environment().get_template(template).render(**values), code)


def dollars(cost: float) -> str:
    """Small amounts with all that tells them apart."""
    return _dollars(cost)


def _body(text: str) -> str:
    """The text of a section below its heading, which is shown beside it."""
    return _HEADING.sub("", text) or text


def _segment(value: object) -> str:
    return quote(str(value), safe="")


def _moment(when: datetime | str | None) -> str:
    parsed = _parsed(when)
    return "" if parsed is None else f"{parsed:%Y-%m-%d %H:%M:%S}"


def _day(when: datetime | str | None) -> str:
    parsed = _parsed(when)
    return "" if parsed is None else f"{parsed:%Y-%m-%d}"


def _parsed(when: datetime | str | None) -> datetime | None:
    if when is None or isinstance(when, datetime):
        return when
    return datetime.fromisoformat(when).astimezone(UTC)


def _took(ms: float) -> str:
    if ms < 1_000:
        return f"{ms:.0f} ms"
    return f"{ms / 1_000:.1f} s" if ms < 60_000 else f"{ms / 60_000:.1f} min"


def _dollars(cost: float) -> str:
    return f"${cost:.2f}" if cost >= 0.1 or cost == 0 else f"${cost:.4f}"
