"""What a completed run says beside its status, such as that it gave no facts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from retain.kinds import Task
from retain.memory.context import RetainContext

NO_FACTS = "no facts: recall finds its text, but nothing in it was understood as a fact"
_SHOWN = 3

Details = Mapping[str, int]
"""Details of outcomes, each with how many sections have it."""


def notes_of_context(ctx: RetainContext) -> tuple[str, ...]:
    """The notes of a run that may have just ended."""
    if ctx.status != "completed" or ctx.task not in (Task.RETAIN, Task.APPEND) or not ctx.outcomes:
        return ()
    facts = sum(outcome.facts for outcome in ctx.outcomes)
    guessed = ctx.provenance.encoding
    read_as = (
        (f"read as {guessed}: it is not UTF-8, and its bytes suggest that",) if guessed else ()
    )
    return read_as + notes(facts, Counter(_details(outcome.detail for outcome in ctx.outcomes)))


def notes(facts: int, details: Details) -> tuple[str, ...]:
    """The notes of a source with that many facts, whose sections have these details."""
    told = [f"{n} sections: {detail}" if n > 1 else detail for detail, n in details.items()]
    if len(told) > _SHOWN:
        told = [*told[:_SHOWN], f"{len(told) - _SHOWN} more: see `retain show`"]
    return (*([] if facts else [NO_FACTS]), *told)


def _details(of: Iterable[str | None]) -> Iterable[str]:
    return (detail for detail in of if detail)
