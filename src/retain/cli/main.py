"""The command line, assembled."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from retain import __version__
from retain.cli.ask import doctor, graph, recall, runs, show
from retain.cli.bridge import guarded
from retain.cli.costs import costs, journal
from retain.cli.ingest import ingest, resume
from retain.cli.keep import forget, prune
from retain.cli.knowledge import entities, facts
from retain.cli.lint import lint
from retain.cli.output import complain_of_damage, prepare_streams, say
from retain.cli.pages import index, log, page, pages
from retain.cli.reembed import reembed
from retain.cli.reflect import ask
from retain.cli.transfer import export, import_


def _end(code: int, **_: Any) -> None:
    """End with the exit code that a command returned."""
    raise typer.Exit(code)


app = typer.Typer(
    name="retain",
    result_callback=_end,
    help="Text in, memory bank out: durable at every step, nothing lost, nothing paid twice.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for command in (
    *(ingest, recall, ask, facts, pages, page, index, log),
    *(runs, show, resume, forget, prune, costs, export, lint, reembed, graph, doctor),
):
    app.command()(command)
app.command("import")(import_)
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
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Text in, memory bank out: durable at every step, nothing lost, nothing paid twice."""


def main() -> None:
    """Run the command line and end the process with its exit code."""
    prepare_streams()
    complain_of_damage()
    sys.exit(guarded(app))


if __name__ == "__main__":
    main()
