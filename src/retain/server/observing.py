"""What is noted of every request: its metrics, its span and its line in the log."""

from __future__ import annotations

import logging
import time

from opentelemetry.propagate import extract
from opentelemetry.trace import SpanKind, Status, StatusCode
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from retain.app.spans import tracer
from retain.server.logs import REQUEST_ID
from retain.server.metrics import Metrics

logger = logging.getLogger("retain.access")

METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})


class Observed:
    """An application whose requests are counted, timed, traced and logged.

    Args:
        app: The application.
        metrics: Where requests are counted.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500  # until an answer begins
        begun = time.perf_counter()
        method = scope["method"] if scope["method"] in METHODS else "other"
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with tracer().start_as_current_span(
            method, context=extract(headers), kind=SpanKind.SERVER
        ) as span:
            token = REQUEST_ID.set("")
            try:
                await self._app(scope, receive, answer)
            finally:
                took_s = time.perf_counter() - begun
                route = _route(scope)
                span.update_name(f"{method} {route}")
                span.set_attributes(
                    {
                        "http.request.method": method,
                        "http.route": route,
                        "http.response.status_code": status,
                    }
                )
                if status >= 500:
                    span.set_status(Status(StatusCode.ERROR))
                self._metrics.requests.labels(method, route, str(status)).observe(took_s)
                fields = {"method": method, "route": route, "status": status}
                more = {**fields, "duration_ms": round(1000 * took_s, 1)}
                logger.info("%s %s %s", method, route, status, extra={"fields": more})
                REQUEST_ID.reset(token)


def _route(scope: Scope) -> str:
    """The path of the route, in which no id stands."""
    path: str = getattr(scope.get("route"), "path", "") or "other"
    return path.replace(":id}", "}")
