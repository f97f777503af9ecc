"""What is wrong in a bank, and what of it is safe to mend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from retain.bank import BankStore
from retain.memory.model import CitedFact, Contradiction, Flaw, Run
from retain.wiki.reader import WikiReader

FindingKind = Literal[
    "contradiction", "orphan", "stale page", "unsupported fact", "unfinished run", "leftover"
]

_MENDED = {
    "edge without fact": "orphan",
    "name without section": "orphan",
    "correction without names": "orphan",
    "deleted bytes": "leftover",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    Args:
        kind: What sort of thing.
        message: What is wrong, and what to do.
        source_id: The source that it is of.
        line: The line there, from 1.
        fact_ids: The facts that it is of.
        fixed: Whether it is mended.
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
        if fix and (stale or any(flaw.kind in _MENDED for flaw in flaws)):
            await self._store.mend(bank_id)
            await self._store.vacuum()
        return [
            *await self._contradictions(bank_id),
            *(_of_flaw(flaw, fix) for flaw in flaws),
            *(Finding("stale page", why, fixed=fix) for why in stale),
            *(_of_run(run) for run in runs if run.status in ("failed", "interrupted")),
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
            told = f"something that is gone replaces, or is replaced: {flaw.what}"
            return Finding("orphan", told, fact_ids=facts, fixed=fix)
        case "name without section":
            told = f"{flaw.what!r} is named in a section that is gone"
            return Finding("orphan", told, flaw.source_id, fixed=fix)
        case "correction without names":
            told = f"a correction is of names that no source writes any more: {flaw.what}"
            return Finding("orphan", told, fixed=fix)
        case "deleted bytes":
            return Finding("leftover", flaw.what, fixed=fix)
        case "sections not indexed":
            told = f"{flaw.what} of its sections cannot be found by words: {_AGAIN}"
            return Finding("unsupported fact", told, flaw.source_id)
        case "fact without section" | "fact without quote" | "fact without outcome":
            told = f"{_WHY[flaw.kind]}: {flaw.what}: {_AGAIN}"
            return Finding("unsupported fact", told, flaw.source_id, flaw.line, facts)


_WHY = {
    "fact without section": "its section is gone",
    "fact without quote": "its quote does not stand in the source",
    "fact without outcome": "its section has no outcome",
}
_AGAIN = "forget the source and retain it again"


def _of_run(run: Run) -> Finding:
    told = f"its run {'failed' if run.status == 'failed' else 'was interrupted'}: `retain resume`"
    return Finding("unfinished run", told, run.source_id)
