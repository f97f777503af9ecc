"""The commands that show what people read of a bank: pages, page, index and log."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

import retain
from retain.cli.bridge import DONE, run
from retain.cli.options import AsJson, Bank, Db, bank_or_default
from retain.cli.output import clean, moment, one_line, plural, print_json, say
from retain.errors import InputError

if TYPE_CHECKING:
    from retain.memory.model import LogEntry, Page, Revision


def pages(bank: Bank = None, db: Db = None, as_json: AsJson = False) -> int:
    """List the pages of a bank: people, places, things and topics."""
    bank_id = bank_or_default(bank)

    async def work() -> list[Page]:
        async with retain.Memory.open(db) as memory:
            return await memory.pages(bank_id=bank_id)

    found = run(work())
    if as_json:
        print_json([asdict(page) for page in found])
        return DONE
    if not found:
        say(f"no pages in bank {one_line(bank_id)}")
    width = min(max((len(page.title) for page in found), default=0), 40)
    for page in sorted(found, key=lambda page: (page.kind, -page.facts, page.title)):
        title = one_line(page.title, width).ljust(width)
        told = f"{page.kind:<7} {title}  {plural(page.facts, 'fact'):>12}"
        say(f"{told}  also: {one_line(', '.join(page.aliases), 60)}" if page.aliases else told)
    return DONE


def page(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="A title, an alias or an id of `retain pages`.")
    ],
    history: Annotated[bool, typer.Option("--history", help="List the page's revisions.")] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Show what the last revision changed.")
    ] = False,
    revision: Annotated[
        int | None,
        typer.Option(
            "--revision", metavar="N", min=1, help="That revision, with or without --diff."
        ),
    ] = None,
    bank: Bank = None,
    db: Db = None,
    as_json: AsJson = False,
) -> int:
    """Show a page, its history, or what a revision changed."""
    bank_id = bank_or_default(bank)

    async def one() -> Page:
        async with retain.Memory.open(db) as memory:
            return await memory.page(name, bank_id=bank_id)

    async def all_of() -> list[Revision]:
        async with retain.Memory.open(db) as memory:
            return await memory.history(name, bank_id=bank_id)

    if not history and not diff and revision is None:
        found = run(one())
        if as_json:
            print_json(asdict(found))
        else:
            _say_markdown(found.text)
        return DONE
    revisions = run(all_of())
    number = revision or len(revisions)
    if number > len(revisions):
        raise InputError(f"the page has {plural(len(revisions), 'revision')}: there is no {number}")
    if diff:
        _say_diff(revisions, number, as_json)
    elif revision is not None:
        chosen = revisions[number - 1]
        if as_json:
            print_json(asdict(chosen))
        else:
            _say_markdown(chosen.text)
    elif as_json:
        print_json([asdict(one) for one in revisions])
    else:
        for one_revision in revisions:
            _say_revision(one_revision)
    return DONE


def index(bank: Bank = None, db: Db = None, as_json: AsJson = False) -> int:
    """Show a bank's index: who and what it knows of, its topics and sources."""
    bank_id = bank_or_default(bank)

    async def work() -> str:
        async with retain.Memory.open(db) as memory:
            return await memory.index(bank_id=bank_id)

    text = run(work())
    if as_json:
        print_json({"bank_id": bank_id, "text": text})
    elif text:
        _say_markdown(text)
    else:
        say(f"bank {one_line(bank_id)} is empty")
    return DONE


def log(bank: Bank = None, db: Db = None, as_json: AsJson = False) -> int:
    """Show what came into a bank, what changed and what was superseded, oldest first."""
    bank_id = bank_or_default(bank)

    async def work() -> tuple[list[LogEntry], str]:
        async with retain.Memory.open(db) as memory:
            entries = await memory.log(bank_id=bank_id)
            return entries, "" if as_json or not entries else await memory.log_text(bank_id=bank_id)

    entries, text = run(work())
    if as_json:
        print_json([_entry_json(entry) for entry in entries])
    elif entries:
        say(text.rstrip())  # as it is, so that grep reads it too
    else:
        say(f"nothing has come into bank {one_line(bank_id)}")
    return DONE


def _say_markdown(text: str) -> None:
    """Markdown as a terminal shows it; as it is where a program or a file takes it."""
    if not sys.stdout.isatty():
        say(text.rstrip())
        return
    from rich.console import Console
    from rich.markdown import Markdown

    Console().print(Markdown(clean(text), hyperlinks=True))


def _say_revision(one: Revision) -> None:
    changed = f"+{len(one.came)} -{len(one.went)}"
    source = one_line(f"{one.source_id} version {one.version}")
    say(f"{one.number:>4}  {moment(one.at)}  {changed:>9}  {source}")
    for mark, texts in (("+", one.came), ("-", one.went)):
        for text in texts[:5]:
            say(f"      {mark} {one_line(text, 100)}")
        if len(texts) > 5:
            say(f"      {mark} … and {len(texts) - 5} more")


def _say_diff(revisions: list[Revision], number: int, as_json: bool) -> None:
    from retain.app import difference

    text = difference(revisions, number)
    if as_json:
        print_json({"revision": number, "diff": text})
    else:
        say(text or f"revision {number} changed nothing that the page says")


def _entry_json(entry: LogEntry) -> dict[str, Any]:
    return {
        **asdict(entry),
        "superseded": [
            {"newer": asdict(newer), "older": asdict(older)} for newer, older in entry.superseded
        ],
    }
