"""The commands that show a bank's wiki: pages, page, index and log."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from retain.app import views
from retain.cli.bridge import DONE, with_memory
from retain.cli.listing import After, Limit, page_of, tell_more
from retain.cli.nothing import say_nothing
from retain.cli.options import AsJson, Bank, Db, bank_or_default
from retain.cli.output import clean, moment, one_line, plural, print_json, say
from retain.errors import InputError

if TYPE_CHECKING:
    from retain.app.memory import Memory
    from retain.memory.model import LogEntry, Page, Revision

_MAX_SHOWN = 5


def pages(
    limit: Limit = None,
    after: After = None,
    bank: Bank = None,
    db: Db = None,
    as_json: AsJson = False,
) -> int:
    """List a bank's pages: people, places, things and topics.

    Pages are rendered from the bank's facts. An entity has a page if a fact is about it.
    """
    bank_id = bank_or_default(bank)
    every = with_memory(lambda memory: memory.pages(bank_id=bank_id), db, reads=True)
    every = every if as_json else sorted(every, key=_page_key)
    found, following = page_of(every, _page_key, limit, after)
    if as_json:
        print_json([views.plain(page) for page in found])
        tell_more(len(found), len(every), "pages", following, as_json=True)
        return DONE
    if not every:
        say_nothing(f"no pages in bank {one_line(bank_id)}", bank_id, db)
    width = min(max((len(page.title) for page in found), default=0), 40)
    for page in found:
        title = one_line(page.title, width).ljust(width)
        line = f"{page.kind:<7} {title}  {plural(page.facts, 'fact'):>12}"
        say(f"{line}  also: {one_line(', '.join(page.aliases), 60)}" if page.aliases else line)
    tell_more(len(found), len(every), "pages", following)
    return DONE


def _page_key(page: Page) -> tuple[str, int, str, str]:
    return page.kind, -page.facts, page.title, page.page_id


def page(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Title, alias or id of a page.")],
    history: Annotated[bool, typer.Option("--history", help="List the page's revisions.")] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Show what the last revision, or --revision, changed.")
    ] = False,
    revision: Annotated[
        int | None,
        typer.Option("--revision", metavar="N", min=1, help="Show the page at this revision."),
    ] = None,
    bank: Bank = None,
    db: Db = None,
    as_json: AsJson = False,
) -> int:
    """Show a page, its history, or what a revision changed.

    A revision is made by every version of a source that brings facts for the page, or no longer
    states some.
    """
    bank_id = bank_or_default(bank)
    if not history and not diff and revision is None:
        found = with_memory(lambda memory: memory.wiki.page(name, bank_id=bank_id), db, reads=True)
        if as_json:
            print_json(views.plain(found))
        else:
            _say_markdown(found.text)
        return DONE
    revisions = with_memory(
        lambda memory: memory.wiki.history(name, bank_id=bank_id), db, reads=True
    )
    number = revision or len(revisions)
    if number > len(revisions):
        raise InputError(f"the page has {plural(len(revisions), 'revision')}: there is no {number}")
    if diff:
        _say_diff(revisions, number, as_json)
    elif revision is not None:
        chosen = revisions[number - 1]
        if as_json:
            print_json(views.plain(chosen))
        else:
            _say_markdown(chosen.text)
    elif as_json:
        print_json([views.plain(one) for one in revisions])
    else:
        for one in revisions:
            _say_revision(one)
    return DONE


def index(bank: Bank = None, db: Db = None, as_json: AsJson = False) -> int:
    """Show a bank's index: people, places, topics, sources."""
    bank_id = bank_or_default(bank)
    text = with_memory(lambda memory: memory.wiki.index(bank_id=bank_id), db, reads=True)
    if as_json:
        print_json(views.index(bank_id, text))
    elif text:
        _say_markdown(text)
    else:
        say_nothing(f"bank {one_line(bank_id)} is empty", bank_id, db)
    return DONE


def log(bank: Bank = None, db: Db = None, as_json: AsJson = False) -> int:
    """Show what was added, changed and superseded.

    Every version of every source has an entry, the oldest first.
    """
    bank_id = bank_or_default(bank)

    async def work(memory: Memory) -> tuple[list[LogEntry], str]:
        entries = await memory.wiki.log(bank_id=bank_id)
        markdown = entries and not as_json
        return entries, await memory.wiki.log_text(bank_id=bank_id) if markdown else ""

    entries, text = with_memory(work, db, reads=True)
    if as_json:
        print_json([views.log_entry(entry) for entry in entries])
    elif entries:
        say(text.rstrip())  # plain Markdown on a terminal too: each line is an entry for grep
    else:
        say_nothing(f"the log of bank {one_line(bank_id)} is empty", bank_id, db)
    return DONE


def _say_markdown(text: str) -> None:
    """Formatted Markdown on a terminal; the text itself in a pipe or file."""
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
        for text in texts[:_MAX_SHOWN]:
            say(f"      {mark} {one_line(text, 100)}")
        if len(texts) > _MAX_SHOWN:
            say(f"      {mark} … and {len(texts) - _MAX_SHOWN} more")


def _say_diff(revisions: list[Revision], number: int, as_json: bool) -> None:
    from retain.wiki.reader import difference

    text = difference(revisions, number)
    if as_json:
        print_json(views.difference(number, text))
    else:
        say(text or f"revision {number} did not change the text of the page")
