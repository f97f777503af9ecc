"""What models cost: before they are asked, and after."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import retain
from retain.cli.bridge import DONE, FAILED, run
from retain.cli.output import complain, one_line, plural, print_json, reasons, say

if TYPE_CHECKING:
    from retain.app import Memory
    from retain.app.forecast import Forecast
    from retain.config import Settings
    from retain.memory.model import Spending

_NAMES = {
    "facts": "facts of sections",
    "names": "names that may mean the same",
    "supersedes": "facts that may replace others",
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
    as_json: bool,
) -> int:
    """Print what retaining would cost; nothing is sent, and nothing kept."""

    async def work() -> Forecast:
        async with retain.Memory.open(db, settings=settings) as memory:
            return await memory.forecast(paths, bank_id=bank_id, reference_date=written, jobs=jobs)

    told = run(work())
    if as_json:
        print_json(_json(told, settings))
    else:
        _say(told, settings)
    for failed in told.failed:
        complain(f"{one_line(failed.source_id)}: {'; '.join(reasons(failed)) or failed.status}")
    return FAILED if told.failed else DONE


def told_of_calls(memory: Memory) -> str:
    """What a command asked of models, in a line; nothing if it asked none."""
    spent, hits = memory.spent, memory.journal_hits
    if not spent.calls and not hits:
        return ""
    asked = f"{plural(spent.calls, 'call')} to a model"
    failed = f", {spent.failed:,} of them failed" if spent.failed else ""
    known = f"; {plural(hits, 'answer')} came from the journal" if hits else ""
    return f"{asked}{failed}: {spent.tokens:,} tokens, {dollars(spent)}{known}"


def dollars(spending: Spending) -> str:
    """What was spent, for people; what has no known price is said to have none."""
    answered = spending.calls - spending.failed
    if spending.unpriced and spending.unpriced >= answered:
        return "price unknown"
    told = f"${spending.cost:.4f}" if spending.cost < 1 else f"${spending.cost:,.2f}"
    return (
        f"{told} and {plural(spending.unpriced, 'call')} of unknown price"
        if (spending.unpriced)
        else told
    )


def _say(told: Forecast, settings: Settings) -> None:
    unchanged = f", {told.unchanged:,} unchanged" if told.unchanged else ""
    say(f"would retain {plural(told.sources, 'source')}{unchanged} with {one_line(told.model)}")
    if told.lines:
        say(f"  {'':<30}{'calls':>8}{'tokens read':>14}{'written':>12}{'cost':>12}")
    for line in told.lines:
        _say_row(_NAMES.get(line.purpose, line.purpose), line.spending)
    _say_row("in all", told.spending)
    if told.hits:
        say(f"  {plural(told.hits, 'answer')} in the journal already, and not counted")
    most = settings.budget.max_cost
    if most is not None and told.spending.cost > most:
        say(f"  that is more than --max-cost {most:g}: runs would be suspended")
    say("nothing was sent: leave --dry-run out to do it")


def _say_row(name: str, spending: Spending) -> None:
    read, written = spending.input_tokens, spending.output_tokens
    say(f"  {name:<30}{spending.calls:>8,}{read:>14,}{written:>12,}{dollars(spending):>12}")


def _json(told: Forecast, settings: Settings) -> dict[str, Any]:
    return {
        "model": told.model,
        "sources": told.sources,
        "unchanged": told.unchanged,
        "journal_hits": told.hits,
        **spending_json(told.spending),
        "by_purpose": {line.purpose: spending_json(line.spending) for line in told.lines},
    }


def spending_json(spending: Spending) -> dict[str, Any]:
    """What was spent, as programs read it."""
    return {
        "calls": spending.calls,
        "failed_calls": spending.failed,
        "input_tokens": spending.input_tokens,
        "output_tokens": spending.output_tokens,
        "cost": spending.cost,
        "unpriced_calls": spending.unpriced,
    }
