"""The client of the HTTP API, against a server in a process of its own."""

import asyncio
import io
import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import jsonschema
import pytest
from tests.commandline import CommandLine
from tests.cuttable import cuttable
from tests.inloop import in_a_loop
from tests.rawserver import Reply, raw_server

from retain import Memory, Settings
from retain.client import (
    ApiBusyError,
    ApiError,
    ApiInputError,
    ApiNotFoundError,
    AsyncClient,
    Client,
    EventsLost,
    ServerUnreachableError,
)
from retain.client import transport as sending
from retain.engine.events import RunEnded, RunStarted
from retain.errors import InputError, NotFoundError, SourceNotFoundError, TransientError
from retain.testing.modelserver import ModelServer

ANA = "# Ana\n\nAna lives in Lisbon.\n\n## Work\n\nShe paints harbours.\n"


@dataclass
class Served:
    url: str
    cli: CommandLine


@contextmanager
def serving(cli: CommandLine, *words: str) -> Iterator[str]:
    with cli.start("serve", "--json", *words) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        yield json.loads(line)["address"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with ModelServer() as model:
        env = {
            "RETAIN_MODEL": "openai-compatible:qwen3",
            "RETAIN_BASE_URL": model.url,
            "RETAIN_PRICE": "1/2",
        }
        cli = CommandLine(tmp_path_factory.mktemp("served"), env)
        with serving(cli, "--port", "0") as url:
            yield Served(url, cli)


@dataclass
class Recorded:
    """A request, and what was answered."""

    method: str
    path: str
    status: int
    content: bytes


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> list[Recorded]:
    """Every request that clients send."""
    requests: list[Recorded] = []
    send = httpx2.AsyncClient.send

    async def recording(self: httpx2.AsyncClient, request: httpx2.Request, **more: Any) -> Any:
        response = await send(self, request, **more)
        content = b"" if more.get("stream") else response.content
        path = request.url.raw_path.decode().partition("?")[0]
        requests.append(Recorded(request.method, path, response.status_code, content))
        return response

    monkeypatch.setattr(httpx2.AsyncClient, "send", recording)
    return requests


async def use_everything(client: AsyncClient) -> None:
    """Call every method of a client once."""
    assert (await client.health())["status"] == "ok"
    await client.check()
    run = await client.retain_text(ANA, source_id="notes/ana.md", bank_id="all")
    assert (run.status, run.source_id) == ("completed", "notes/ana.md")
    (run,) = await client.retain_stream(
        io.BytesIO(b"# Bob\n\nAnnie lives in Porto."), source_id="..", bank_id="all"
    )
    assert run.status == "completed"
    messages = [{"role": "user", "content": "The spare key is under the mat."}]
    await client.retain_messages(messages, source_id="chat", bank_id="all")
    await client.retain_messages(messages, source_id="chat", bank_id="all", append=True)
    await client.append("Bob: I am late.", source_id="talk", bank_id="all")
    assert {one.source_id for one in await client.sources(bank_id="all")} == {
        *("notes/ana.md", "..", "chat", "talk")
    }
    shown = await client.show("notes/ana.md", bank_id="all")
    assert shown.source is not None
    assert len(shown.sections) == 2
    assert await client.sources.text("notes/ana.md", bank_id="all") == ANA
    assert (await client.sources.preview_forget("..", bank_id="all")).sections > 0
    assert len(await client.runs(bank_id="all", status="completed")) == 4
    assert {step.state for step in (await client.runs.show("..", bank_id="all")).steps} > {"READ"}
    assert await client.runs.history("notes/ana.md", bank_id="all") == []
    assert (await client.resume("notes/ana.md", bank_id="all")).status == "completed"
    with pytest.raises(ApiError) as caught:
        await client.runs.cancel("notes/ana.md", bank_id="all")
    assert (caught.value.code, caught.value.status) == ("not-driven-here", 409)
    hits = await client.recall("Where does Ana live?", bank_id="all")
    assert "Lisbon" in hits[0].text
    assert (await client.context("Where does Ana live?", bank_id="all")).tokens > 0
    await client.reflect("Where does Ana live?", bank_id="all")
    facts = await client.facts(bank_id="all", about="Ana")
    (newer,) = await client.facts.correct(
        facts[0].fact.fact_id, "Ana lives in Faro.", bank_id="all"
    )
    (added,) = await client.add("The deploy key is under 7.", bank_id="all")
    assert (await client.facts.preview_forget(added.fact.fact_id, bank_id="all")).facts
    assert await client.facts.forget(added.fact.fact_id, bank_id="all") == added.source_id
    assert newer.fact.text == "Ana lives in Faro"
    known = {one.entity.name for one in await client.entities(bank_id="all")}
    assert "Ana" in known
    await client.entities.merge("Ana", "Annie", bank_id="all")
    await client.entities.split("Ana", "Annie", bank_id="all")
    page = (await client.pages(bank_id="all"))[0]
    assert (await client.wiki.page(page.title, bank_id="all")).text
    assert await client.wiki.history("Ana", bank_id="all")
    assert "Ana" in await client.wiki.index(bank_id="all")
    assert (await client.wiki.log(bank_id="all"))[0].source_id == "notes/ana.md"
    assert sum(line.spending.calls for line in await client.costs(bank_id="all")) > 0
    assert (await client.costs.grouped("model"))[0].names == {"model": "openai-compatible:qwen3"}
    assert (await client.banks.copy("all", "copied")).sources == len(
        await client.sources(bank_id="all")
    )
    assert "copied" in await client.banks()
    assert (await client.banks.counts("copied")).sources > 3
    assert await client.banks.delete("copied") > 3
    assert await client.forget("notes/ana.md", bank_id="all") == "notes/ana.md"
    events = client.events(bank_id="all")
    following = asyncio.create_task(anext(events))
    while not following.done():  # the stream begins with what comes after it was opened
        await client.retain_text(f"It is {datetime.now(UTC)}.", source_id="now", bank_id="all")
    assert isinstance(await following, RunStarted)
    await closed(events)


async def closed(events: AsyncIterator[Any]) -> None:
    await events.aclose()  # type: ignore[attr-defined]


@in_a_loop
async def test_every_operation_has_a_method_and_each_answer_is_as_it_is_described(
    server: Served, recorded: list[Recorded]
) -> None:
    async with AsyncClient(server.url) as client:
        await use_everything(client)
    described = httpx2.get(f"{server.url}/openapi.json").json()
    patterns = {
        (method.upper(), path): re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path))
        for path, methods in described["paths"].items()
        for method in methods
    }
    used: set[tuple[str, str]] = set()
    for one in recorded:
        matching = [
            of
            for of, pattern in patterns.items()
            if of[0] == one.method and pattern.fullmatch(one.path)
        ]
        assert matching, one
        used.update(matching)
        method, path = matching[0]
        if one.status < 400 and one.content:
            answers = described["paths"][path][method.lower()]["responses"]
            schema = answers[str(one.status)]["content"]["application/json"]["schema"]
            assert schema, path
            whole = {**schema, "components": described["components"]}
            jsonschema.validate(json.loads(one.content), whole)
    assert set(patterns) - used == set()


