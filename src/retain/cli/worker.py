"""The command that runs sources of the queue: worker."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from retain.cli.bridge import DONE, with_memory
from retain.cli.options import AsJson, Db
from retain.cli.output import complain, one_line, plural, print_json_line, say
from retain.cli.signals import call_first

if TYPE_CHECKING:
    from retain.app.memory import Memory
    from retain.workers.worker import Tally, Worker

CONCURRENCY = 4
"""How many sources run at once, unless the user says so."""

WAIT_FOR_SERVER_S = 60.0
"""How long a run waits at least for a database server that is away, in seconds."""


def worker(
    db: Db = None,
    concurrency: Annotated[
        int,
        typer.Option(
            metavar="N",
            min=1,
            help="Sources that run at once, and calls to each model's server.",
        ),
    ] = CONCURRENCY,
    banks: Annotated[
        list[str] | None,
        typer.Option(
            *("--banks", "--bank", "-b"),
            metavar="BANK",
            help="Only sources of this bank; may be repeated. Default: all banks.",
        ),
    ] = None,
    drain: Annotated[bool, typer.Option("--drain", help="Stop when no source is left.")] = False,
    as_json: AsJson = False,
) -> int:
    """Run sources that `retain ingest --queue` put into the queue of a Postgres database.

    Any number of workers share a queue, on any number of machines. Each source runs with the model
    that it was submitted with: this machine needs the key of that model, and RETAIN_MODEL is
    ignored.

    SIGTERM or Ctrl-C stops the worker within 10 seconds. What it runs is finished, or goes back to
    the queue and continues there. A second signal stops it at once; nothing is lost.
    """
    from retain.config import Settings

    _quiet()
    settings = Settings.from_environment()
    settings = replace(settings, busy_timeout_s=max(settings.busy_timeout_s, WAIT_FOR_SERVER_S))
    tally: Tally | None = None

    async def work(memory: Memory) -> None:
        def started(running: Worker) -> None:
            nonlocal tally
            tally = running.tally

            def stop() -> None:
                complain("stopping: sources that run are finished, or go back to the queue")
                running.stop()

            call_first(stop, then_end=True)
            if not as_json:
                at_once = plural(concurrency, "source")
                say(f"worker on {one_line(memory.location)}, {at_once} at once  (Ctrl-C stops)")

        await memory.queue.work(
            concurrency=concurrency, bank_ids=banks, drain=drain, started=started
        )

    with_memory(work, db, settings)
    if tally is not None:
        _report(tally, as_json)
    return DONE


def _report(tally: Tally, as_json: bool) -> None:
    if as_json:
        from retain.app import views

        print_json_line(views.plain(tally))
        return
    parts = [f"ran {plural(tally.done, 'source')}"]
    parts += [f"{tally.failed:,} failed tries"] if tally.failed else []
    parts += [f"{tally.dead:,} dead: `retain queue --dead` says why"] if tally.dead else []
    parts += [f"{tally.returned:,} back in the queue"] if tally.returned else []
    say(", ".join(parts))


class _Lines(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        complain(f"retain: {record.getMessage()}")


def _quiet() -> None:
    """Print what workers have to say as lines, and no traceback of a library."""
    logging.getLogger("retain.workers").addHandler(_Lines(logging.WARNING))
    for library in ("procrastinate", "asyncio"):
        logging.getLogger(library).addHandler(logging.NullHandler())
