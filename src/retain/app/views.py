"""The JSON shapes of every face: the values of a memory as plain dicts, lists and strings."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from retain.app.costs import BY, CostGroup, grouped, total
from retain.status import RunStatus

if TYPE_CHECKING:
    from retain.app.entities import KnownEntity
    from retain.app.folder import Exported
    from retain.app.forecast import Forecast
    from retain.app.forgetting import Forgetting
    from retain.app.runs import EarlierRun
    from retain.app.sources import SourceView
    from retain.app.watching import Change
    from retain.engine.events import Event
    from retain.memory.model import CitedFact, CostLine, Counts, LogEntry, Run, Spending
    from retain.sources.left_out import LeftOutGroup

Json = dict[str, Any]


def plain(value: object) -> Json:
    """A value whose fields are its shape: a hit, an answer, a run, a page, a revision, a finding.

    Times become ISO 8601.
    """
    return msgspec.to_builtins(value, enc_hook=str)


def bank(bank_id: str, counts: Counts) -> Json:
    """A bank, and how much it holds."""
    return {"bank_id": bank_id, **plain(counts)}


def run(view: SourceView) -> Json:
    """The latest run of a source with its steps, and the outcome of each section."""
    shown = source(view)
    return {name: shown[name] for name in ("run", "passed_over", "ledger", "steps")}


def event(of: Event) -> Json:
    """What happened to a run."""
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(of).__name__).lower()
    shown = plain(of)
    del shown["run_key"]
    return {"event": name, "bank_id": of.bank_id, "source_id": of.source_id, **shown}


def source(view: SourceView) -> Json:
    """A source with its run, the outcome of each section, the run's steps and the sections."""
    return plain(
        {
            "source": view.source,
            "run": view.run,
            "passed_over": {} if view.context is None else view.context.passed_over,
            "ledger": [] if view.context is None else view.context.outcomes,
            "steps": [] if view.context is None else view.context.step_log,
            "sections": [row.section for row in view.sections],
        }
    )


def file(bank_id: str, name: str, views: Sequence[SourceView]) -> Json:
    """A file of many sources: what each is, and how its run ended."""
    return plain(
        {
            "bank_id": bank_id,
            "file": name,
            "sources": [
                {
                    "source_id": one.source_id,
                    "title": None if view.source is None else view.source.title,
                    "sections": len(view.sections),
                    "facts": view.facts,
                    "status": None if view.run is None else view.run.status,
                }
                for view in views
                if (one := view.source or view.run) is not None
            ],
        }
    )


def earlier_run(of: EarlierRun) -> Json:
    """An earlier run of a source with its steps."""
    return {**plain(of.run), "steps": plain({"steps": of.steps})["steps"]}


def fact(cited: CitedFact) -> Json:
    """A fact with its place."""
    of = cited.fact
    return plain(
        {
            "source_id": cited.source_id,
            "fact_id": of.fact_id,
            "section_id": of.section_id,
            "type": of.type,
            "text": of.text,
            "quote": of.quote,
            "span": (of.start, of.end),
            "line": cited.line,
            "entities": of.entities,
            "subject": of.subject,
            "slot": of.slot,
            "value": of.value,
            "mentioned_at": of.mentioned_at,
            "came_in": of.came_in,
            "occurred_start": of.occurred_start,
            "occurred_end": of.occurred_end,
            "confidence": of.confidence,
            "superseded_by": of.superseded_by,
        }
    )


def entity(known: KnownEntity) -> Json:
    """An entity with its aliases, and how often it is named."""
    of = known.entity
    return plain(
        {
            "entity_id": of.entity_id,
            "name": of.name,
            "kind": of.kind,
            "aliases": of.aliases,
            "reasons": of.reasons,
            "mentions": known.times,
        }
    )


def correction(bank_id: str, kind: str, name: str, other: str) -> Json:
    """A user's decision on two names: ``merge`` or ``split``."""
    return {"bank_id": bank_id, "correction": kind, "names": [name, other]}


def difference(number: int, diff: str) -> Json:
    """What a revision changed, as a unified diff."""
    return {"revision": number, "diff": diff}


