"""Checks banks, and fixes what is safe to fix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from retain.bank import BankStore
from retain.memory.model import CitedFact, Contradiction, Flaw, Run
from retain.status import RunStatus
from retain.wiki.reader import WikiReader

FindingKind = Literal[
    "contradiction", "orphan", "stale page", "unsupported fact", "unfinished run", "leftover"
]

_FIXABLE = {
    "edge without fact": "orphan",
    "name without section": "orphan",
    "correction without names": "orphan",
    "deleted bytes": "leftover",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem in a bank.

    Args:
        kind: The kind of problem.
        message: What is wrong, and what to do.
        source_id: The source that has the problem.
        line: The line of the source, from 1.
        fact_ids: The facts that have the problem.
        fixed: Whether it was fixed.
    """

    kind: FindingKind
    message: str
    source_id: str | None = None
    line: int | None = None
    fact_ids: tuple[str, ...] = ()
    fixed: bool = False


class Linter:
    """Looks through banks.

    Args:
        store: The banks.
        wiki: Their pages.
    """

    def __init__(self, store: BankStore, wiki: WikiReader) -> None:
        self._store = store
        self._wiki = wiki

    async def lint(self, bank_id: str, runs: Sequence[Run], *, fix: bool) -> list[Finding]:
        """Everything that is wrong in a bank; with `fix`, what is safe is mended.

        Args:
            bank_id: Which.
            runs: How its runs stand.
            fix: Whether to mend.
        """
        flaws = await self._store.flaws(bank_id)
        stale = await self._wiki.wrong_pages(bank_id)
        if fix and (stale or any(flaw.kind in _FIXABLE for flaw in flaws)):
            await self._store.mend(bank_id)
            await self._store.vacuum()
        return [
            *await self._contradictions(bank_id),
            *(_of_flaw(flaw, fix) for flaw in flaws),
            *(Finding("stale page", why, fixed=fix) for why in stale),
            *(_of_run(run) for run in runs if run.status in _PROBLEMS),
        ]

    async def _contradictions(self, bank_id: str) -> list[Finding]:
        found = await self._store.contradictions(bank_id)
        ids = {fact_id for one in found for fact_id in (one.one, one.other)}
        cited = await self._store.cited_by_id(bank_id, sorted(ids))
        return [
            _of_contradiction(one, cited[one.one], cited[one.other])
            for one in found
            if not cited[one.one].fact.superseded_by and not cited[one.other].fact.superseded_by
        ]


def _of_contradiction(found: Contradiction, one: CitedFact, other: CitedFact) -> Finding:
    places = f"{one.source_id}:{one.line} and {other.source_id}:{other.line}"
    return Finding(
        "contradiction",
        f"{found.subject}: {found.reason} ({places}): date the sources, correct one and retain it "
        "again, or forget one of the facts",
        one.source_id,
        one.line,
        (found.one, found.other),
    )


def _of_flaw(flaw: Flaw, fix: bool) -> Finding:
    facts = () if flaw.fact_id is None else (flaw.fact_id,)
    match flaw.kind:
        case "edge without fact":
            message = f"a deleted fact supersedes another one, or is superseded: {flaw.what}"
            return Finding("orphan", message, fact_ids=facts, fixed=fix)
        case "name without section":
            message = f"the name {flaw.what!r} refers to a deleted section"
            return Finding("orphan", message, flaw.source_id, fixed=fix)
        case "correction without names":
            message = f"a correction is about names that no source writes any more: {flaw.what}"
            return Finding("orphan", message, fixed=fix)
        case "deleted bytes":
            return Finding("leftover", flaw.what, fixed=fix)
        case "sections not indexed":
            message = f"{flaw.what} of its sections cannot be found by words: {_AGAIN}"
            return Finding("unsupported fact", message, flaw.source_id)
        case "fact without section" | "fact without quote" | "fact without outcome":
            message = f"{_WHY[flaw.kind]}: {flaw.what}: {_AGAIN}"
            return Finding("unsupported fact", message, flaw.source_id, flaw.line, facts)


_WHY = {
    "fact without section": "the fact's section is missing",
    "fact without quote": "the fact's quote is not in the source",
    "fact without outcome": "the fact's section has no outcome",
}
_PROBLEMS = {
    RunStatus.FAILED: "failed: resume it",
    RunStatus.PARTIAL: "could not read some sections: resume it",
    RunStatus.INTERRUPTED: "was interrupted: resume it",
    RunStatus.DEAD: "killed its process too often: find out why, then resume it as a dead run",
}
_AGAIN = "forget the source and retain it again"


def _of_run(run: Run) -> Finding:
    return Finding("unfinished run", f"its run {_PROBLEMS[run.status]}", run.source_id)
