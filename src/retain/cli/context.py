"""The command that writes memory for a prompt: context."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from retain.app import views
from retain.cli.bridge import DONE, with_memory
from retain.cli.nothing import say_nothing
from retain.cli.options import AsJson, AsOf, Bank, Db, bank_or_default, parse_date
from retain.cli.output import one_line, print_json, say

if TYPE_CHECKING:
    from retain.app.memory import Memory
    from retain.memory.model import MemoryContext


def context(
    query: Annotated[str, typer.Argument(metavar="QUERY", help="A question, or some words.")],
    bank: Bank = None,
    max_tokens: Annotated[
        int, typer.Option("--max-tokens", metavar="N", help="Tokens that the text may have.")
    ] = 2_000,
    as_of: AsOf = None,
    sources: Annotated[
        list[str] | None,
        typer.Option("--source", metavar="ID", help="Only this source; * is any text. Repeatable."),
    ] = None,
    db: Db = None,
    as_json: AsJson = False,
) -> int:
    """Print what a bank holds of a query, as a text for a prompt with numbered sources."""
    bank_id = bank_or_default(bank)
    when = parse_date(as_of, "--as-of", last=True)

    async def work(memory: Memory) -> MemoryContext:
        return await memory.context(
            query, bank_id=bank_id, max_tokens=max_tokens, as_of=when, sources=sources or ()
        )

    found = with_memory(work, db, reads=True)
    if as_json:
        print_json(views.plain(found))
    elif found.text:
        say(found.text)
    else:
        say_nothing(f"nothing in bank {one_line(bank_id)} was found for this query", bank_id, db)
    return DONE
