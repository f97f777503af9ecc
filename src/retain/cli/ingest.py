"""The commands that drive runs: ingest and resume."""

from __future__ import annotations

import gc
import shlex
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated

import typer

import retain
from retain.cli.bridge import DONE, FAILED, Interrupted, run
from retain.cli.forecast import forecast, told_of_calls
from retain.cli.options import (
    AnySource,
    AsJson,
    Bank,
    BaseUrl,
    Concurrency,
    Db,
    Embedder,
    EmbedderUrl,
    Jobs,
    MaxCost,
    MaxCostPerRun,
    MaxTokens,
    MaxTokensPerRun,
    Model,
    ModelPrice,
    When,
    bank_or_default,
    model_settings,
    parse_date,
    with_embedder,
)
from retain.cli.output import (
    complain,
    one_line,
    plural,
    print_json,
    reasons,
    run_json,
    say,
    took,
)
from retain.cli.progress import Tally, progress
from retain.cli.watching import follow, print_runs
from retain.errors import InputError, SourceError
from retain.memory.model import Budget

if TYPE_CHECKING:
    from retain.app import Memory
    from retain.config import Settings
    from retain.memory.model import Run

Paths = Annotated[list[str], typer.Argument(metavar="PATH", help="Files and folders.")]

JOBS = 4
"""How many sources run at once, unless the user says so."""

MOST_COMPLAINTS = 20
"""How many failed runs are told of one by one."""


@asynccontextmanager
async def _loaded(db: str | None, settings: Settings) -> AsyncGenerator[Memory, None]:
    """A memory with its models; what is loaded by then stays, and is not looked through again."""
    async with retain.Memory.open(db, settings=settings) as memory:
        await memory.check()
        gc.freeze()
        yield memory


