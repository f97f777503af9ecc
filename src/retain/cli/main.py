"""The command line, assembled."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from retain import __version__
from retain.cli.add import add
from retain.cli.ask import ask
from retain.cli.bridge import guarded
from retain.cli.context import context
from retain.cli.costs import costs, journal
from retain.cli.doctor import doctor
from retain.cli.ingest import append, ingest, resume
from retain.cli.knowledge import entities, facts
from retain.cli.maintenance import lint, rebuild, reembed
from retain.cli.mcp import mcp
from retain.cli.output import prepare_streams, print_logs, say
from retain.cli.pages import index, log, page, pages
from retain.cli.recall import recall
from retain.cli.remove import forget, prune
from retain.cli.runs import graph, runs, show
from retain.cli.serve import serve, token
from retain.cli.signals import INTERRUPTED, after_grace, end_now
from retain.cli.transfer import export, import_


def _end(code: int, **_: Any) -> None:
    """End with the exit code that a command returned."""
    raise typer.Exit(code)


app = typer.Typer(
    name="retain",
    result_callback=_end,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for command in (
    *(ingest, append, add, recall, context, ask, facts, pages, page, index, log),
    *(runs, show, resume, forget, prune, costs),
    *(export, import_, lint, rebuild, reembed, graph, doctor),
    *(serve, token, mcp),
):
    app.command(command.__name__.rstrip("_"))(command)
app.add_typer(entities)
app.add_typer(journal)


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
