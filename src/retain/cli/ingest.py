"""The commands that drive runs: ingest and resume."""

from __future__ import annotations

import shlex
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import retain
from retain.cli.bridge import DONE, FAILED, Interrupted, run
from retain.cli.options import AsJson, Bank, Db, Jobs, When, bank_or_default, parse_date
from retain.cli.output import complain, plural, print_json, run_json, say, took
from retain.cli.progress import Tally, progress
from retain.errors import InputError

if TYPE_CHECKING:
    from retain.memory.model import Run

Paths = Annotated[list[str], typer.Argument(metavar="PATH…", help="Files and folders.")]


def ingest(
    paths: Paths,
    bank: Bank = None,
    db: Db = None,
    jobs: Jobs = 4,
    date: When = None,
    as_json: AsJson = False,
) -> int:
    """Retain files and folders: Markdown, transcripts, chat messages in JSON or JSONL."""
    bank_id = bank_or_default(bank)
    written = parse_date(date, "--date")
    began = time.perf_counter()
    tally = Tally()

    async def work() -> tuple[list[Run], str]:
        nonlocal tally
        async with retain.Memory.open(db) as memory:
            with progress(memory, "retaining", shown=not as_json) as tally:
                runs = await memory.retain(
                    [Path(p) for p in paths],
                    bank_id=bank_id,
                    reference_date=written,
                    jobs=jobs,
                    planned=tally.planned,
                )
            held = (await memory.banks()).get(bank_id)
            if held is None:
                return runs, f"bank {bank_id} holds nothing yet"
            holds = f"{plural(held.sources, 'source')}, {plural(held.sections, 'section')}"
            return runs, f"bank {bank_id} holds {holds}  ({memory.path})"

    try:
        runs, holds = run(work())
    except Interrupted as exc:
        raise Interrupted(_interrupted(tally, bank, db)) from exc
    return _report(runs, began, as_json, closing=holds)


def resume(
    source: Annotated[
        str | None, typer.Argument(help="A source's id, or the path that it came from.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Every run that has not completed.")
    ] = False,
    bank: Bank = None,
    db: Db = None,
    jobs: Jobs = 4,
    as_json: AsJson = False,
) -> int:
    """Go on with runs that were interrupted or failed; finished work is not done again.

    With --all, runs of every bank go on, unless --bank names one.
    """
    if (source is None) != everything:
        raise InputError("name a source, or give --all")
    began = time.perf_counter()
    tally = Tally()

    async def work() -> list[Run]:
        nonlocal tally
        async with retain.Memory.open(db) as memory:
            with progress(memory, "resuming", shown=not as_json) as tally:
                if source is not None:
                    tally.planned([source], [])
                    return [await memory.resume(source, bank_id=bank_or_default(bank))]
                return await memory.resume_all(bank_id=bank, jobs=jobs, planned=tally.planned)

    try:
        runs = run(work())
    except Interrupted as exc:
        raise Interrupted(_interrupted(tally, bank, db)) from exc
    if not runs and not as_json:
        say("nothing to resume: every run has completed")
        return DONE
    return _report(runs, began, as_json, verb="resumed")


def _report(
    runs: list[Run], began: float, as_json: bool, *, verb: str = "retained", closing: str = ""
) -> int:
    """Print how the runs ended; the exit code."""
    done = [r for r in runs if r.status == "completed" and not r.unchanged]
    unchanged = sum(r.unchanged for r in runs)
    failed = [r for r in runs if r.status != "completed"]
    if as_json:
        print_json([run_json(r) for r in runs])
    else:
        parts = [f"{verb} {plural(len(done), 'source')}"]
        parts += [f"{unchanged:,} unchanged"] if unchanged else []
        parts += [f"{len(failed):,} failed"] if failed else []
        say(f"{', '.join(parts)} in {took((time.perf_counter() - began) * 1000)}")
        if closing:
            say(closing)
    sys.stdout.flush()
    for r in failed:
        complain(f"{r.source_id}: {'; '.join(r.errors) or r.status}")
    return FAILED if failed else DONE


def _interrupted(tally: Tally, bank: str | None, db: str | None) -> str:
    words = ["retain", "resume", "--all"]
    words += ["--bank", bank] if bank else []
    words += ["--db", db] if db else []
    return (
        f"interrupted: {tally.done} of {plural(tally.total, 'source')} done, nothing is lost. "
        f"Go on with: {shlex.join(words)}"
    )