def index(bank_id: str, text: str) -> Json:
    """A bank's index as Markdown."""
    return {"bank_id": bank_id, "text": text}


def log_entry(entry: LogEntry) -> Json:
    """An entry of a bank's log."""
    pairs = [{"newer": newer, "older": older} for newer, older in entry.superseded]
    return plain(entry) | plain({"superseded": pairs})


def diagram(mermaid: str) -> Json:
    """The pipeline as a Mermaid diagram."""
    return {"mermaid": mermaid}


def change(of: Change) -> Json:
    """A change that a watcher has handled."""
    shown = {"change": of.action, "source_id": of.source_id, "reason": of.reason}
    return shown if of.run is None else {**shown, **plain(of.run)}


def left_out(group: LeftOutGroup, bank_id: str) -> Json:
    """Files that a search left out, in the shape of a run."""
    return {
        "bank_id": bank_id,
        "source_id": f"*{group.suffix}",
        "status": "left out",
        "last_state": "",
        "errors": [f"{group.count} files were left out: {group.reason}"],
        "suffix": group.suffix,
        "reason": group.reason,
        "files": group.count,
        "examples": list(group.examples),
    }


def first_change(of: Run) -> Json:
    """A run from before a watcher began, in the shape of a change."""
    done = "unchanged" if of.unchanged else "retained"
    return {"change": done if of.status == RunStatus.COMPLETED else "failed", **plain(of)}


def forgotten(
    bank_id: str, source_id: str, fact_id: str | None = None, copies: Sequence[str] = ()
) -> Json:
    """A source, or a fact of it, that was forgotten, and the copies that may still have it."""
    shown: Json = {"bank_id": bank_id, "source_id": source_id, "forgotten": True}
    shown["copies"] = list(copies)
    return shown if fact_id is None else {**shown, "fact_id": fact_id}


def forgetting(bank_id: str, preview: Forgetting) -> Json:
    """What forgetting a source or a fact would delete and change."""
    return {"bank_id": bank_id, **plain(preview)}


def pruned(number: int) -> Json:
    """How many runs, or answers of models, were deleted."""
    return {"pruned": number}


def rebuilt(bank_id: str) -> Json:
    """A bank that was rebuilt."""
    return {"bank_id": bank_id, "rebuilt": True}


def reembedded(bank_id: str, model: str, number: int) -> Json:
    """A bank that has the vectors of another model."""
    return {"bank_id": bank_id, "model": model, "embedded": number}


def exported(bank_id: str, file: str, counts: Mapping[str, int]) -> Json:
    """A bank that was exported as JSON Lines."""
    return {"bank_id": bank_id, "file": file, "counts": dict(counts)}


def exported_markdown(bank_id: str, folder: str, of: Exported) -> Json:
    """A bank that was exported as a folder of Markdown."""
    return {"bank_id": bank_id, "folder": folder, **plain(of)}


def forecast(of: Forecast) -> Json:
    """What retaining would cost."""
    return {
        "model": of.model,
        "sources": of.sources,
        "unchanged": of.unchanged,
        "journal_hits": of.hits,
        **_spending(of.spending),
        "by_purpose": {line.purpose: _spending(line.spending) for line in of.lines},
    }


def costs(lines: Sequence[CostLine], by: str | None = None) -> Json:
    """What model calls cost.

    Args:
        lines: The ledger.
        by: ``run``, ``state`` or ``model``; None: each line of the ledger.
    """
    names = ("bank_id", "source_id", "state", "purpose", "model") if by is None else BY[by]
    return {
        "costs": [{**group.names, **_cost(group)} for group in grouped(lines, names)],
        "total": _cost(total(lines)),
    }


def _cost(group: CostGroup) -> Json:
    return {**plain(group.spending), "latency_ms": group.latency_ms}


def _spending(of: Spending) -> Json:
    return {
        "calls": of.calls,
        "failed_calls": of.failed,
        "input_tokens": of.input_tokens,
        "output_tokens": of.output_tokens,
        "cost": of.cost,
        "unpriced_calls": of.unpriced,
    }
