"""The command that adds a fact in the user's words: add."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from retain.app import views
from retain.cli.bridge import DONE, with_memory
from retain.cli.options import AsJson, Author, Bank, Db, When, bank_or_default, parse_date
from retain.cli.output import one_line, print_json, say

if TYPE_CHECKING:
    from retain.app.memory import Memory
    from retain.memory.model import CitedFact


def add(
    fact: Annotated[str, typer.Argument(metavar="FACT", help="One statement.")],
    replaces: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Fact that it corrects; `retain facts --json` prints ids."),
    ] = None,
    bank: Bank = None,
    date: When = None,
    author: Author = None,
    db: Db = None,
    as_json: AsJson = False,
) -> int:
    """Add one fact to a bank, in words of your own.

    The fact is a source of its own, and no model is asked about it. Facts that it contradicts are
    superseded.
    """
    bank_id = bank_or_default(bank)
    written = parse_date(date, "--date")

    async def work(memory: Memory) -> list[CitedFact]:
        if replaces is not None:
            return await memory.facts.correct(
                replaces, fact, bank_id=bank_id, reference_date=written, author=author
            )
        return await memory.add(fact, bank_id=bank_id, reference_date=written, author=author)

    added = with_memory(work, db)
    if as_json:
        print_json([views.fact(one) for one in added])
    for one in added if not as_json else ():
        say(f"added to bank {one_line(bank_id)}: {one_line(one.fact.text, 200)}")
    return DONE