def test_a_program_without_a_loop_uses_it_in_the_same_way(server: Served) -> None:
    with Client(server.url) as client:
        for name in ("a", "b", "c"):
            run = client.retain_text(f"Ana met {name}.", source_id=name, bank_id="plain")
            run.raise_for_status()
        assert "Ana met" in client.recall("Whom did Ana meet?", bank_id="plain")[0].text
        first = client.runs(bank_id="plain", limit=2)
        assert first.following is not None
        rest = client.runs(bank_id="plain", limit=2, after=first.following)
        assert [run.source_id for run in (*first, *rest)] == ["c", "b", "a"]
        assert [run.source_id for run in client.runs.each(bank_id="plain")] == ["c", "b", "a"]
        with pytest.raises(InputError, match="cannot be sent as JSON"):
            client.resume("a", bank_id="plain", value=object())


@in_a_loop
async def test_what_a_client_gives_is_what_a_memory_gives(server: Served) -> None:
    db = f"sqlite:///{server.cli.db}"
    settings = Settings(db, embedder="static")
    async with AsyncClient(server.url) as client, Memory.open(db, settings=settings) as memory:
        await client.retain_text(ANA, source_id="ana.md", bank_id="same")
        question = "Where does Ana live?"
        assert await client.recall(question, bank_id="same") == await memory.recall(
            question, bank_id="same"
        )
        assert await client.context(question, bank_id="same") == await memory.context(
            question, bank_id="same"
        )
        unsent = {"named": ()}
        assert await client.facts(bank_id="same") == [
            replace(one, fact=replace(one.fact, **unsent))
            for one in await memory.facts(bank_id="same")
        ]
        assert await client.entities(bank_id="same") == await memory.entities(bank_id="same")
        assert await client.sources(bank_id="same") == await memory.sources(bank_id="same")
        assert await client.wiki.log(bank_id="same") == await memory.wiki.log(bank_id="same")
        assert await client.pages(bank_id="same") == await memory.pages(bank_id="same")
        assert await client.runs(bank_id="same") == await memory.runs(bank_id="same")


