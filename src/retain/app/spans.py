"""OpenTelemetry spans for runs, steps and model calls; without an SDK they cost nothing.

Model calls follow the semantic conventions for generative AI.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer

from retain import __version__
from retain.engine.events import Event, RunEnded, RunStarted, StepEnded, StepStarted
from retain.keys import RunKey
from retain.memory.model import Call
from retain.status import ENDED

if TYPE_CHECKING:
    from retain.app.memory import Memory

OPEN = 10_000
"""How many spans are open at most; a run that never ends here would keep its span."""


def tracer() -> Tracer:
    """What makes the spans of Retain."""
    return trace.get_tracer("retain", __version__)


def trace_memory(memory: Memory) -> Callable[[], None]:
    """Make spans of all that a memory does; the returned function ends that."""
    spans = _Spans()
    ends = [memory.subscribe(spans.observe), memory.costs.subscribe(spans.called)]

    def end() -> None:
        for one in ends:
            one()

    return end


class _Spans:
    def __init__(self) -> None:
        self._runs: dict[RunKey, Span] = {}
        self._steps: dict[tuple[RunKey, str, int], Span] = {}

    def observe(self, event: Event) -> None:
        match event:
            case RunStarted():
                names = dict(
                    zip(("retain.bank_id", "retain.source_id"), event.run_key, strict=False)
                )
                attributes = {**names, "retain.run_id": event.run_id}
                if len(self._runs) < OPEN:
                    self._runs[event.run_key] = tracer().start_span(
                        "retain run", attributes=attributes, start_time=_ns(event.at)
                    )
            case StepStarted():
                run = self._runs.get(event.run_key)
                if run is not None and len(self._steps) < OPEN:
                    self._steps[event.run_key, event.state, event.attempt] = tracer().start_span(
                        f"retain step {event.state}",
                        context=trace.set_span_in_context(run),
                        attributes={"retain.state": event.state, "retain.attempt": event.attempt},
                        start_time=_ns(event.at),
                    )
            case StepEnded():
                step = self._steps.pop((event.run_key, event.state, event.attempt), None)
                if step is not None:
                    _end(step, event.at, event.error)
            case RunEnded():
                run = self._runs.pop(event.run_key, None)
                if run is not None:
                    run.set_attribute("retain.status", str(event.status))
                    failed = "; ".join(event.errors) or str(event.status)
                    _end(run, event.at, None if event.status in ENDED else failed)

    def called(self, call: Call) -> None:
        who = call.call_context
        parent = self._runs.get((who.bank_id, who.source_id))
        provider, _, model = call.model.rpartition(":")
        operation = "embeddings" if call.purpose == "embeddings" else "chat"
        span = tracer().start_span(
            f"{operation} {model}",
            context=None if parent is None else trace.set_span_in_context(parent),
            kind=SpanKind.CLIENT,
            attributes={
                "gen_ai.operation.name": operation,
                "gen_ai.provider.name": provider or model,
                "gen_ai.request.model": model,
                "gen_ai.usage.input_tokens": call.input_tokens,
                "gen_ai.usage.output_tokens": call.output_tokens,
                "retain.purpose": call.purpose,
                "retain.cost": call.cost or 0.0,
            },
            start_time=_ns(call.at),
        )
        if call.error is not None:
            span.set_status(Status(StatusCode.ERROR, call.error))
        span.end(_ns(call.at) + int(call.latency_ms * 1e6))


def _end(span: Span, at: datetime, error: str | None) -> None:
    if error is not None:
        span.set_status(Status(StatusCode.ERROR, error))
    span.end(_ns(at))


def _ns(at: datetime) -> int:
    return int(at.timestamp() * 1e6) * 1_000
