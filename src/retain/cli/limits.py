"""The command that limits what a fleet asks of models: limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from retain.app import views
from retain.cli.bridge import DONE, with_memory
from retain.cli.options import AnyBank, AsJson, Db
from retain.cli.output import one_line, print_json, say
from retain.errors import InputError

if TYPE_CHECKING:
    from retain.app.memory import Memory
    from retain.memory.model import ModelLimit, SpendLimit


def limits(
    model: Annotated[
        str | None,
        typer.Option("--model", "-m", metavar="PROVIDER:NAME", help="Model to limit."),
    ] = None,
    requests: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Requests to the model a minute."),
    ] = None,
    tokens: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Tokens a minute, read and written."),
    ] = None,
    max_cost: Annotated[
        float | None,
        typer.Option("--max-cost", metavar="DOLLARS", min=0, help="Cost limit of all model calls."),
    ] = None,
    bank: AnyBank = None,
    none: Annotated[
        bool,
        typer.Option("--none", help="Remove the limits of --model, or the cost limit."),
    ] = False,
    db: Db = None,
    as_json: AsJson = False,
) -> int:
    """Limit model calls over all processes of a Postgres database, or show the limits.

    Without an option, prints the limits. A call that would exceed a limit a minute waits. One that
    may exceed the cost limit, of --bank or of all banks, suspends its run.
    """
    if model is None and (requests or tokens):
        raise InputError("--requests and --tokens limit a model: give --model")
    if model is not None and max_cost is not None:
        raise InputError("--max-cost is for all models: give it in a command without --model")
    if model is not None and not (none or requests or tokens):
        raise InputError("--model needs --requests or --tokens, or --none")

    async def work(memory: Memory) -> tuple[list[ModelLimit], list[SpendLimit]]:
        if model is not None:
            await memory.queue.limit_model(model, requests=requests, tokens=tokens)
        elif max_cost is not None or none:
            await memory.queue.limit_spending(max_cost, bank_id=bank)
        return await memory.queue.limits()

    models, spending = with_memory(work, db)
    if as_json:
        print_json({"models": views.plain(models), "spending": views.plain(spending)})
        return DONE
    for one in models:
        asked = [f"{one.requests:,} requests"] if one.requests else []
        asked += [f"{one.tokens:,} tokens"] if one.tokens else []
        say(f"{one_line(one.model)}: {' and '.join(asked)} a minute")
    for spent in spending:
        whose = f"bank {one_line(spent.bank_id)}" if spent.bank_id else "all banks"
        say(f"{whose}: ${spent.cost:.4g} of ${spent.max_cost:.4g} spent")
    if not models and not spending:
        say("no limits")
    return DONE