def ingest(
    paths: Paths,
    bank: Bank = None,
    db: Db = None,
    jobs: Jobs = None,
    date: When = None,
    model: Model = None,
    base_url: BaseUrl = None,
    price: ModelPrice = None,
    concurrency: Concurrency = None,
    max_cost: MaxCost = None,
    max_tokens: MaxTokens = None,
    max_cost_per_run: MaxCostPerRun = None,
    max_tokens_per_run: MaxTokensPerRun = None,
    embedder: Embedder = None,
    embedder_url: EmbedderUrl = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what the model would cost, and do nothing.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on with what changes in the folders.")
    ] = False,
    forget_deleted: Annotated[
        bool, typer.Option("--forget-deleted", help="Forget files that are deleted meanwhile.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Retain files and folders: Markdown, transcripts, chat messages in JSON or JSONL.

    With --watch and --json, each change is a JSON document on a line of its own.
    """
    if forget_deleted and not watch:
        raise InputError("--forget-deleted is about what --watch sees: give both")
    bank_id = bank_or_default(bank)
    written = parse_date(date, "--date")
    command, each = Budget(max_tokens, max_cost), Budget(max_tokens_per_run, max_cost_per_run)
    asking = model_settings(model, base_url, price, concurrency, command, each)
    settings = with_embedder(asking, embedder, embedder_url)
    at_once = jobs or (JOBS if settings.choice is None else max(JOBS, settings.concurrency))
    if dry_run:
        return forecast(db, settings, paths, bank_id, written, at_once, as_json)
    began = time.perf_counter()
    tally = Tally()

    async def work() -> tuple[list[Run], str]:
        nonlocal tally
        async with _loaded(db, settings) as memory:
            watcher = memory.watch(
                paths, bank_id=bank_id, reference_date=written, forget_deleted=forget_deleted
            )
            if watch:
                await watcher.begin()
            with progress(memory, "retaining", shown=not as_json) as tally:
                runs = await memory.retain(
                    paths,
                    bank_id=bank_id,
                    reference_date=written,
                    jobs=at_once,
                    planned=tally.planned,
                )
            held = await _held(memory, bank_id)
            asked = told_of_calls(memory)
            held = f"{asked}\n{held}" if asked else held
            if watch:
                print_runs(runs) if as_json else _report(runs, began, as_json, closing=held)
                await follow(watcher, as_json)
            return runs, held

    try:
        runs, holds = run(work())
    except Interrupted as exc:
        asking = _asking(model, base_url)
        again = ["ingest", *asking, *_jobs(jobs), *_dated(date), *_where(bank, db), "--", *paths]
        raise Interrupted(_interrupted(tally, again, bank, db)) from exc
    except SourceError as exc:  # a folder that was followed is gone
        complain(str(exc))
        return FAILED
    return DONE if watch else _report(runs, began, as_json, closing=holds)


def resume(
    source: AnySource = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Every run that has not completed.")
    ] = False,
    bank: Bank = None,
    db: Db = None,
    jobs: Jobs = None,
    model: Model = None,
    base_url: BaseUrl = None,
    price: ModelPrice = None,
    concurrency: Concurrency = None,
    max_cost: MaxCost = None,
    max_tokens: MaxTokens = None,
    max_cost_per_run: MaxCostPerRun = None,
    max_tokens_per_run: MaxTokensPerRun = None,
    as_json: AsJson = False,
) -> int:
    """Go on with runs that were interrupted, failed or suspended; what is done stays done.

    With --all, runs of every bank go on, unless --bank names one. Each goes on with the model that
    it was begun with, unless another is named.
    """
    if (source is None) != everything:
        raise InputError("name a source, or give --all")
    command, each = Budget(max_tokens, max_cost), Budget(max_tokens_per_run, max_cost_per_run)
    settings = model_settings(model, base_url, price, concurrency, command, each)
    at_once = jobs or max(JOBS, settings.concurrency)
    asked = ""
    began = time.perf_counter()
    tally = Tally()

    async def work() -> list[Run]:
        nonlocal tally, asked
        async with _loaded(db, settings) as memory:
            with progress(memory, "resuming", shown=not as_json) as tally:
                if source is not None:
                    tally.planned([source], [])
                    ran = [await memory.resume(source, bank_id=bank_or_default(bank))]
                else:
                    ran = await memory.resume_all(bank_id=bank, jobs=at_once, planned=tally.planned)
            asked = told_of_calls(memory)
            return ran

    try:
        runs = run(work())
    except Interrupted as exc:
        again = ["resume", source or "--all", *_where(bank, db)]
        raise Interrupted(_interrupted(tally, again, bank, db)) from exc
    if not as_json and not tally.begun and all(r.status == "completed" for r in runs):
        none = "no run was interrupted or has failed" if source is None else "its run has completed"
        say(f"nothing to resume: {none}")
        return DONE
    return _report(runs, began, as_json, verb="resumed", closing=asked)


async def _held(memory: Memory, bank_id: str) -> str:
    held = (await memory.banks()).get(bank_id)
    if held is None:
        return f"bank {one_line(bank_id)} holds nothing yet"
    holds = f"{plural(held.sources, 'source')}, {plural(held.sections, 'section')}"
    return f"bank {one_line(bank_id)} holds {holds}  ({memory.path})"


def _report(
    runs: list[Run], began: float, as_json: bool, *, verb: str = "retained", closing: str = ""
) -> int:
    """Print how the runs ended; the exit code."""
    done = [r for r in runs if r.status == "completed" and not r.unchanged]
    unchanged = sum(r.unchanged for r in runs)
    suspended = [r for r in runs if r.status == "suspended"]
    failed = [r for r in runs if r.status not in ("completed", "suspended")]
    if as_json:
        print_json([run_json(r) for r in runs])
    else:
        parts = [f"{verb} {plural(len(done), 'source')}"]
        parts += [f"{unchanged:,} unchanged"] if unchanged else []
        parts += [f"{len(suspended):,} suspended"] if suspended else []
        parts += [f"{len(failed):,} failed"] if failed else []
        say(f"{', '.join(parts)} in {took((time.perf_counter() - began) * 1000)}")
        for line in closing.splitlines():
            say(line)
    complain_of([*failed, *suspended])
    return FAILED if failed or suspended else DONE


def complain_of(runs: Sequence[Run]) -> None:
    """Say why runs have not completed; what a model's server has to do with, once for all."""
    groups: dict[tuple[str, str], list[str]] = {}
    for r in runs:
        told, name = "; ".join(reasons(r)) or r.status, one_line(r.source_id)
        shared = r.status == "suspended" or any("Model" in error for error in r.errors)
        groups.setdefault((told, "" if shared else r.source_id), []).append(name)
    for (told, _), names in list(groups.items())[:MOST_COMPLAINTS]:
        others = f" and {len(names) - 1:,} more" if len(names) > 1 else ""
        complain(f"{names[0]}{others}: {told}")
    if len(groups) > MOST_COMPLAINTS:
        rest = list(groups.values())[MOST_COMPLAINTS:]
        complain(f"… and {sum(map(len, rest)):,} more")


def _interrupted(tally: Tally, again: list[str], bank: str | None, db: str | None) -> str:
    """What to tell a user who stopped the command; `again` is that command."""
    if tally.total is None or not tally.begun:
        return f"interrupted before the first source began. Begin again with: {_command(again)}"
    done = f"{tally.done:,} of {plural(tally.total, 'source')} done, nothing is lost"
    on = again if again[0] == "resume" else ["resume", "--all", *_where(bank, db)]
    return f"interrupted: {done}. Go on with: {_command(on)}"


def _command(words: list[str]) -> str:
    return shlex.join(["retain", *words])


def _where(bank: str | None, db: str | None) -> list[str]:
    return [*(["--bank", bank] if bank else []), *(["--db", db] if db else [])]


def _jobs(jobs: int | None) -> list[str]:
    return [] if jobs is None else ["--jobs", str(jobs)]


def _asking(model: str | None, base_url: str | None) -> list[str]:
    at = ["--base-url", base_url] if base_url else []
    return [*(["--model", model] if model else []), *at]


def _dated(date: str | None) -> list[str]:
    return ["--date", date] if date else []
