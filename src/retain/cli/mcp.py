"""The command that gives agents memory over the Model Context Protocol: mcp."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from retain.cli.bridge import DONE, with_memory
from retain.cli.options import (
    Bank,
    BaseUrl,
    Db,
    Embedder,
    MaxCost,
    MaxTokens,
    Model,
    ModelPrice,
    bank_or_default,
    model_settings,
    with_embedder,
)
from retain.cli.output import complain, say
from retain.cli.serve import chosen_access
from retain.cli.signals import call_first
from retain.errors import InputError, MissingExtraError, install_command

if TYPE_CHECKING:
    from retain.app.memory import Memory
    from retain.server.listener import Server

PORT = 8788


def mcp(
    http: Annotated[
        bool, typer.Option("--http", help="Serve over HTTP instead of standard input and output.")
    ] = False,
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="With --http: address to listen on.")
    ] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option(metavar="N", min=0, max=65535, help="With --http: port; 0 takes a free one."),
    ] = PORT,
    token: Annotated[
        str | None,
        typer.Option(metavar="TOKEN", help="With --http: token of requests. [env: RETAIN_TOKEN]"),
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="With --http: file that `retain token` made."),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="With --http: name of this server; may be repeated."),
    ] = None,
    install: Annotated[
        str | None,
        typer.Option(metavar="CLIENT", help="Print the configuration of this client, and exit."),
    ] = None,
    bank: Bank = None,
    model: Model = None,
    base_url: BaseUrl = None,
    price: ModelPrice = None,
    max_cost: MaxCost = None,
    max_tokens: MaxTokens = None,
    embedder: Embedder = None,
    db: Db = None,
) -> int:
    """Give an agent memory over the Model Context Protocol.

    An MCP client starts this command and talks to it over standard input and output. --install
    prints what to put into the client's configuration.
    """
    from retain.memory.model import Budget

    bank_id = bank_or_default(bank)
    budget = Budget(max_tokens, max_cost)
    settings = with_embedder(model_settings(model, base_url, price, budget=budget), embedder, None)
    if install is not None:
        options = [
            *("--db", _absolute(db or settings.db), "--bank", bank_id),
            *(("--model", model) if model else ()),
            *(("--base-url", base_url) if base_url else ()),
        ]
        return _install(install, options)
    try:
        from retain.mcp import application
        from retain.server.listener import is_loopback, listening
    except ImportError as exc:
        raise MissingExtraError(f"`retain mcp` needs {exc.name}: {install_command('mcp')}") from exc
    if not http:

        async def talk(memory: Memory) -> None:
            await application.mcp_server(memory, bank_id).run_stdio_async()

        with_memory(talk, db, settings)
        return DONE
    access = chosen_access(token, token_file)
    if access.is_open and not is_loopback(host):
        raise InputError(
            f"{host} can be reached by others: give --token or --token-file, or leave --host out"
        )
    sock = listening(host, port)

    def started(running: Server) -> None:
        call_first(running.stop)
        say(f"serving MCP at {running.address}{application.PATH}  (Ctrl-C stops)")

    async def serve(memory: Memory) -> None:
        await application.serve_http(
            *(memory, bank_id, sock),
            access=access,
            hosts=[*(allow_host or []), host],
            started=started,
        )

    with sock:
        with_memory(serve, db, settings)
    return DONE


def _install(client: str, options: list[str]) -> int:
    from retain.mcp.install import CLIENTS

    if client not in CLIENTS:
        raise InputError(f"no client {client!r}: choose one of {', '.join(sorted(CLIENTS))}")
    where, written = CLIENTS[client]
    command = shutil.which("retain") or str(Path(sys.argv[0]).absolute())
    say(written([command, "mcp", *options]))
    complain(f"# {where}")
    return DONE


def _absolute(url: str) -> str:
    """The URL of a database file from any folder: a client starts servers anywhere."""
    scheme = "sqlite:///"
    if not url.startswith(scheme) or "?" in url or url.endswith(":memory:"):
        return url
    return scheme + str(Path(url.removeprefix(scheme)).absolute())
