"""The commands that drive runs: ingest, append and resume."""

from __future__ import annotations

import gc
import json
import shlex
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retain.app import views
from retain.cli.bridge import DONE, FAILED, Interrupted, with_memory
from retain.cli.forecast import calls_line, forecast
from retain.cli.options import (
    AnySource,
    AsJson,
    Author,
    Bank,
    BaseUrl,
    Concurrency,
    Db,
    Embedder,
    EmbedderUrl,
    Exclude,
    Format,
    Include,
    Jobs,
    MaxCost,
    MaxCostPerRun,
    MaxTokens,
    MaxTokensPerRun,
    Meta,
    Model,
    ModelPrice,
    Name,
    Strict,
    When,
    bank_or_default,
    model_settings,
    parse_date,
    properties,
    with_embedder,
)
from retain.cli.output import (
    complain,
    one_line,
    passed_over,
    plural,
    print_json,
    print_json_line,
    reasons,
    run_name,
    say,
    took,
)
from retain.cli.progress import Tally, progress
from retain.cli.stdin import stdin_file
from retain.cli.submit import resume_queued, submit
from retain.cli.watching import follow
from retain.errors import InputError, SourceError
from retain.memory.model import Budget
from retain.sources.left_out import LeftOutGroup, grouped
from retain.status import ENDED, RunStatus

if TYPE_CHECKING:
    from retain.app.memory import Memory
    from retain.memory.model import Run

Paths = Annotated[list[str], typer.Argument(metavar="PATH", help="Files and folders to ingest.")]

JOBS = 4
"""How many sources run at once, unless the user says otherwise."""

MAX_COMPLAINTS = 20
"""How many failed runs are reported one by one."""

MAX_GROUPS = 12
"""How many kinds of files that were left out are reported."""

MAX_NAMES = 3
"""How many sources are named that have the same note."""