@in_a_loop
async def test_an_error_is_that_of_a_memory_and_has_its_code(server: Served) -> None:
    async with AsyncClient(server.url) as client:
        with pytest.raises(ApiNotFoundError, match=r"no source 'x\.md'") as missing:
            await client.show("x.md", bank_id="none")
        assert isinstance(missing.value, NotFoundError)
        assert (missing.value.code, missing.value.status) == (SourceNotFoundError.code, 404)
        assert missing.value.request_id
        with pytest.raises(ApiInputError) as refused:
            await client.recall("Ana?", bank_id="none", k=0)
        assert refused.value.errors[0]["at"] == ["body", "k"]
    with pytest.raises(InputError, match="http://HOST:PORT"):
        AsyncClient("localhost")


@in_a_loop
async def test_a_token_is_sent_and_one_that_is_missing_is_an_error(tmp_path: Path) -> None:
    token = "a-token-of-a-test-that-nobody-guesses"
    with serving(CommandLine(tmp_path), "--port", "0", "--token", token) as url:
        async with AsyncClient(url) as client:
            with pytest.raises(ApiError, match="no token") as refused:
                await client.banks()
            assert (refused.value.code, refused.value.status) == ("unauthorized", 401)
        async with AsyncClient(url, token=token) as client:
            assert await client.banks() == {}
    async with AsyncClient(url, attempts=1) as client:
        with pytest.raises(
            ServerUnreachableError, match="see that `retain serve` runs there"
        ) as no:
            await client.banks()
        assert isinstance(no.value, ConnectionError)
        assert isinstance(no.value, TransientError)


@in_a_loop
async def test_events_go_on_where_a_connection_was_lost(server: Served) -> None:
    async with (
        cuttable(server.url) as proxy,
        AsyncClient(proxy.url) as client,
        AsyncClient(server.url) as direct,
    ):
        ended: list[str] = []
        events = client.events(bank_id="followed")
        following = asyncio.create_task(anext(events))
        while not following.done():
            now = f"It is {datetime.now(UTC)}."
            await direct.retain_text(now, source_id="first", bank_id="followed")
        proxy.cut()
        await direct.retain_text("Ana met Bob.", source_id="lost", bank_id="followed")
        await direct.retain_text("Ana met Cy.", source_id="last", bank_id="followed")
        async for event in events:
            assert not isinstance(event, EventsLost)
            if isinstance(event, RunEnded):
                ended.append(event.source_id)
                if event.source_id == "last":
                    break
        await closed(events)
    assert set(ended) >= {"first", "lost", "last"}


@in_a_loop
async def test_a_request_without_an_answer_is_sent_again_and_done_once(server: Served) -> None:
    async with cuttable(server.url, answers_lost=1) as proxy, AsyncClient(proxy.url) as client:
        messages = [{"role": "user", "content": "Buy oat milk."}]
        run = await client.retain_messages(messages, source_id="list", bank_id="once", append=True)
        assert run.status == "completed"
        assert proxy.connections == 2
        shown = await client.show("list", bank_id="once")
        assert len(shown.sections) == 1
    async with cuttable(server.url, answers_lost=1) as proxy, AsyncClient(proxy.url) as client:
        assert await client.forget("list", bank_id="once") == "list"
        assert proxy.connections == 2


@in_a_loop
async def test_a_busy_server_is_asked_again_when_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float | None] = []

    def pause(attempt: int, retry_after: float | None) -> float:
        pauses.append(retry_after)
        return 0.0

    monkeypatch.setattr(sending, "pause", pause)
    busy_reply = Reply({"code": "database-busy", "detail": "locked"}, 503, {"Retry-After": "7"})
    async with raw_server(lambda _: busy_reply) as raw, AsyncClient(raw.url, attempts=3) as client:
        with pytest.raises(ApiBusyError, match="locked") as busy:
            await client.banks()
    assert pauses == [7.0, 7.0]
    assert (busy.value.retry_after, busy.value.code) == (7.0, "database-busy")
    unknown = Reply({"unexpected": 1})
    async with raw_server(lambda _: unknown) as raw, AsyncClient(raw.url) as client:
        with pytest.raises(ApiError, match="none of this release"):
            await client.banks()


@in_a_loop
async def test_a_run_that_goes_on_is_given_back_as_running(server: Served) -> None:
    async with AsyncClient(server.url) as client:
        run = await client.retain_text(ANA, source_id="a.md", bank_id="later", wait_s=0)
        assert run.status == "running"
        run = await client.retain_text(ANA, source_id="a.md", bank_id="later")
        assert run.status == "completed"


def test_a_client_loads_no_database_and_no_server() -> None:
    heavy = "sqlite3 numpy fastapi typer rich markdown_it"
    code = f"import sys, retain.client; print(*set({heavy.split()}) & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == []
