"""The commands that remove: forget and prune."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

import typer

import retain
from retain.cli.bridge import DONE, run
from retain.cli.options import AsJson, Bank, Db, Source, bank_or_default
from retain.cli.output import one_line, plural, print_json, say
from retain.errors import InputError

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def forget(
    source: Source,
    bank: Bank = None,
    db: Db = None,
    as_json: AsJson = False,
) -> int:
    """Remove every trace of a source from a bank."""
    bank_id = bank_or_default(bank)

    async def work() -> str:
        async with retain.Memory.open(db) as memory:
            return await memory.forget(source, bank_id=bank_id)

    forgotten = run(work())
    if as_json:
        print_json({"bank_id": bank_id, "source_id": forgotten, "forgotten": True})
    else:
        say(f"forgot {one_line(forgotten)} in bank {one_line(bank_id)}")
    return DONE


def prune(
    older_than: Annotated[
        str, typer.Option("--older-than", metavar="AGE", help="Such as 12h, 30d or 8w.")
    ],
    bank: Bank = None,
    db: Db = None,
    as_json: AsJson = False,
) -> int:
    """Delete the records of runs that completed long ago; what they retained stays."""
    age = _age(older_than)

    async def work() -> int:
        async with retain.Memory.open(db) as memory:
            return await memory.prune(age, bank_id=bank)

    number = run(work())
    if as_json:
        print_json({"pruned": number})
    else:
        say(f"pruned {plural(number, 'run')}")
    return DONE


def _age(text: str) -> timedelta:
    match = re.fullmatch(r"(\d{1,6})([mhdw])", text.strip())
    if match is None:
        raise InputError(f"--older-than is {text!r}: write a number and m, h, d or w, such as 30d")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})
