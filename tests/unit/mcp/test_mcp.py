"""The MCP server as agents use it: the SDK's own client, over stdio and over HTTP."""

import asyncio
import json
import shlex
import threading
import tomllib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp_types import TextContent, TextResourceContents
from tests.commandline import RETAIN, CommandLine, until

from retain import Memory, Settings
from retain.mcp.application import mcp_server, serve_http
from retain.mcp.install import CLIENTS
from retain.memory.model import Price
from retain.providers.llm.tokens import estimate
from retain.server.access import Access, Grant, digest
from retain.server.listener import Server, listening
from retain.testing.modelserver import ModelServer, Plan

ANA = "# Ana\n\nAna lives in Lisbon. She likes dark roast.\n"
TOOLS = {
    "retain", "recall", "context", "ask", "add_fact", "forget", "run_status", "list_banks",
    "list_pages", "read_page",
}  # fmt: skip


async def said(client: Client, tool: str, **arguments: Any) -> str:
    result = await client.call_tool(tool, arguments)
    (content,) = result.content
    assert isinstance(content, TextContent)
    assert not result.is_error, content.text
    return content.text


async def refused(client: Client, tool: str, **arguments: Any) -> str:
    result = await client.call_tool(tool, arguments)
    assert result.is_error
    assert isinstance(result.content[0], TextContent)
    return result.content[0].text


async def every_tool(client: Client) -> None:
    """Call every tool once, each with what the ones before gave."""
    tools = (await client.list_tools()).tools
    assert {tool.name for tool in tools} == TOOLS
    run = json.loads(await said(client, "retain", text=ANA, source_id="notes/ana.md", bank="ana"))
    assert run["status"] == "completed"
    hits = json.loads(await said(client, "recall", query="Where does Ana live?", bank="ana"))
    assert hits[0]["source_id"] == "notes/ana.md"
    assert "Lisbon" in await said(client, "context", query="Where does Ana live?", bank="ana")
    (added,) = json.loads(await said(client, "add_fact", fact="Ana plays the oboe.", bank="ana"))
    again = await said(
        client, "add_fact", fact="Ana plays the cello.", replaces=added["fact_id"], bank="ana"
    )
    assert json.loads(again)[0]["text"] == "Ana plays the cello"
    status = json.loads(await said(client, "run_status", source_id="notes/ana.md", bank="ana"))
    assert status["run"]["status"] == "completed"
    assert len(json.loads(await said(client, "run_status", bank="ana"))) == 3
    banks = json.loads(await said(client, "list_banks"))
    assert banks[0]["bank_id"] == "ana"
    pages = json.loads(await said(client, "list_pages", bank="ana"))
    assert "Ana" in {page["name"] for page in pages}
    assert "cello" in await said(client, "read_page", name="Ana", bank="ana")
    preview = await said(client, "forget", source_id="notes/ana.md", preview=True, bank="ana")
    assert "Lisbon" in preview
    forgotten = json.loads(await said(client, "forget", source_id="notes/ana.md", bank="ana"))
    assert forgotten["forgotten"]
    assert "model-required" in await refused(client, "ask", question="Who?", bank="ana")


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'memory.db'}"


@asynccontextmanager
async def connected(url: str, **more: Any) -> AsyncIterator[Client]:
    settings = Settings(url, embedder="static", **more)
    async with (
        Memory.open(url, settings=settings) as memory,
        Client(mcp_server(memory, "ana")) as client,
    ):
        yield client


def test_every_tool_answers_over_stdio(cli: CommandLine) -> None:
    async def work() -> None:
        env = cli.environment()
        server = StdioServerParameters(command=str(RETAIN), args=["mcp"], env=env)
        async with Client(server) as client:
            await every_tool(client)

    asyncio.run(work())


