"""What an operator sees of a server: metrics, spans, logs, and how it refuses too many requests."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from tests.commandline import CommandLine, stop
from tests.inloop import in_a_loop
from tests.serving import served

from retain import Memory, Settings
from retain.memory.model import Price
from retain.server.access import Access, single_token
from retain.server.application import Application
from retain.testing.modelserver import ModelServer

pytest.importorskip("prometheus_client")
pytest.importorskip("opentelemetry.sdk")

from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

TOKEN = "a-token-of-a-test-that-nobody-guesses"
ANA = "# Ana\n\nAna lives in Lisbon.\n"


@pytest.fixture(scope="module")
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    yield exporter
    provider.shutdown()


def test_metrics_and_spans_tell_of_requests_runs_steps_and_model_calls(
    tmp_path: Path, spans: InMemorySpanExporter
) -> None:
    with ModelServer() as model:
        settings = Settings(
            f"sqlite:///{tmp_path}/memory.db",
            embedder="static",
            model="openai-compatible:qwen3",
            base_url=model.url,
            price=Price(1, 2),
        )
        access = Access([single_token(TOKEN)])
        with served(tmp_path / "memory.db", access, settings) as server:
            with server.client(TOKEN) as http:
                body = {"source_id": "secret-notes.md", "text": ANA}
                http.post("/v1/banks/ana-bank/sources?wait=60", json=body).raise_for_status()
                http.get("/v1/banks/ana-bank/sources/none.md")
                told = http.get("/metrics")
            with server.client() as stranger:
                assert stranger.get("/metrics").status_code == 401
    assert told.headers["content-type"].startswith("text/plain")
    lines = dict(line.rsplit(" ", 1) for line in told.text.splitlines() if line[0] != "#")
    assert lines['retain_runs{status="completed"}'] == "1.0"
    assert lines['retain_runs_ended_total{status="completed"}'] >= "1.0"
    assert lines['retain_step_seconds_count{outcome="ok",state="STORE"}'] == "1.0"
    of = 'model="openai-compatible:qwen3"'
    calls = f'retain_model_calls_total{{{of},outcome="ok",purpose="facts"}}'
    assert float(lines[calls]) >= 1
    tokens = f'retain_model_tokens_total{{direction="input",{of},purpose="facts"}}'
    cost = f'retain_model_cost_dollars_total{{{of},purpose="facts"}}'
    assert float(lines[tokens]) > 0
    assert float(lines[cost]) > 0
    route = "/v1/banks/{bank_id}/sources"
    assert lines[f'retain_http_request_seconds_count{{method="POST",route="{route}",status="200"}}']
    missing = f'{{method="GET",route="{route}/{{source_id}}",status="404"}}'
    assert lines[f"retain_http_request_seconds_count{missing}"] == "1.0"
    assert "secret-notes" not in told.text
    assert "ana-bank" not in told.text
    check_spans(spans.get_finished_spans(), f"POST {route}")


def check_spans(finished: tuple[ReadableSpan, ...], request_name: str) -> None:
    by_id = {span.context.span_id: span for span in finished if span.context}

    def parent(span: ReadableSpan) -> ReadableSpan:
        assert span.parent is not None
        return by_id[span.parent.span_id]

    run = next(one for one in finished if one.name == "retain run")
    assert dict(run.attributes or {})["retain.source_id"] == "secret-notes.md"
    above = parent(run)  # FastAPI may have spans of its own between these two
    while above.name != request_name:
        above = parent(above)
    step = next(one for one in finished if one.name == "retain step STORE")
    assert parent(step) is run
    call = next(one for one in finished if one.name == "chat qwen3")
    told = dict(call.attributes or {})
    assert told["gen_ai.operation.name"] == "chat"
    assert told["gen_ai.provider.name"] == "openai-compatible"
    assert int(str(told["gen_ai.usage.input_tokens"])) > 0
    assert parent(call) is run


@in_a_loop
async def test_a_client_on_another_machine_that_sends_too_much_is_told_when_to_come_back(
    tmp_path: Path,
) -> None:
    db = f"sqlite:///{tmp_path}/memory.db"
    async with Memory.open(db, settings=Settings(db, embedder="static")) as memory:
        app = Application(memory, rate_limit=3)
        try:
            for address, expected in (
                ("203.0.113.9", [200, 200, 200, 429]),
                ("203.0.113.10", [200]),
                ("127.0.0.1", [200] * 5),
            ):
                transport = httpx2.ASGITransport(app=app, client=(address, 1))
                async with httpx2.AsyncClient(
                    transport=transport, base_url="http://localhost"
                ) as http:
                    answers = [await http.get("/health") for _ in expected]
                assert [one.status_code for one in answers] == expected
                if expected[-1] == 429:
                    assert answers[-1].json()["code"] == "too-many-requests"
                    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 20
                    assert answers[-1].headers["X-Request-ID"]
        finally:
            await app.service.close()


def test_logs_as_json_have_every_request_and_its_id(cli: CommandLine) -> None:
    with cli.start("serve", "--port", "0", "--json", "--log-format", "json") as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["address"]
        httpx2.get(f"{url}/health", headers={"X-Request-ID": "abc-1"}).raise_for_status()
        httpx2.get(f"{url}/v1/banks/b/pages/secret")
        ended = stop(process, signal.SIGINT)
    records = [json.loads(line) for line in ended.err.splitlines()]
    first, second = [one for one in records if one["logger"] == "retain.access"]
    assert (first["request_id"], first["route"], first["status"]) == ("abc-1", "/health", 200)
    assert first["duration_ms"] >= 0
    assert (second["route"], second["status"]) == ("/v1/banks/{bank_id}/pages/{name}", 404)
    assert "secret" not in ended.err
    refused = cli("serve", "--log-format", "xml", code=2)
    assert "choose text or json" in refused.err
