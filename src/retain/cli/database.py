"""The commands for administrators of a database: db status, migrate and check."""

from __future__ import annotations

import typer

from retain.app import views
from retain.cli.bridge import DONE, FAILED, with_memory
from retain.cli.options import AsJson, Db
from retain.cli.output import plural, print_json, say

database = typer.Typer(
    name="db",
    help="Show, migrate and check the tables of a database.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
)


@database.command()
def status(db: Db = None, as_json: AsJson = False) -> int:
    """Show the versions of the tables; nothing is changed.

    Exit code 1: some tables are older than this release, or are not there yet.
    """
    tables = with_memory(lambda memory: memory.database.versions(), db)
    if as_json:
        print_json([views.plain(table) for table in tables])
    else:
        for table in tables:
            ready = table.version == table.newest
            advice = "" if ready else ": type `retain db migrate`"
            say(f"{table.component:<12} version {table.version} of {table.newest}{advice}")
    return DONE if all(table.version == table.newest for table in tables) else FAILED


@database.command()
def migrate(db: Db = None, as_json: AsJson = False) -> int:
    """Make the tables, or bring them to the version of this release.

    Any command does so when it first uses a database. Run this one before workers of a new release
    start, or where only an administrator may change tables.
    """
    older = with_memory(lambda memory: memory.database.migrate(), db)
    if as_json:
        print_json([views.plain(table) for table in older])
        return DONE
    for table in older:
        say(f"{table.component:<12} version {table.version} -> {table.newest}")
    say(f"{plural(len(older), 'component')} migrated" if older else "the tables are up to date")
    return DONE


@database.command()
def check(db: Db = None, as_json: AsJson = False) -> int:
    """Check the database, its tables and the rights on them; `retain doctor` checks more."""
    checks = with_memory(lambda memory: memory.database.check(), db)
    if as_json:
        print_json(checks)
    else:
        for one in checks:
            say(f"{'ok  ' if one.ok else 'BAD '} {one.name:<12} {one.detail}")
    return DONE if all(one.ok for one in checks) else FAILED
