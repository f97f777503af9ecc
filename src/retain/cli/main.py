"""The command line, assembled."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from retain import __version__
from retain.cli.bridge import guarded
from retain.cli.output import prepare_streams, print_logs, say
from retain.cli.signals import INTERRUPTED, after_grace, end_now

GROUPS = {
    "Put in": {
        "ingest": "ingest:ingest",
        "append": "ingest:append",
        "add": "add:add",
    },
    "Search": {
        "recall": "recall:recall",
        "context": "context:context",
        "ask": "ask:ask",
    },
    "Read": {
        "facts": "knowledge:facts",
        "entities": "knowledge:entities",
        "pages": "pages:pages",
        "page": "pages:page",
        "index": "pages:index",
        "log": "pages:log",
    },
    "Sources and their runs": {
        "sources": "banks:sources",
        "runs": "runs:runs",
        "show": "runs:show",
        "resume": "ingest:resume",
        "forget": "remove:forget",
        "prune": "remove:prune",
        "graph": "runs:graph",
    },
    "Banks": {
        "banks": "banks:banks",
        "export": "transfer:export",
        "import": "transfer:import_",
        "lint": "maintenance:lint",
        "rebuild": "maintenance:rebuild",
        "reembed": "maintenance:reembed",
    },
    "Models": {
        "costs": "costs:costs",
        "journal": "costs:journal",
        "limits": "limits:limits",
    },
    "Servers and workers": {
        "serve": "serve:serve",
        "token": "serve:token",
        "mcp": "mcp:mcp",
        "worker": "worker:worker",
        "queue": "queue:queue",
    },
    "Database": {
        "doctor": "doctor:doctor",
        "db": "database:database",
        "copy": "transfer:copy",
    },
}
"""Where the commands are, by name, in the order of the help: a module of this package, and the
function or the group in it. A module is imported when its command is run or described."""

COMMANDS = {name: place for group in GROUPS.values() for name, place in group.items()}

EXAMPLES = """\b
Examples:
  retain ingest notes/ chat.json     put in a folder and a chat
  retain recall "Where does Ana live?"
  retain page "Ana Ruiz"             read what is known of her
  retain resume --all                go on with what was interrupted

`retain COMMAND -h` tells more of a command.
"""


class _Imported(Mapping[str, Any]):
    """The commands by name, each imported when it is looked at."""

    def __getitem__(self, name: str) -> Any:
        return _command(name)

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


class Commands(TyperGroup):
    """The commands of `COMMANDS`."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = _Imported()

    def list_commands(self, ctx: Any) -> list[str]:
        """Their names, without an import."""
        return list(COMMANDS)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands of each group below its title."""
        width = max(map(len, COMMANDS))
        for title, group in GROUPS.items():
            with formatter.section(title):
                room = formatter.width - width - 6
                helps = [_command(name).get_short_help_str(room) for name in group]
                formatter.write_dl(
                    [(name.ljust(width), told) for name, told in zip(group, helps, strict=True)]
                )


@cache
def _command(name: str) -> Any:
    module, attribute = COMMANDS[name].split(":")
    found = getattr(import_module(f"retain.cli.{module}"), attribute)
    if isinstance(found, typer.Typer):
        return typer.main.get_command(found)
    alone = typer.Typer(add_completion=False, rich_markup_mode=None)
    alone.command(name)(found)
    return typer.main.get_command(alone)


def _end(code: int, **_: Any) -> None:
    """End with the exit code that a command returned."""
    raise typer.Exit(code)


app = typer.Typer(
    name="retain",
    cls=Commands,
    result_callback=_end,
    no_args_is_help=True,
    epilog=EXAMPLES,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        say(f"retain {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Keep an agent's memory: ingest documents and conversations, then search what they say.

    A bank is the memory of one user, agent or team. A source is one file or text in it, and a run
    is the processing of one source; an interrupted run can be resumed without repeating work.
    """


def main() -> None:
    """Run the command line and end the process with its exit code."""
    prepare_streams()
    print_logs()
    code = guarded(app)
    if code == INTERRUPTED:
        after_grace(end_now)  # Python waits for threads at its end
    sys.exit(code)


if __name__ == "__main__":
    main()
