"""The commands that remove: forget and prune."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

import retain
from retain.cli.bridge import DONE, run
from retain.cli.options import Age, AnySource, AsJson, Bank, Db, bank_or_default, parse_age
from retain.cli.output import one_line, plural, print_json, say
from retain.errors import InputError

if TYPE_CHECKING:
    from retain.app import Forgetting

_SHOWN = 10


def forget(
    source: AnySource = None,
    fact: Annotated[
        str | None,
        typer.Option("--fact", metavar="ID", help="Forget one fact, by its id, and not a source."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would go, and let nothing go.")
    ] = False,
    bank: Bank = None,
    db: Db = None,
    as_json: AsJson = False,
) -> int:
    """Remove every trace of a source, or of one fact, from a bank."""
    if (source is None) == (fact is None):
        raise InputError("give a source, or --fact with the id of a fact")
    bank_id = bank_or_default(bank)
    if dry_run:
        return _preview(source, fact, bank_id, db, as_json)

    async def work() -> str:
        async with retain.Memory.open(db) as memory:
            if fact is not None:
                return await memory.forget_fact(fact, bank_id=bank_id)
            return await memory.forget(source or "", bank_id=bank_id)

    forgotten = run(work())
    if as_json:
        of = {"bank_id": bank_id, "source_id": forgotten, "forgotten": True}
        print_json(of if fact is None else {**of, "fact_id": fact})
    elif fact is None:
        say(f"forgot {one_line(forgotten)} in bank {one_line(bank_id)}")
    else:
        say(f"forgot a fact of {one_line(forgotten)} in bank {one_line(bank_id)}")
    return DONE


def _preview(
    source: str | None, fact: str | None, bank_id: str, db: str | None, as_json: bool
) -> int:
    async def work() -> Forgetting:
        async with retain.Memory.open(db) as memory:
            if fact is not None:
                return await memory.would_forget_fact(fact, bank_id=bank_id)
            return await memory.would_forget(source or "", bank_id=bank_id)

    told = run(work())
    if as_json:
        print_json({"bank_id": bank_id, **asdict(told)})
        return DONE
    what = "a fact of " if fact else ""
    say(f"would forget {what}{one_line(told.source_id)} in bank {one_line(bank_id)}")
    if not fact:
        say(f"  {plural(told.sections, 'section')}, with vectors and words in the index")
        say(f"  {'1 entry' if told.log_entries == 1 else f'{told.log_entries} entries'} of the log")
    _list("would go", told.facts, "fact")
    _list("would go, named nowhere else", told.entities, "name")
    _list("would hold again", told.restored, "fact")
    _list("would go", told.pages_gone, "page")
    _list("would be rendered again", told.pages_changed, "page")
    say("nothing was forgotten: leave --dry-run out to do it")
    return DONE


def _list(verb: str, texts: Sequence[str], noun: str) -> None:
    if texts:
        say(f"  {plural(len(texts), noun)} {verb}:")
    for text in texts[:_SHOWN]:
        say(f"    {one_line(text, 100)}")
    if len(texts) > _SHOWN:
        say(f"    … and {len(texts) - _SHOWN} more")


def prune(
    older_than: Age,
    bank: Bank = None,
    db: Db = None,
    as_json: AsJson = False,
) -> int:
    """Delete the records of runs that completed long ago; what they retained stays."""
    age = parse_age(older_than, "--older-than")

    async def work() -> int:
        async with retain.Memory.open(db) as memory:
            return await memory.prune(age, bank_id=bank)

    number = run(work())
    if as_json:
        print_json({"pruned": number})
    else:
        say(f"pruned {plural(number, 'run')}")
    return DONE
