"""What `ingest --dry-run` prints, and the line about model calls that ends other commands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from retain.app import views
from retain.cli.bridge import DONE, FAILED, with_memory
from retain.cli.output import complain, one_line, plural, print_json, reasons, say

if TYPE_CHECKING:
    from retain.app.forecast import Forecast
    from retain.app.memory import Memory
    from retain.config import Settings
    from retain.memory.model import Spending

_PURPOSES = {
    "facts": "facts of sections",
    "names": "names that may mean the same",
    "supersedes": "facts that may supersede others",
    "lead": "first paragraphs of pages",
    "embeddings": "vectors",
}


def forecast(
    db: str | None,
    settings: Settings,
    paths: Sequence[str],
    bank_id: str,
    written: datetime | None,
    jobs: int,
    include: Sequence[str],
    exclude: Sequence[str],
    author: str | None,
    told: Mapping[str, str],
    as_json: bool,
) -> int:
    """Print what retaining would cost; nothing is sent, and nothing is stored."""
    found = with_memory(
        lambda memory: memory.forecast(
            paths,
            bank_id=bank_id,
            reference_date=written,
            jobs=jobs,
            include=include,
            exclude=exclude,
            author=author,
            metadata=told,
        ),
        db,
        settings,
    )
    if as_json:
        print_json(views.forecast(found))
    else:
        _say(found, settings)
    for failed in found.failed:
        complain(f"{one_line(failed.source_id)}: {'; '.join(reasons(failed)) or failed.status}")
    return FAILED if found.failed else DONE


def calls_line(memory: Memory) -> str:
    """The model calls of a command in a line; empty if it made none."""
    spent, hits = memory.costs.spent, memory.costs.journal_hits
    if not spent.calls and not hits:
        return ""
    calls = f"{plural(spent.calls, 'call')} to a model"
    failed = f", {spent.failed:,} of them failed" if spent.failed else ""
    known = f"; {plural(hits, 'answer')} came from the journal" if hits else ""
    return f"{calls}{failed}: {spent.tokens:,} tokens, {_dollars(spent)}{known}"


def _dollars(spending: Spending) -> str:
    """What was spent, and how many calls have no known price."""
    answered = spending.calls - spending.failed
    if spending.unpriced and spending.unpriced >= answered:
        return "price unknown"
    cost = f"${spending.cost:.4f}" if spending.cost < 1 else f"${spending.cost:,.2f}"
    unpriced = f" and {plural(spending.unpriced, 'call')} of unknown price"
    return cost + unpriced if spending.unpriced else cost


def _say(found: Forecast, settings: Settings) -> None:
    unchanged = f", {found.unchanged:,} unchanged" if found.unchanged else ""
    say(f"would retain {plural(found.sources, 'source')}{unchanged} with {one_line(found.model)}")
    if found.lines:
        say(f"  {'':<32}{'calls':>8}{'tokens in':>12}{'out':>12}{'cost':>12}")
    for line in found.lines:
        _say_row(_PURPOSES.get(line.purpose, line.purpose), line.spending)
    _say_row("total", found.spending)
    if found.hits:
        say(f"  not counted: {plural(found.hits, 'answer')} that the journal already has")
    limit = settings.budget.max_cost
    if limit is not None and found.spending.cost > limit:
        say(f"  that is more than --max-cost {limit:g}: runs would be suspended")
    say("nothing was sent: run the command without --dry-run to ingest")


def _say_row(name: str, spending: Spending) -> None:
    read, written = spending.input_tokens, spending.output_tokens
    say(f"  {name:<32}{spending.calls:>8,}{read:>12,}{written:>12,}{_dollars(spending):>12}")
