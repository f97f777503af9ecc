"""The commands about whole banks: banks, with copy and delete, and sources."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated

import typer

from retain.app import views
from retain.cli.bridge import DONE, with_memory
from retain.cli.nothing import say_nothing
from retain.cli.options import AsJson, Bank, Db, bank_or_default
from retain.cli.output import moment, one_line, plural, print_json, say
from retain.errors import InputError

if TYPE_CHECKING:
    from retain.app.memory import Memory
    from retain.memory.model import StoredSource

PAGE = 100
"""How many sources are listed, unless the user says so."""

banks = typer.Typer(
    name="banks", invoke_without_command=True, rich_markup_mode=None, add_completion=False
)

BankName = Annotated[str, typer.Argument(metavar="BANK", help="Name of a bank.")]


@banks.callback()
def list_banks(context: typer.Context, db: Db = None, as_json: AsJson = False) -> int | None:
    """List, copy or delete banks.

    Without a command, lists the banks of the database with how much each holds.
    """
    if context.invoked_subcommand is not None:
        context.default_map = {context.invoked_subcommand: {"db": db, "as_json": as_json}}
        return None
    found = with_memory(lambda memory: memory.banks(), db, reads=True)
    if as_json:
        print_json([views.bank(name, counts) for name, counts in found.items()])
        return DONE
    if not found:
        say("no banks: `retain ingest PATH --bank NAME` makes one")
    names = {name: one_line(name, 40) for name in found}
    width = max(map(len, names.values()), default=0)
    for name, counts in found.items():
        sources = plural(counts.sources, "source")
        say(f"{names[name]:<{width}}  {sources:>12}  {plural(counts.sections, 'section'):>14}")
    return DONE


@banks.command("copy")
def copy(
    bank: BankName,
    to: Annotated[str, typer.Argument(metavar="TO", help="Name of the bank to create.")],
    db: Db = None,
    as_json: AsJson = False,
) -> int:
    """Copy a bank into a new one."""
    copied = with_memory(lambda memory: memory.banks.copy(bank, to), db)
    if as_json:
        print_json(views.plain(copied))
    else:
        sources = plural(copied.counts.get("source", 0), "source")
        say(f"copied bank {one_line(bank)} to bank {one_line(to)}: {sources}")
    return DONE


@banks.command("delete")
def delete(
    bank: BankName,
    yes: Annotated[
        bool, typer.Option("--yes", help="Delete it; without this, only say what would go.")
    ] = False,
    db: Db = None,
    as_json: AsJson = False,
) -> int:
    """Forget every source of a bank; see `retain forget`."""
    if not yes:
        counts = with_memory(lambda memory: memory.banks.counts(bank), db)
        held = f"{plural(counts.sources, 'source')} and {plural(counts.sections, 'section')}"
        raise InputError(
            f"bank {one_line(bank)} holds {held}, which cannot be brought back: "
            "to delete it, add --yes"
        )
    number = with_memory(lambda memory: memory.banks.delete(bank), db)
    if as_json:
        print_json({"bank_id": bank, "sources": number})
    else:
        say(f"deleted bank {one_line(bank)}: {plural(number, 'source')} forgotten")
    return DONE


def sources(
    bank: Bank = None,
    limit: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help=f"Sources to list at most. Default: {PAGE}."),
    ] = None,
    after: Annotated[
        str, typer.Option(metavar="SOURCE", help="Next page: only sources behind this one.")
    ] = "",
    db: Db = None,
    as_json: AsJson = False,
) -> int:
    """List the sources of a bank with what each gave; `retain show SOURCE` tells more."""
    bank_id = bank_or_default(bank)

    async def read(memory: Memory) -> tuple[int, list[StoredSource]]:
        every = await memory.sources(bank_id=bank_id)
        return len(every), [source for source in every if source.source_id > after]

    total, behind = with_memory(read, db, reads=True)
    size = limit or (len(behind) if as_json else PAGE)
    found = behind[:size]
    if as_json:
        print_json([views.plain(source) for source in found])
        return DONE
    if not total:
        say_nothing(f"no sources in bank {one_line(bank_id)}", bank_id, db)
    names = [one_line(source.source_id, 60) for source in found]
    width = max(map(len, names), default=0)
    for name, source in zip(names, found, strict=True):
        gave = f"{plural(source.sections, 'section'):>12}  {plural(source.facts, 'fact'):>10}"
        title = f"  {one_line(source.title, 60)}" if source.title else ""
        say(f"{name:<{width}}  {gave}  {moment(source.retained_at)}{title}")
    if len(found) < len(behind):
        last = shlex.quote(found[-1].source_id)
        say(f"{len(found)} of {total:,} sources; for the next ones, add --after {last}")
    return DONE
