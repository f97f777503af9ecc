"""The command that answers a question from a bank: ask."""

from __future__ import annotations

from typing import Annotated

import typer

from retain.app import views
from retain.cli.bridge import DONE, with_memory
from retain.cli.options import (
    AsJson,
    AsOf,
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
from retain.cli.recall import say_hit
from retain.memory.model import Budget


def ask(
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="The question to answer.")],
    bank: Bank = None,
    k: Annotated[
        int, typer.Option("-k", metavar="N", help="Maximum number of results to answer from.")
    ] = 12,
    as_of: AsOf = None,
    db: Db = None,
    model: Model = None,
    base_url: BaseUrl = None,
    price: ModelPrice = None,
    max_cost: MaxCost = None,
    max_tokens: MaxTokens = None,
    as_json: AsJson = False,
) -> int:
    """Answer a question from a bank, with citations.

    Needs a language model. It answers from what the bank holds and nothing else; where the bank
    does not hold the answer, the command prints "not in memory".
    """
    when = parse_date(as_of, "--as-of", last=True)
    bank_id = bank_or_default(bank)
    settings = model_settings(model, base_url, price, budget=Budget(max_tokens, max_cost))
    answer = with_memory(
        lambda memory: memory.reflect(question, bank_id=bank_id, k=k, as_of=when), db, settings
    )
    if as_json:
        print_json(views.plain(answer))
        return DONE
    say(answer.text)
    for number, hit in enumerate(answer.hits, 1):
        if number == 1:
            say()
        say_hit(number, hit)
    return DONE
