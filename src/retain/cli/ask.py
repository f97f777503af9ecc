"""The commands that look: recall, runs, show, graph and doctor."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

import retain
from retain.cli.bridge import DONE, FAILED, run
from retain.cli.options import AsJson, Bank, Db, Source, bank_or_default, parse_date
from retain.cli.output import (
    moment,
    one_line,
    plural,
    print_json,
    reasons,
    run_json,
    say,
    took,
)
from retain.errors import InputError

if TYPE_CHECKING:
    from retain.app import SourceView
    from retain.memory.context import RetainContext
    from retain.memory.model import Hit, HitKind, Run

MOST_DETAILS = 10
"""Of how many sections more is told than that they were read."""


def recall(
    query: Annotated[str, typer.Argument(metavar="QUERY", help="A question, or some words.")],
    bank: Bank = None,
    k: Annotated[int, typer.Option("-k", metavar="N", help="How many hits at most.")] = 10,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DATE", help="What was known then.")
    ] = None,
    kind: Annotated[
        str | None, typer.Option("--kind", metavar="KIND", help="fact or section; default: both.")
    ] = None,
    superseded: Annotated[
        bool, typer.Option("--superseded", help="Give what later facts have replaced, too.")
    ] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say what each hit's score is made of.")
    ] = False,
    db: Db = None,
    as_json: AsJson = False,
) -> int:
    """Find what a bank knows of something, best first."""
    when = parse_date(as_of, "--as-of", last=True)
    bank_id = bank_or_default(bank)
    kinds = _kinds(kind)

    async def work() -> list[Hit]:
        async with retain.Memory.open(db) as memory:
            return await memory.recall(
                query,
                bank_id=bank_id,
                k=k,
                as_of=when,
                kinds=kinds,
                explain=explain or as_json,
                with_superseded=superseded,
            )

    hits = run(work())
    if as_json:
        print_json(hits)
        return DONE
    if not hits:
        say(f"nothing in bank {one_line(bank_id)} speaks of that")
    for number, hit in enumerate(hits, 1):
        say_hit(number, hit)
        if explain:
            why = ", ".join(f"{reason.signal} {reason.score:+.2f}" for reason in hit.why)
            say(f"    because: {why}")
    return DONE


def runs(
    bank: Bank = None,
    status: Annotated[
        str | None,
        typer.Option(help="running, completed, failed, suspended or interrupted."),
    ] = None,
    db: Db = None,
    as_json: AsJson = False,
) -> int:
    """List the latest run of every source, of one bank or of all."""

    async def work() -> list[Run]:
        async with retain.Memory.open(db) as memory:
            return await memory.runs(bank_id=bank, status=status)

    found = run(work())
    if as_json:
        print_json([run_json(r) for r in found])
        return DONE
    if not found:
        say("no runs")
    banks = [one_line(r.bank_id, 30) for r in found]
    sources = [one_line(r.source_id, 60) for r in found]
    wide_bank = max(map(len, banks), default=0)
    wide_source = max(map(len, sources), default=0)
    for r, in_bank, source in zip(found, banks, sources, strict=True):
        name = f"{in_bank:<{wide_bank}}  {source:<{wide_source}}"
        line = f"{name}  {r.status:<11}  {r.last_state:<8}  {took(r.duration_ms):>7}"
        say(f"{line}  {moment(r.completed_at or r.started_at)}".rstrip())
        for reason in reasons(r):
            say(f"    {reason}")
    return DONE


def show(
    source: Source,
    bank: Bank = None,
    db: Db = None,
    as_json: AsJson = False,
) -> int:
    """Show a source: its version, its sections, and every step of its run."""

    async def work() -> SourceView:
        async with retain.Memory.open(db) as memory:
            return await memory.show(source, bank_id=bank_or_default(bank))

    view = run(work())
    if as_json:
        print_json(_view_json(view))
    else:
        _say_view(view)
    return DONE


def graph(
    source: Annotated[
        str | None,
        typer.Option("--run", metavar="SOURCE", help="Colour and time the states of its run."),
    ] = None,
    bank: Bank = None,
    db: Db = None,
    as_json: AsJson = False,
) -> int:
    """Print the pipeline as a Mermaid state diagram."""
    bank_id = bank_or_default(bank)

    async def work() -> str:
        async with retain.Memory.open(db) as memory:
            return await memory.diagram(source, bank_id=bank_id)

    diagram = run(work())
    if as_json:
        print_json({"mermaid": diagram})
    else:
        say(diagram.rstrip())
    return DONE


def doctor(db: Db = None, as_json: AsJson = False) -> int:
    """Check this machine, the database and the kept runs."""
    from retain.cli.doctor import examine

    checks = run(examine(db))
    if as_json:
        print_json(checks)
    else:
        for check in checks:
            say(f"{'ok  ' if check.ok else 'BAD '} {check.name:<12} {check.detail}")
    return DONE if all(check.ok for check in checks) else FAILED


def _kinds(kind: str | None) -> tuple[HitKind, ...]:
    match kind:
        case None:
            return ("fact", "section")
        case "fact" | "section":
            return (kind,)
        case _:
            raise InputError(f"--kind is {kind!r}: ask for fact or section")


def say_hit(number: int, hit: Hit) -> None:
    """Print a hit with its number: a section below its place; a fact, which is short, above it."""
    told = [_occurred(hit)] if hit.kind == "fact" else []
    said = ", ".join(part for part in (hit.speaker, moment(hit.mentioned_at), *told) if part)
    about = (" > ".join(hit.path), f"({said})" if said else "", f"[{hit.score:.2f}]")
    place = f"{one_line(hit.source_id)}:{hit.lines[0]}"
    line = "  ".join([place, *(one_line(part) for part in about if part)])
    text = one_line(hit.text, 240)
    text = f"{text}  (superseded)" if hit.superseded_by else text
    first, second = (text, line) if hit.kind == "fact" else (line, text)
    say(f"{number:>2}. {first}")
    say(f"    {second}")


def _occurred(hit: Hit) -> str:
    """The days that a fact tells of, the last of them included."""
    if hit.occurred_start is None:
        return ""
    first = hit.occurred_start.date()
    end = hit.occurred_end or hit.occurred_start
    last = max(first, (end - timedelta(microseconds=1)).date())
    return f"of {first}" if first == last else f"of {first} to {last}"


def _view_json(view: SourceView) -> dict[str, Any]:
    return {
        "source": view.source,
        "run": None if view.run is None else run_json(view.run),
        "ledger": [] if view.context is None else view.context.outcomes,
        "steps": [] if view.context is None else view.context.step_log,
        "sections": [row.section for row in view.sections],
    }


def _say_ledger(view: SourceView, ctx: RetainContext) -> None:
    """How every section of the run ended."""
    kinds = Counter(outcome.kind for outcome in ctx.outcomes)
    named = {"facts": "with facts", "no facts": "without"}
    told = ", ".join(f"{n} {named.get(kind, kind)}" for kind, n in sorted(kinds.items()))
    reused = sum(outcome.reused for outcome in ctx.outcomes)
    extracted = len(ctx.outcomes) - reused
    say(f"\nledger: {plural(view.facts, 'fact')} in {plural(len(ctx.outcomes), 'section')}")
    say(f"  sections: {told}; {extracted} extracted, {reused} as they were before")
    if view.merged:
        say(f"  {plural(view.merged, 'repeated statement')} merged")
    _say_details(view, ctx)


def _say_details(view: SourceView, ctx: RetainContext) -> None:
    """What else there is to tell of sections: first of those that gave nothing but an error."""
    lost = ("failed", "truncated")
    told = [outcome for outcome in ctx.outcomes if outcome.detail or outcome.kind in lost]
    told.sort(key=lambda outcome: outcome.kind not in lost)
    sections = {row.section.section_id: row.section for row in view.sections}
    sections |= {section.section_id: section for section in ctx.sections}
    for outcome in told[:MOST_DETAILS]:
        section = sections[outcome.section_id]
        lines = f"{section.line_start}-{section.line_end}"
        detail = f": {outcome.detail}" if outcome.detail else ""
        say(f"  {lines:>11}  {one_line(f'{outcome.kind}{detail}', 600)}")
    if len(told) > MOST_DETAILS:
        say(f"  {'':>11}  and of {len(told) - MOST_DETAILS:,} more: --json has them all")


def _say_view(view: SourceView) -> None:
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
        say(f"{one_line(view.run.source_id)}  in bank {bank}: nothing of it is visible yet")
    if view.sections:
        say("\nsections")
    for row in view.sections:
        section = row.section
        name = section.path[-1] if section.path else one_line(row.text, 40)
        who = f"{section.speaker}: {one_line(row.text, 60)}" if section.speaker else name
        lines = f"{section.line_start}-{section.line_end}"
        say(f"  {lines:>11}  {'  ' * max(section.level - 1, 0)}{one_line(who, 80)}")
    if ctx is not None and ctx.outcomes:
        _say_ledger(view, ctx)
    if view.run is not None and ctx is not None:
        say(f"\nrun {view.run.status} in {took(view.run.duration_ms)}")
        for entry in ctx.step_log:
            duration = "" if entry.duration_ms is None else took(entry.duration_ms)
            say(f"  {entry.state:<27} {duration:>8}  {one_line(entry.error or '', 600)}".rstrip())
