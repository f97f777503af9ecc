"""The command that looks for what is wrong in a bank: lint."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

import retain
from retain.cli.bridge import DONE, FAILED, run
from retain.cli.options import AsJson, Bank, Db, bank_or_default
from retain.cli.output import one_line, plural, print_json, say

if TYPE_CHECKING:
    from retain.app import Finding


def lint(
    fix: Annotated[bool, typer.Option("--fix", help="Mend what is safe to mend.")] = False,
    bank: Bank = None,
    db: Db = None,
    as_json: AsJson = False,
) -> int:
    """Look for contradictions, orphans, stale pages and facts without support."""
    bank_id = bank_or_default(bank)

    async def work() -> list[Finding]:
        async with retain.Memory.open(db) as memory:
            return await memory.lint(bank_id=bank_id, fix=fix)

    found = run(work())
    left = [one for one in found if not one.fixed]
    if as_json:
        print_json([asdict(one) for one in found])
        return FAILED if left else DONE
    for one in found:
        place = "" if one.source_id is None else f"{one_line(one.source_id)}: "
        if one.source_id is not None and one.line is not None:
            place = f"{one_line(one.source_id)}:{one.line}: "
        mark = "  (mended)" if one.fixed else ""
        say(f"{one.kind:<16} {place}{one_line(one.message, 300)}{mark}")
    if not found:
        say(f"bank {one_line(bank_id)}: nothing is wrong")
    else:
        say(f"{plural(len(found), 'finding')}, {len(found) - len(left)} mended, {len(left)} left")
    return FAILED if left else DONE
