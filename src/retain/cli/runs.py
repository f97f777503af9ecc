"""The commands that inspect runs: runs, show and graph."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from retain.app import views
from retain.cli.bridge import DONE, with_memory
from retain.cli.options import AnyBank, AsJson, Bank, Db, Source, bank_or_default, parse_date
from retain.cli.output import (
    complain,
    moment,
    one_line,
    passed_over,
    plural,
    print_json,
    reasons,
    run_name,
    say,
    took,
)
from retain.kinds import OutcomeKind, Task

if TYPE_CHECKING:
    from retain.app.memory import Memory
    from retain.app.runs import RunList
    from retain.app.sources import SourceView
    from retain.checkpoints.listing import Order
    from retain.memory.context import RetainContext

PAGE = 100
"""How many runs are listed, unless the user says so."""

MAX_DETAILS = 10
"""How many sections are shown one by one, with why they failed or what was left out of them."""


def runs(
    bank: AnyBank = None,
    status: Annotated[
        list[str] | None,
        typer.Option(
            metavar="STATUS",
            help="Only runs with this status: running, completed, partial, failed, suspended, "
            "interrupted or dead. May be given several times.",
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="Only runs that began on this date or later."),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="Only runs that began on this date or before."),
    ] = None,
    order: Annotated[
        str,
        typer.Option(
            metavar="ORDER",
            help="key: by bank and source. newest or oldest: by when runs began.",
        ),
    ] = "key",
    limit: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help=f"Number of runs to list at most. Default: {PAGE}, and all with --json.",
        ),
    ] = None,
    after: Annotated[
        str | None,
        typer.Option(metavar="CURSOR", help="Next page, as the page before named it."),
    ] = None,
    history: Annotated[
        str | None,
        typer.Option(metavar="SOURCE", help="Earlier runs of this source instead, newest first."),
    ] = None,
    db: Db = None,
    as_json: AsJson = False,
) -> int:
    """List the latest run of every source.

    A run is the processing of one source. One that is not completed continues with
    `retain resume`; a dead one, which killed its process too often, with `retain resume --dead`.
    """
    if history is not None:
        return _history(history, bank_or_default(bank), db, as_json=as_json)
    size = limit or (None if as_json else PAGE)
    begun = {
        "since": parse_date(since, "--since"),
        "until": parse_date(until, "--until", last=True),
    }

    async def listed(memory: Memory) -> tuple[RunList, int]:
        page = await memory.runs(
            bank_id=bank,
            status=status,
            limit=size,
            after=after,
            order=cast("Order", order),
            **begun,
        )
        if page.following is None:
            return page, 0
        counts = await memory.runs.counts(bank_id=bank, **begun)
        return page, sum(n for word, n in counts.items() if not status or word in status)

    found, total = with_memory(listed, db, reads=True)
    more = f"{len(found)} of {total:,} runs; for the next ones, add --after {found.following}"
    if as_json:
        print_json([views.plain(run) for run in found])
        if found.following is not None:
            complain(more)
        return DONE
    if not found:
        say("no runs")
    banks = [one_line(run.bank_id, 30) for run in found]
    sources = [run_name(run, 60) for run in found]
    bank_width = max(map(len, banks), default=0)
    source_width = max(map(len, sources), default=0)
    for run, bank_id, source_id in zip(found, banks, sources, strict=True):
        name = f"{bank_id:<{bank_width}}  {source_id:<{source_width}}"
        line = f"{name}  {run.status:<11}  {run.last_state:<8}  {took(run.duration_ms):>7}"
        say(f"{line}  {moment(run.completed_at or run.started_at)}".rstrip())
        for reason in [*reasons(run), *(one_line(note, 600) for note in run.notes)]:
            say(f"    {reason}")
        for question in run.questions:
            if question.payload is not None:
                payload = json.dumps(question.payload, ensure_ascii=False)
                say(f"    {one_line(f'{question.name} asks about: {payload}', 600)}")
    if found.following is not None:
        say(more)
    return DONE


def _history(source: str, bank_id: str, db: str | None, *, as_json: bool) -> int:
    """List what is kept of the earlier runs of a source."""
    found = with_memory(lambda memory: memory.runs.history(source, bank_id=bank_id), db, reads=True)
    if as_json:
        print_json([views.earlier_run(one) for one in found])
        return DONE
    if not found:
        say(f"no earlier runs of {one_line(source, 60)}")
    for one in found:
        run, when = one.run, moment(one.run.completed_at or one.run.started_at)
        line = f"{run.run_id}  {run.status:<11}  {run.last_state:<8}  {took(run.duration_ms):>7}"
        say(f"{line}  {plural(len(one.steps), 'step'):<8}  {when}".rstrip())
        for reason in reasons(run):
            say(f"    {reason}")
    return DONE


def show(
    source: Source,
    bank: Bank = None,
    db: Db = None,
    as_json: AsJson = False,
) -> int:
    """Show a source's version, its sections, and the steps of its run.

    The ledger counts how the sections ended: each has facts, no facts, or a reason why it failed.
    The name of a file of many sources, such as a mailbox, lists them.
    """
    bank_id = bank_or_default(bank)

    async def work(memory: Memory) -> list[SourceView]:
        named = await memory.sources.of_file(source, bank_id=bank_id)
        return [await memory.show(one, bank_id=bank_id) for one in named]

    shown = with_memory(work, db, reads=True)
    if len(shown) > 1:
        if as_json:
            print_json(views.file(bank_id, source, shown))
        else:
            _say_file(source, bank_id, shown)
    elif as_json:
        print_json(views.source(shown[0]))
    else:
        _say_source(shown[0])
    return DONE


def graph(
    source: Annotated[
        str | None,
        typer.Option("--run", metavar="SOURCE", help="Show the states of this source's run."),
    ] = None,
    bank: Bank = None,
    db: Db = None,
    as_json: AsJson = False,
) -> int:
    """Print the pipeline as a Mermaid state diagram."""
    bank_id = bank_or_default(bank)
    diagram = with_memory(lambda memory: memory.runs.diagram(source, bank_id=bank_id), db)
    if as_json:
        print_json(views.diagram(diagram))
    else:
        say(diagram.rstrip())
    return DONE


def _say_file(name: str, bank_id: str, shown: Sequence[SourceView]) -> None:
    say(f"{one_line(name)}  in bank {one_line(bank_id)}: {plural(len(shown), 'source')}")
    for one in views.file(bank_id, name, shown)["sources"]:
        size = f"{plural(one['sections'], 'section')}, {plural(one['facts'], 'fact')}"
        title = f"  {one_line(one['title'], 60)}" if one["title"] else ""
        say(f"  {one_line(one['source_id'], 100)}  {one['status'] or ''}  {size}{title}")


def _say_source(view: SourceView) -> None:
    source, ctx = view.source, view.context
    if source is not None:
        bank = one_line(source.bank_id)
        say(f"{one_line(source.source_id)}  in bank {bank}, version {source.version}")
        size = f"{source.characters:,} characters, {plural(source.sections, 'section')}"
        title = one_line(source.title or "(no title)")
        say(f"  {title}: {size}, retained {moment(source.retained_at)}")
        for key, value in source.meta.items():
            shown = ", ".join(map(str, cast("list[Any]", value))) if type(value) is list else value
            say(f"  {one_line(f'{key}: {shown}')}")
    elif view.run is not None:
        bank = one_line(view.run.bank_id)
        say(f"{one_line(view.run.source_id)}  in bank {bank}: no version is stored yet")
    if view.sections:
        say("\nsections")
    for row in view.sections:
        section = row.section
        name = section.path[-1] if section.path else one_line(row.text, 40)
        spoken = section.speaker if section.kind == "turn" else None
        title = f"{spoken}: {one_line(row.text, 60)}" if spoken else name
        lines = f"{section.line_start}-{section.line_end}"
        say(f"  {lines:>11}  {'  ' * max(section.level - 1, 0)}{one_line(title, 80)}")
    if ctx is not None and ctx.outcomes:
        _say_ledger(view, ctx)
    if ctx is not None and ctx.passed_over:
        say(f"\npassed over: {passed_over(ctx.passed_over)}")
    if view.run is not None and ctx is not None:
        say(f"\nrun {view.run.status} in {took(view.run.duration_ms)}")
        for entry in ctx.step_log:
            duration = "" if entry.duration_ms is None else took(entry.duration_ms)
            say(f"  {entry.state:<27} {duration:>8}  {one_line(entry.error or '', 600)}".rstrip())


def _say_ledger(view: SourceView, ctx: RetainContext) -> None:
    """How every section of the run ended."""
    kinds = Counter(outcome.kind for outcome in ctx.outcomes)
    names = {OutcomeKind.FACTS: "with facts", OutcomeKind.NO_FACTS: "without"}
    counts = ", ".join(f"{n} {names.get(kind, kind)}" for kind, n in sorted(kinds.items()))
    reused = sum(outcome.reused for outcome in ctx.outcomes)
    extracted, number = len(ctx.outcomes) - reused, len(ctx.outcomes)
    added = ctx.task == Task.APPEND and number < len(view.sections)
    total = len(view.sections) if added else number
    say(f"\nledger: {plural(view.facts, 'fact')} in {plural(total, 'section')}")
    if added:
        say(f"  the run added {plural(number, 'section')}: {counts}")
    else:
        say(f"  sections: {counts}; {extracted} extracted, {reused} reused from the version before")
    if view.merged:
        say(f"  {plural(view.merged, 'repeated statement')} merged")
    _say_details(view, ctx)


def _say_details(view: SourceView, ctx: RetainContext) -> None:
    """The sections with something to report, failed ones first."""
    shown = [outcome for outcome in ctx.outcomes if outcome.detail or outcome.lost]
    shown.sort(key=lambda outcome: not outcome.lost)
    sections = {row.section.section_id: row.section for row in view.sections}
    sections |= {section.section_id: section for section in ctx.sections}
    for outcome in shown[:MAX_DETAILS]:
        section = sections[outcome.section_id]
        lines = f"{section.line_start}-{section.line_end}"
        detail = f": {outcome.detail}" if outcome.detail else ""
        say(f"  {lines:>11}  {one_line(f'{outcome.kind}{detail}', 600)}")
    if len(shown) > MAX_DETAILS:
        say(f"  {'':>11}  … and {len(shown) - MAX_DETAILS:,} more: --json prints all")
