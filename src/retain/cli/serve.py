"""The commands of the HTTP API: serve and token."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from retain.cli.bridge import DONE, with_memory
from retain.cli.options import (
    BaseUrl,
    Concurrency,
    Db,
    Embedder,
    EmbedderUrl,
    MaxCost,
    MaxCostPerRun,
    MaxTokens,
    MaxTokensPerRun,
    Model,
    ModelPrice,
    model_settings,
    with_embedder,
)
from retain.cli.output import print_json_line, say
from retain.cli.signals import call_first
from retain.errors import InputError, MissingExtraError, install_command

if TYPE_CHECKING:
    from retain.app.memory import Memory
    from retain.server.access import Access
    from retain.server.listener import Server

PORT = 8787

RATE_LIMIT = 1_200
"""Twenty requests a second: more than a person or an agent sends."""


def serve(
    host: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            help="Address to listen on; one that others reach needs a token.",
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(metavar="N", min=0, max=65535, help="Port; 0 takes a free one.")
    ] = PORT,
    token: Annotated[
        str | None,
        typer.Option(metavar="TOKEN", help="Token that requests must carry. [env: RETAIN_TOKEN]"),
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="File of tokens that `retain token` made."),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Name of this server in addresses; may be repeated."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume/--no-resume", help="Resume interrupted runs at the start.")
    ] = True,
    rate_limit: Annotated[
        int,
        typer.Option(
            metavar="N",
            min=0,
            help="Requests a minute that each client on another machine may send; 0: any number.",
        ),
    ] = RATE_LIMIT,
    log_format: Annotated[
        str,
        typer.Option(
            metavar="FORMAT",
            help="Logs on standard error: text has problems only; json has every request.",
        ),
    ] = "text",
    model: Model = None,
    base_url: BaseUrl = None,
    price: ModelPrice = None,
    concurrency: Concurrency = None,
    max_cost: MaxCost = None,
    max_tokens: MaxTokens = None,
    max_cost_per_run: MaxCostPerRun = None,
    max_tokens_per_run: MaxTokensPerRun = None,
    embedder: Embedder = None,
    embedder_url: EmbedderUrl = None,
    db: Db = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the address as a JSON document.")
    ] = False,
) -> int:
    """Serve the banks over HTTP, until the command is interrupted.

    On a loopback address, whoever can use this machine can use the server. Any other address needs
    --token or --token-file. /openapi.json describes the API.
    """
    from retain.memory.model import Budget

    if log_format not in ("text", "json"):
        raise InputError(f"--log-format is {log_format!r}: choose text or json")
    budget, run_budget = Budget(max_tokens, max_cost), Budget(max_tokens_per_run, max_cost_per_run)
    settings = model_settings(model, base_url, price, concurrency, budget, run_budget)
    settings = with_embedder(settings, embedder, embedder_url)
    try:
        from retain.server import listener, logs
        from retain.server import serve as server
    except ImportError as exc:
        raise MissingExtraError(f"`retain serve` needs {exc.name}: {_INSTALL}") from exc
    access = chosen_access(token, token_file)
    if access.is_open and not listener.is_loopback(host):
        raise InputError(
            f"{host} can be reached by others: give --token or --token-file, or leave --host out"
        )
    if log_format == "json":
        logs.log_as_json()
    sock = listener.listening(host, port)

    def started(running: Server) -> None:
        call_first(running.stop)
        if as_json:
            print_json_line({"address": running.address})
        else:
            say(f"serving {running.address}  (Ctrl-C stops)")

    async def work(memory: Memory) -> None:
        names = [*(allow_host or []), host]
        await server.serve(
            memory,
            sock,
            access=access,
            hosts=names,
            resume=resume,
            rate_limit=rate_limit,
            started=started,
        )

    with sock:
        with_memory(work, db, settings)
    return DONE


def token(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the token, for people.")],
    file: Annotated[
        Path, typer.Option("--file", metavar="FILE", help="File of tokens to add it to.")
    ] = Path("tokens.json"),
    scope: Annotated[
        str, typer.Option(metavar="SCOPE", help="What it may do: read, write or admin.")
    ] = "write",
    banks: Annotated[
        list[str] | None,
        typer.Option("--bank", "-b", metavar="BANK", help="Only for this bank; may be repeated."),
    ] = None,
) -> int:
    """Make a token for `retain serve`, and print it.

    The file gets a hash of the token only, so the token is shown this once. An earlier token of the
    same name is replaced. A server that runs reads the file when it starts again.
    """
    try:
        from retain.server.access import SCOPES, add_token
    except ImportError as exc:
        raise MissingExtraError(f"`retain token` needs {exc.name}: {_INSTALL}") from exc
    if scope not in SCOPES:
        raise InputError(f"--scope is {scope!r}: choose one of {', '.join(SCOPES)}")
    say(add_token(file, name, scope, banks))
    return DONE


_INSTALL = install_command("server")


def chosen_access(token: str | None, token_file: Path | None) -> Access:
    """The tokens that were given.

    Raises:
        InputError: One of them cannot be used.
    """
    from retain.config import server_token
    from retain.server.access import Access, read_tokens, single_token

    grants = [] if token_file is None else read_tokens(token_file)
    single = token or server_token()
    return Access([*grants, *([] if single is None else [single_token(single)])])
