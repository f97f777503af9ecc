"""`/metrics`: what the server does, as Prometheus reads it; no id of a bank or source is in it."""

# pyright: basic, reportMissingImports=false

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from starlette.responses import Response

from retain.app.memory import Memory
from retain.engine.events import Event, RunEnded, StepEnded
from retain.memory.model import Call
from retain.status import RunStatus


class Metrics:
    """The numbers of one server.

    Args:
        memory: What it serves.
        working: How many requests have work that is not done.
    """

    def __init__(self, memory: Memory, working: Callable[[], int]) -> None:
        self._memory = memory
        self._working = working
        self.registry = of = CollectorRegistry()
        self.requests = Histogram(
            "retain_http_request_seconds",
            "Duration of HTTP requests.",
            ("method", "route", "status"),
            registry=of,
        )
        self._runs = Gauge("retain_runs", "Latest runs of sources.", ("status",), registry=of)
        self._work = Gauge("retain_work_in_progress", "Requests whose work goes on.", registry=of)
        self._ended = Counter(
            "retain_runs_ended", "Runs that ended here.", ("status",), registry=of
        )
        self._steps = Histogram(
            "retain_step_seconds", "Duration of steps.", ("state", "outcome"), registry=of
        )
        labels = ("model", "purpose")
        self._calls = Counter(
            "retain_model_calls", "Calls to models.", (*labels, "outcome"), registry=of
        )
        self._tokens = Counter(
            "retain_model_tokens", "Tokens read and written.", (*labels, "direction"), registry=of
        )
        self._cost = Counter(
            "retain_model_cost_dollars", "Cost of calls, in US dollars.", labels, registry=of
        )
        self._ends = [memory.subscribe(self._observe), memory.costs.subscribe(self._called)]

    def close(self) -> None:
        """Count no longer."""
        for end in self._ends:
            end()

    async def answer(self) -> Response:
        """The numbers in the text format of Prometheus."""
        counts = await self._memory.runs.counts()
        for status in RunStatus:
            self._runs.labels(status).set(counts.get(status, 0))
        self._work.set(self._working())
        return Response(generate_latest(self.registry), media_type=CONTENT_TYPE_LATEST)

    def _observe(self, event: Event) -> None:
        if isinstance(event, RunEnded):
            self._ended.labels(str(event.status)).inc()
        elif isinstance(event, StepEnded):
            outcome = "ok" if event.error is None else "error"
            state = event.state.partition("[")[0]  # the items of a map are one state
            self._steps.labels(state, outcome).observe(event.duration_ms / 1000)

    def _called(self, call: Call) -> None:
        of = (call.model, call.purpose)
        self._calls.labels(*of, "ok" if call.error is None else "error").inc()
        self._tokens.labels(*of, "input").inc(call.input_tokens)
        self._tokens.labels(*of, "output").inc(call.output_tokens)
        self._cost.labels(*of).inc(call.cost or 0.0)
