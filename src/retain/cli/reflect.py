"""The command that answers a question from what a bank holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

import retain
from retain.cli.ask import say_hit
from retain.cli.bridge import DONE, run
from retain.cli.options import (
    AsJson,
    Bank,
    BaseUrl,
    Db,
    MaxCost,
    MaxTokens,
    Model,
    ModelPrice,
    bank_or_default,
    model_settings,
    parse_date,
)
from retain.cli.output import print_json, say
from retain.memory.model import Budget

if TYPE_CHECKING:
    from retain.memory.model import Reflection


def ask(
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="What you want to know.")],
    bank: Bank = None,
    k: Annotated[
        int, typer.Option("-k", metavar="N", help="How many hits to answer from at most.")
    ] = 12,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DATE", help="What was known then.")
    ] = None,
    db: Db = None,
    model: Model = None,
    base_url: BaseUrl = None,
    price: ModelPrice = None,
    max_cost: MaxCost = None,
    max_tokens: MaxTokens = None,
    as_json: AsJson = False,
) -> int:
    """Answer a question from what a bank knows, and say where that is from; needs a model."""
    when = parse_date(as_of, "--as-of", last=True)
    bank_id = bank_or_default(bank)
    budget = Budget(max_tokens, max_cost)
    settings = model_settings(model, base_url, price, budget=budget)

    async def work() -> Reflection:
        async with retain.Memory.open(db, settings=settings) as memory:
            return await memory.reflect(question, bank_id=bank_id, k=k, as_of=when)

    found = run(work())
    if as_json:
        print_json(found)
    else:
        say_reflection(found)
    return DONE


def say_reflection(found: Reflection) -> None:
    """Print an answer, and below it what it cites."""
    say(found.text)
    for number, hit in enumerate(found.hits, 1):
        if number == 1:
            say()
        say_hit(number, hit)