@contextmanager
def over_http(url: str, access: Access) -> Iterator[str]:
    """An MCP server that runs until the block ends; its address."""
    sock = listening("127.0.0.1", 0)
    running: list[Server] = []
    loops: list[asyncio.AbstractEventLoop] = []

    def started(server: Server) -> None:
        loops.append(asyncio.get_running_loop())
        running.append(server)

    async def work() -> None:
        settings = Settings(url, embedder="static")
        async with Memory.open(url, settings=settings) as memory:
            await serve_http(memory, "ana", sock, access=access, started=started)

    thread = threading.Thread(target=asyncio.run, args=(work(),))
    thread.start()
    try:
        until(lambda: running and running[0].started, "the server")
        yield f"{running[0].address}/mcp"
    finally:
        loops[0].call_soon_threadsafe(running[0].stop)
        thread.join(30)
        sock.close()
    assert not thread.is_alive()


def test_every_tool_answers_over_http(url: str) -> None:
    async def work(address: str) -> None:
        async with Client(address) as client:
            await every_tool(client)

    with over_http(url, Access()) as address:
        asyncio.run(work(address))


def test_over_http_a_token_reaches_its_bank_alone(url: str) -> None:
    grants = [
        Grant("ana", digest("anas"), "write", ("ana",)),
        Grant("reader", digest("reader"), "read"),
    ]

    @asynccontextmanager
    async def client_of(address: str, token: str) -> AsyncIterator[Client]:
        headers = {"Authorization": f"Bearer {token}"}
        async with (
            httpx2.AsyncClient(headers=headers, timeout=30) as http,
            Client(streamable_http_client(address, http_client=http)) as client,
        ):
            yield client

    async def work(address: str) -> None:
        async with client_of(address, "anas") as client:
            await said(client, "add_fact", fact="Ana likes tea.")
            for tool, arguments in (
                ("add_fact", {"fact": "Bob likes tea."}),
                ("recall", {"query": "tea"}),
                ("read_page", {"name": "Ana"}),
                ("forget", {"source_id": "x"}),
                ("run_status", {}),
            ):
                told = await refused(client, tool, bank="bob", **arguments)
                assert "not for this bank" in told
            with pytest.raises(Exception, match=r"."):
                await client.read_resource("retain://bob/index")
        async with client_of(address, "reader") as client:
            assert "tea" in await said(client, "context", query="tea")
            assert "scope" in await refused(client, "add_fact", fact="Bob likes tea.")

    with over_http(url, Access(grants)) as address:
        asyncio.run(work(address))
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
        assert httpx2.post(address, json=body).status_code == 401
        right = {"Authorization": "Bearer anas"}
        foreign = {**right, "Host": "evil.example"}
        assert httpx2.post(address, json=body, headers=foreign).status_code == 421
        page = {**right, "Origin": "https://evil.example"}
        assert httpx2.post(address, json=body, headers=page).status_code == 403


def test_the_tools_cost_an_agent_less_than_1500_tokens(url: str) -> None:
    async def work() -> None:
        async with connected(url) as client:
            tools = (await client.list_tools()).tools
            shown = [
                {
                    "name": tool.name,
                    "description": tool.description,
                    "input_schema": tool.input_schema,
                }
                for tool in tools
            ]
            assert estimate(json.dumps(shown, separators=(",", ":"))) < 1_500

    asyncio.run(work())


def test_hints_say_what_reads_and_what_deletes(url: str) -> None:
    async def work() -> None:
        async with connected(url) as client:
            hints = {tool.name: tool.annotations for tool in (await client.list_tools()).tools}
            assert all(hints.values())
            deleting = {name for name, hint in hints.items() if hint and hint.destructive_hint}
            writing = {name for name, hint in hints.items() if hint and not hint.read_only_hint}
            assert deleting == {"forget"}
            assert writing == {"forget", "retain", "add_fact"}

    asyncio.run(work())


def test_errors_tell_an_agent_what_to_call_next(url: str) -> None:
    async def work() -> None:
        async with connected(url) as client:
            assert "run_status" in await refused(client, "forget", source_id="nothing")
            assert "recall" in await refused(client, "forget", fact_id="nothing")
            assert "list_pages" in await refused(client, "read_page", name="Nobody")
            assert "context" in await refused(client, "ask", question="Who?")
            assert "2026-01-31" in await refused(client, "recall", query="x", as_of="yesterday")
            assert "either" in await refused(client, "retain")
            assert "either" in await refused(client, "forget")

    asyncio.run(work())


