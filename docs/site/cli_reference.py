"""The page of the command line: what each command prints for `--help`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from retain.cli.main import app

WIDTH = 88
_INTRODUCTION = """# The command line

What each command prints for `--help`. Every command takes `--json`, and then prints one JSON
document on stdout. The exit code is 0 if all went well, 1 if a run failed, 2 for wrong usage, and
130 after Ctrl-C.
"""


def cli_page() -> str:
    """The whole page, in Markdown."""
    return "\n".join([_INTRODUCTION, *_entries(typer.main.get_command(app), None, "retain")])


def _entries(command: Any, parent: typer.Context | None, name: str) -> Iterator[str]:
    """A command with those below it; typer has its own copy of click, which has no public types."""
    ctx = typer.Context(command, parent=parent, info_name=name, terminal_width=WIDTH)
    depth = 2 if parent is None or parent.parent is None else 3
    yield f"{'#' * depth} {ctx.command_path}\n\n```text\n{command.get_help(ctx)}\n```\n"
    for each in command.list_commands(ctx) if hasattr(command, "list_commands") else ():
        yield from _entries(command.get_command(ctx, each), ctx, each)
