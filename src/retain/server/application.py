"""The HTTP API, assembled: routes, errors and what every request passes first."""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Sequence
from typing import Any, cast

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp

from retain import __version__
from retain.app.memory import Memory
from retain.errors import RetainError
from retain.server.access import Access
from retain.server.guard import Guard
from retain.server.idempotency import Idempotency
from retain.server.observing import Observed
from retain.server.problems import HttpError, of_error, problem, status_of, title_of
from retain.server.ratelimit import RateLimit
from retain.server.routes import ROUTERS
from retain.server.schemas import Content, NewSource
from retain.server.service import Service
from retain.server.web import site
from retain.server.web.rendering import render

logger = logging.getLogger("retain.server")

_DESCRIPTION = """
Memory banks over HTTP. An id in a path is one percent-encoded segment, so the source `notes/ana.md`
is `/v1/banks/ana/sources/notes%2Fana.md`. Errors are problem details (RFC 9457) with a `code`. What
takes long is saved as a run, and answered with 202 and the path of the run in `Location`.
"""


class Application:
    """The HTTP API over one memory: an ASGI application.

    Args:
        memory: The memory; it has to stay open as long as the application answers.
        access: The tokens.
        hosts: Names of the server, beside ``localhost`` and its addresses.
        rate_limit: How many requests a client on another machine may send in a minute; 0: any.
    """

    def __init__(
        self,
        memory: Memory,
        access: Access | None = None,
        hosts: Collection[str] = (),
        rate_limit: int = 0,
    ) -> None:
        self.service = Service(memory, access or Access())
        self.api = _api(self.service)
        inner: ASGIApp = RateLimit(self.api, rate_limit) if rate_limit else self.api
        guard = Guard(inner, hosts, memory.settings.limits.max_bytes)
        self._answer = Observed(guard, self.service.metrics)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request."""
        await self._answer(scope, receive, send)


def _api(service: Service) -> FastAPI:
    api = FastAPI(
        title="Retain",
        version=__version__,
        description=_DESCRIPTION,
        docs_url=None,  # their scripts come from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        responses={
            "default": {
                "description": "A problem.",
                "content": {"application/problem+json": {"example": _PROBLEM}},
            }
        },
    )
    api.state.service = service
    api.state.idempotency = Idempotency()
    for router in (*ROUTERS, *site.ROUTERS):
        api.include_router(router)
    api.router.routes.append(site.STATIC)
    api.add_exception_handler(RetainError, _retain_error)
    api.add_exception_handler(HTTPException, _http_error)
    api.add_exception_handler(RequestValidationError, _invalid)
    api.add_exception_handler(ValidationError, _invalid)
    api.add_exception_handler(Exception, _unexpected)
    _describe_bodies(api)
    return api


_PROBLEM = {
    "type": "urn:retain:error:source-not-found",
    "title": "Not found",
    "status": 404,
    "code": "source-not-found",
    "detail": "no source 'a.md' in bank 'ana': check its id or path",
}


def _describe_bodies(api: FastAPI) -> None:
    """Add the bodies that routes read themselves to the OpenAPI description."""
    original = api.openapi

    def openapi() -> dict[str, Any]:
        described = original()
        schemas = described.setdefault("components", {}).setdefault("schemas", {})
        for model in (NewSource, Content):
            schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas.setdefault(model.__name__, schema)
        return described

    api.openapi = openapi


def _is_page(request: Request) -> bool:
    """Whether a person looks at a page, and no program calls the API."""
    return "text/html" in request.headers.get("accept", "") and not re.match(
        r"/(?:v1|health|ready|metrics|openapi\.json)(?:/|$)", request.url.path
    )


def _error_page(status: int, detail: str) -> Response:
    return render("error.html", status, section="", title=title_of(status), detail=detail)


async def _retain_error(request: Request, exc: Exception) -> Response:
    error = cast("RetainError", exc)
    return _error_page(status_of(error), str(error)) if _is_page(request) else of_error(error)


async def _http_error(request: Request, exc: Exception) -> Response:
    if isinstance(exc, HttpError):
        if _is_page(request):
            if exc.status_code == 401:
                return RedirectResponse("/login", 303)
            return _error_page(exc.status_code, exc.detail)
        return exc.response()
    error = cast("HTTPException", exc)
    if _is_page(request):
        return _error_page(error.status_code, "there is no such page")
    code = {404: "no-route", 405: "method"}.get(error.status_code, "http")
    detail = error.detail if code == "http" else "see /openapi.json for the paths and methods"
    return problem(error.status_code, code, detail, headers=error.headers)


async def _invalid(request: Request, exc: Exception) -> Response:
    errors = cast("RequestValidationError | ValidationError", exc).errors()
    shown = [{"at": list(one["loc"]), "error": one["msg"]} for one in errors[:20]]
    detail = "; ".join(f"{_place(one['loc'])}: {one['msg']}" for one in errors[:5])
    if _is_page(request):
        return _error_page(422, detail)
    return problem(422, "invalid-input", detail, errors=shown)


def _place(loc: Sequence[Any]) -> str:
    parts = [str(part) for part in loc if part not in ("body", "query", "path", "header")]
    return ".".join(parts) or "the body"


async def _unexpected(request: Request, exc: Exception) -> Response:
    request_id = request.scope["state"]["request_id"]
    logger.error("request %s failed", request_id, exc_info=exc)
    return problem(
        500, "unexpected", f"an unexpected error: see the log of the server for {request_id}"
    )