def test_resources_and_prompts_show_the_bank(url: str) -> None:
    async def work() -> None:
        async with connected(url) as client:
            await said(client, "retain", text=ANA, source_id="notes/ana.md")
            uris = {str(one.uri) for one in (await client.list_resources()).resources}
            assert uris == {"retain://ana/index", "retain://ana/log"}
            for uri, text in (
                ("retain://ana/index", "# Index: ana"),
                ("retain://ana/log", "ingest | notes/ana.md"),
                ("retain://ana/pages/Ana", "lives in: Lisbon"),
            ):
                (content,) = (await client.read_resource(uri)).contents
                assert isinstance(content, TextResourceContents)
                assert text in content.text
            with pytest.raises(Exception, match="no page 'Nobody'"):
                await client.read_resource("retain://ana/pages/Nobody")
            prompts = {one.name for one in (await client.list_prompts()).prompts}
            assert prompts == {"answer_from_memory", "remember_conversation"}
            asked = {"question": "Where does Ana live?"}
            prompt = await client.get_prompt("answer_from_memory", asked)
            assert "Lisbon" in str(prompt.messages[0].content)

    asyncio.run(work())


def test_progress_names_the_steps(url: str) -> None:
    async def work() -> None:
        steps: list[str | None] = []

        async def report(progress: float, total: float | None, message: str | None) -> None:
            assert total is not None
            assert progress <= total
            steps.append(message)

        async with connected(url) as client:
            arguments = {"text": ANA, "source_id": "ana.md"}
            await client.call_tool("retain", arguments, progress_callback=report)
        assert {"READ", "STORE"} <= set(steps)

    asyncio.run(work())


def test_a_cancelled_call_leaves_a_run_that_can_be_resumed(url: str) -> None:
    async def work(model: ModelServer) -> None:
        choice = {
            "model": "openai-compatible:qwen3", "base_url": model.url, "price": Price(0.1, 0.1)
        }  # fmt: skip
        async with connected(url, **choice) as client:
            arguments = {"text": ANA, "source_id": "ana.md"}
            call = asyncio.create_task(client.call_tool("retain", arguments))
            while not model.log.entries:  # noqa: ASYNC110 - the server is in another thread
                await asyncio.sleep(0.01)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            status = ""
            while status != "interrupted":
                shown = json.loads(await said(client, "run_status", source_id="ana.md"))
                status = shown["run"]["status"]
            model.plan = Plan()
            run = json.loads(await said(client, "retain", **arguments))
            assert run["status"] == "completed"

    with ModelServer(Plan(latency=600)) as model:
        asyncio.run(asyncio.wait_for(work(model), 60))


def test_the_configuration_names_the_database_by_its_whole_path(cli: CommandLine) -> None:
    shown = cli("mcp", "--install", "cursor", "--bank", "ana", "--db", "sqlite:///my.db")
    words = json.loads(shown.out)["mcpServers"]["retain"]["args"]
    assert words == ["mcp", "--db", f"sqlite:///{cli.folder / 'my.db'}", "--bank", "ana"]


@pytest.mark.parametrize("client", sorted(CLIENTS))
def test_the_configuration_of_a_client_is_of_its_form(client: str) -> None:
    words = ["/opt/my tools/retain", "mcp", "--bank", 'a "b"']
    text = CLIENTS[client][1](words)
    if client == "claude-code":
        assert shlex.split(text)[-4:] == words
    elif client == "codex":
        server = tomllib.loads(text)["mcp_servers"]["retain"]
        assert [server["command"], *server["args"]] == words
    else:
        (servers,) = json.loads(text).values()
        assert [servers["retain"]["command"], *servers["retain"]["args"]] == words


def test_an_unknown_client_is_an_error(cli: CommandLine) -> None:
    told = cli("mcp", "--install", "emacs", code=2)
    assert "choose one of" in told.err


def test_a_server_that_others_reach_needs_a_token(cli: CommandLine) -> None:
    for words in (("serve",), ("mcp", "--http")):
        told = cli(*words, "--host", "0.0.0.0", code=2)
        assert "--token" in told.err