def ingest(
    paths: Paths,
    bank: Bank = None,
    db: Db = None,
    jobs: Jobs = None,
    date: When = None,
    name: Name = None,
    format: Format = None,
    author: Author = None,
    meta: Meta = None,
    include: Include = None,
    exclude: Exclude = None,
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
    strict: Strict = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what the model would cost; store nothing.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Then watch the folders and ingest what changes.")
    ] = False,
    forget_deleted: Annotated[
        bool, typer.Option("--forget-deleted", help="With --watch: forget files that are deleted.")
    ] = False,
    queue: Annotated[
        bool,
        typer.Option("--queue", help="Leave the work to `retain worker`; needs Postgres."),
    ] = False,
    following: Annotated[
        bool, typer.Option("--follow", help="With --queue: wait until the sources have ended.")
    ] = False,
    priority: Annotated[
        str | None,
        typer.Option(metavar="LEVEL", help="With --queue: low, normal or high."),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Add files, folders or standard input to a bank.

    Reads Markdown, plain text, transcripts, chats, mails, tables and more; with the extra `docs`
    also PDF, Office files, web pages and books. A file that is unchanged is skipped, and a changed
    one becomes the next version of its source.

    With - as its only PATH, standard input is retained: as the source --name, or as one that is
    named after the content.

    A folder is searched to the bottom, but for hidden entries and files that hold no text. Patterns
    of --include and --exclude are those of a .gitignore file, from the folder that was given.

    What a note says in the first person is said by its author: the one whom its front matter names,
    or else --author, or else RETAIN_AUTHOR.

    With --watch and --json, each change is printed as a JSON document on a line of its own.
    """
    if forget_deleted and not watch:
        raise InputError("--forget-deleted needs --watch: give both")
    if not queue and (following or priority):
        option = "--follow" if following else "--priority"
        raise InputError(f"{option} needs --queue: give both")
    from_stdin = "-" in paths
    _check_stdin(paths, name, watch=watch, dry_run=dry_run, queue=queue)
    bank_id = bank_or_default(bank)
    written = parse_date(date, "--date")
    told = properties(meta)
    budget, run_budget = Budget(max_tokens, max_cost), Budget(max_tokens_per_run, max_cost_per_run)
    settings = model_settings(
        model, base_url, price, concurrency, budget, run_budget, strict=strict
    )
    settings = with_embedder(settings, embedder, embedder_url)
    at_once = jobs or (JOBS if settings.choice is None else max(JOBS, settings.concurrency))
    if dry_run:
        return forecast(
            *(db, settings, paths, bank_id, written, at_once),
            *(include or [], exclude or [], author, told, as_json),
        )
    if queue:
        return submit(
            *(db, settings, paths, bank_id, written, priority or "normal"),
            *(include or [], exclude or [], format, author, told),
            following=following,
            as_json=as_json,
        )
    began = time.perf_counter()
    tally = Tally()
    missed: list[LeftOutGroup] = []

    async def work(memory: Memory) -> tuple[list[Run], list[str]]:
        nonlocal tally
        await _load(memory)
        if from_stdin:
            with progress(memory, "retaining", shown=not as_json) as tally, stdin_file() as given:
                runs = await memory.retain_stream(
                    given.file,
                    source_id=name or given.name,
                    bank_id=bank_id,
                    reference_date=written,
                    format=format,
                    jobs=at_once,
                    planned=tally.planned,
                    author=author,
                    metadata=told,
                )
            return runs, [calls_line(memory), await _contents(memory, bank_id)]
        watcher = memory.watch(
            paths,
            bank_id=bank_id,
            reference_date=written,
            forget_deleted=forget_deleted,
            include=include or [],
            exclude=exclude or [],
            author=author,
            metadata=told,
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
                include=include or [],
                exclude=exclude or [],
                left_out=lambda files: missed.extend(grouped(files)),
                format=format,
                author=author,
                metadata=told,
            )
        closing = [calls_line(memory), _left_out(missed, paths), await _contents(memory, bank_id)]
        if watch:
            if as_json:
                for run in runs:
                    print_json_line(views.first_change(run))
                for group in missed:
                    print_json_line(views.left_out(group, bank_id))
            else:
                _report(runs, began, as_json, closing)
            await follow(watcher, as_json)
        return runs, closing

    try:
        runs, closing = with_memory(work, db, settings)
    except Interrupted as exc:
        options = {"--model": model, "--base-url": base_url, "--jobs": jobs, "--date": date}
        options |= {"--name": name, "--format": format}
        options["--author"] = author
        selected = [*_each("--include", include), *_each("--exclude", exclude)]
        selected += _each("--meta", meta)
        again = [
            "ingest",
            *_given({**options, "--bank": bank, "--db": db}),
            *selected,
            "--",
            *paths,
        ]
        raise Interrupted(_interrupted(tally, again, bank, db)) from exc
    except SourceError as exc:  # a folder that was watched is gone
        complain(str(exc))
        return FAILED
    shown = [views.left_out(group, bank_id) for group in missed]
    return DONE if watch else _report(runs, began, as_json, closing, also=shown)


def _check_stdin(
    paths: Sequence[str], name: str | None, *, watch: bool, dry_run: bool, queue: bool
) -> None:
    """See that options fit with what is read.

    Raises:
        InputError: They do not.
    """
    if queue and (watch or dry_run):
        option = "--watch" if watch else "--dry-run"
        raise InputError(f"--queue and {option} exclude each other: give one of them")
    if "-" not in paths:
        if name is not None:
            raise InputError("--name names what comes from standard input: give - as the path")
        return
    if len(paths) > 1:
        raise InputError("- reads standard input alone: give the files in another command")
    if watch or dry_run or queue:
        option = "--watch" if watch else "--dry-run" if dry_run else "--queue"
        raise InputError(f"{option} needs files: save standard input in one")


def append(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="The id of the source.")],
    file: Annotated[
        str,
        typer.Argument(metavar="[FILE]", help="The file to append; - or none: stdin."),
    ] = "-",
    bank: Bank = None,
    db: Db = None,
    date: When = None,
    model: Model = None,
    base_url: BaseUrl = None,
    price: ModelPrice = None,
    max_cost: MaxCost = None,
    max_tokens: MaxTokens = None,
    strict: Strict = False,
    as_json: AsJson = False,
) -> int:
    """Append messages to a chat, or text to any other source.

    Of a chat with a JSON message on each line, only the new messages are processed. Any other
    source is processed again as a whole. The first append creates the source.
    """
    bank_id = bank_or_default(bank)
    written = parse_date(date, "--date")
    budget = Budget(max_tokens, max_cost)
    settings = model_settings(model, base_url, price, None, budget, Budget(), strict=strict)
    text = _given_text(file)
    began = time.perf_counter()

    async def work(memory: Memory) -> tuple[list[Run], list[str]]:
        run = await memory.append(text, source_id=source, bank_id=bank_id, reference_date=written)
        return [run], [calls_line(memory), await _contents(memory, bank_id)]

    try:
        runs, closing = with_memory(work, db, settings)
    except SourceError as exc:
        complain(str(exc))
        return FAILED
    return _report(runs, began, as_json, closing, verb="added to")


def _given_text(file: str) -> str:
    """The text of a file, or of standard input.

    Raises:
        InputError: It cannot be read, or is not UTF-8.
    """
    what = "standard input" if file == "-" else repr(file)
    try:
        body = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return body.decode("utf-8-sig")
    except OSError as exc:
        raise InputError(f"{what} cannot be read: {exc.strerror or exc}") from exc
    except UnicodeDecodeError as exc:
        raise InputError(f"{what} is not UTF-8 at byte {exc.start}: convert it first") from exc


def resume(
    source: AnySource = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Resume every unfinished run, of all banks or of --bank.")
    ] = False,
    dead: Annotated[
        bool,
        typer.Option(
            "--dead",
            help="Resume dead runs, which killed their process too often: the source's, all "
            "unfinished ones too with --all, or else dead ones alone.",
        ),
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
    value: Annotated[
        str | None,
        typer.Option(
            metavar="JSON", help="Answer of the question that the run waits for, as JSON."
        ),
    ] = None,
    strict: Strict = False,
    queue: Annotated[
        bool,
        typer.Option("--queue", help="With --all or --dead: leave the work to `retain worker`."),
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Resume interrupted, failed, suspended or partial runs.

    Finished work is not repeated: of a partial run, only the sections that could not be read are
    read again. A run keeps the model that it was started with, unless --model or RETAIN_MODEL names
    another, or `rules`.
    """
    if source is not None and everything:
        raise InputError("name a source or give --all, not both")
    if source is None and not everything and not dead:
        raise InputError("name a source, or give --all")
    if value is not None and source is None:
        raise InputError("--value answers the question of one run: name its source")
    if queue:
        if source is not None:
            raise InputError("--queue takes all runs: give --all or --dead, and no source")
        return resume_queued(db, bank, all_too=everything, dead=dead, as_json=as_json)
    answer = {} if value is None else {"value": _json(value)}
    budget, run_budget = Budget(max_tokens, max_cost), Budget(max_tokens_per_run, max_cost_per_run)
    settings = model_settings(
        model, base_url, price, concurrency, budget, run_budget, strict=strict
    )
    at_once = jobs or max(JOBS, settings.concurrency)
    began = time.perf_counter()
    tally = Tally()

    async def work(memory: Memory) -> tuple[list[Run], list[str]]:
        nonlocal tally
        await _load(memory)
        with progress(memory, "resuming", shown=not as_json) as tally:
            if source is not None:
                tally.planned([source], [])
                bank_id = bank_or_default(bank)
                runs = [await memory.resume(source, bank_id=bank_id, revive=dead, **answer)]
            else:
                which = "leave" if not dead else "too" if everything else "only"
                runs = await memory.resume_all(
                    bank_id=bank, jobs=at_once, planned=tally.planned, dead=which
                )
        return runs, [calls_line(memory)]

    try:
        runs, closing = with_memory(work, db, settings)
    except Interrupted as exc:
        which = [source] if source is not None else ["--all"] if everything else []
        which += ["--dead"] if dead else []
        again = ["resume", *which, *_given({"--bank": bank, "--db": db})]
        raise Interrupted(_interrupted(tally, again, bank, db)) from exc
    if not as_json and not tally.begun and all(run.status == RunStatus.COMPLETED for run in runs):
        none = "no run was interrupted or has failed" if source is None else "its run has completed"
        say(f"nothing to resume: {none}")
        return DONE
    return _report(runs, began, as_json, closing, verb="resumed")


def _json(text: str) -> Any:
    """The value that `text` holds.

    Raises:
        InputError: It is not JSON.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise InputError(
            f"--value is not JSON ({exc}): write text in quotes, as '\"yes\"'"
        ) from exc


async def _load(memory: Memory) -> None:
    """Load the models, and keep the garbage collector from scanning what is loaded by then."""
    await memory.check()
    gc.freeze()


async def _contents(memory: Memory, bank_id: str) -> str:
    counts = await memory.banks.counts(bank_id)
    if not counts.sources:
        return f"bank {one_line(bank_id)} holds nothing yet"
    holds = f"{plural(counts.sources, 'source')}, {plural(counts.sections, 'section')}"
    return f"bank {one_line(bank_id)} holds {holds}  ({memory.location})"


def _left_out(missed: Sequence[LeftOutGroup], paths: Sequence[str]) -> str:
    """What the search of folders left out, in a line; empty where no folder was searched."""
    if not any(Path(path).is_dir() for path in paths):
        return ""
    if not missed:
        return "left out nothing"
    total = plural(sum(group.count for group in missed), "file")
    told = ", ".join(str(group) for group in missed[:MAX_GROUPS])
    rest = len(missed) - MAX_GROUPS
    return one_line(f"left out {total}: {told}" + (f" and {rest} more kinds" * (rest > 0)), 2_000)


def _report(
    runs: list[Run],
    began: float,
    as_json: bool,
    closing: Sequence[str],
    verb: str = "retained",
    also: Sequence[dict[str, Any]] = (),
) -> int:
    """Print how the runs ended, then the lines of `closing`; the exit code.

    Args:
        runs: The runs.
        began: When the command began.
        as_json: Whether to print JSON.
        closing: Lines about the command as a whole.
        verb: What was done with the sources.
        also: What JSON lists behind the runs.
    """
    done = [run for run in runs if run.status == RunStatus.COMPLETED and not run.unchanged]
    unchanged = sum(run.unchanged for run in runs)
    suspended = [run for run in runs if run.status == RunStatus.SUSPENDED]
    partial = [run for run in runs if run.status == RunStatus.PARTIAL]
    failed = [run for run in runs if run.status not in {*ENDED, RunStatus.SUSPENDED}]
    if as_json:
        print_json([*(views.plain(run) for run in runs), *also])
    else:
        parts = [f"{verb} {plural(len(done), 'source')}"]
        parts += [f"{unchanged:,} unchanged"] if unchanged else []
        parts += [f"{len(partial):,} in part"] if partial else []
        parts += [f"{len(suspended):,} suspended"] if suspended else []
        parts += [f"{len(failed):,} failed"] if failed else []
        say(f"{', '.join(parts)} in {took((time.perf_counter() - began) * 1000)}")
        for line in filter(None, [*_notes(runs), _passed_over(runs), *closing]):
            say(line)
    unfinished = [*failed, *partial, *suspended]
    _complain_of(unfinished)
    return FAILED if unfinished else DONE


def _passed_over(runs: Sequence[Run]) -> str:
    """What of the sources is in no section, by reason."""
    counts: Counter[str] = Counter()
    for run in runs:
        counts.update(run.passed_over)
    return f"passed over: {passed_over(counts)}" if counts else ""


def _notes(runs: Sequence[Run]) -> list[str]:
    """What there is to know of completed runs, those with the same note on one line."""
    names: dict[str, list[str]] = {}
    for run in runs:
        for note in run.notes:
            names.setdefault(note, []).append(run_name(run))
    lines = [
        f"{', '.join(of[:MAX_NAMES])}{f' and {len(of) - MAX_NAMES:,} more' * (len(of) > MAX_NAMES)}"
        f": {one_line(note, 600)}"
        for note, of in names.items()
    ]
    rest = len(lines) - MAX_COMPLAINTS
    more = [f"and {rest:,} more notes: `retain runs` shows all"] * (rest > 0)
    return [*lines[:MAX_COMPLAINTS], *more]


def _complain_of(runs: Sequence[Run]) -> None:
    """Print why runs have not completed; runs that a model's server stopped share one line."""
    groups: dict[tuple[str, str], list[str]] = {}
    for run in runs:
        why, name = "; ".join(reasons(run)) or run.status, run_name(run)
        if run.status == RunStatus.DEAD:
            why = f"{why}, with {_command(['resume', run.source_id, '--dead'])}"
        shared = run.status == RunStatus.SUSPENDED or any("Model" in error for error in run.errors)
        groups.setdefault((why, "" if shared else run.source_id), []).append(name)
    for (why, _), names in list(groups.items())[:MAX_COMPLAINTS]:
        others = f" and {len(names) - 1:,} more" if len(names) > 1 else ""
        complain(f"{names[0]}{others}: {why}")
    if len(groups) > MAX_COMPLAINTS:
        rest = list(groups.values())[MAX_COMPLAINTS:]
        complain(f"… and {sum(map(len, rest)):,} more")


def _interrupted(tally: Tally, again: list[str], bank: str | None, db: str | None) -> str:
    """The message for a user who stopped the command `again`."""
    if tally.total is None or not tally.begun:
        return f"interrupted before the first source began. Begin again with: {_command(again)}"
    done = f"{tally.done:,} of {plural(tally.total, 'source')} done, nothing is lost"
    if again[0] == "ingest":  # every source has a run by then
        again = ["resume", "--all", *_given({"--bank": bank, "--db": db})]
    return f"interrupted: {done}. Go on with: {_command(again)}"


def _command(words: list[str]) -> str:
    return shlex.join(["retain", *words])


def _given(options: dict[str, str | int | None]) -> list[str]:
    """The options that were given, as words of a command line."""
    given = {name: value for name, value in options.items() if value}
    return [word for name, value in given.items() for word in (name, str(value))]


def _each(option: str, values: Sequence[str] | None) -> list[str]:
    return [word for value in values or () for word in (option, value)]
