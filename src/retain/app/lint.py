"""Checks banks, and fixes what is safe to fix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from retain.bank import BankStore
from retain.memory.model import CitedFact, Contradiction, Flaw, Run
from retain.memory.ports import PageWriter, Superseder
from retain.states.render import rendered

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
    """Checks banks.

    Args:
        store: The banks.
        writer: Renders pages.
        superseder: Finds facts that contradict each other.
    """

    def __init__(self, store: BankStore, writer: PageWriter, superseder: Superseder) -> None:
        self._store = store
        self._writer = writer
        self._superseder = superseder

    async def lint(self, bank_id: str, runs: Sequence[Run], *, fix: bool) -> list[Finding]:
        """The problems of a bank; see `Banks.lint`.

        Args:
            bank_id: The bank.
            runs: The bank's runs.
            fix: Whether to fix what is safe to fix.
        """
        flaws = await self._store.flaws(bank_id)
        stale = await self._stale(bank_id)
        if fix and (stale or any(flaw.kind in _FIXABLE for flaw in flaws)):
            await self._store.mend(bank_id)
            generation, wiki = await rendered(self._store, self._writer, bank_id)
            await self._store.put_wiki(bank_id, generation, wiki)
            await self._store.vacuum()
        return [
            *await self._contradictions(bank_id),
            *(_of_flaw(flaw, fix) for flaw in flaws),
            *(Finding("stale page", why, fixed=fix) for why in stale),
            *(_of_run(run) for run in runs if run.status in ("failed", "interrupted")),
        ]

    async def _contradictions(self, bank_id: str) -> list[Finding]:
        cited = await self._store.cited(bank_id)
        by_id = {one.fact.fact_id: one for one in cited}
        facts = [(one.source_id, one.fact) for one in cited]
        names = await self._store.names(bank_id)
        corrections = await self._store.corrections(bank_id)
        found = self._superseder.contradictions(facts, names, corrections)
        return [
            _of_contradiction(one, by_id[one.one], by_id[one.other])
            for one in found
            if not by_id[one.one].fact.superseded_by and not by_id[one.other].fact.superseded_by
        ]

    async def _stale(self, bank_id: str) -> list[str]:
        """What is wrong with pages that are marked as fresh; stale ones are rendered when read."""
        now = await self._store.freshness(bank_id)
        if now is None or now.stale:
            return []
        _, wiki = await rendered(self._store, self._writer, bank_id)
        held = await self._store.wiki(bank_id)
        should = {page.page_id: page for page in wiki.pages}
        stands = {page.page_id: page for page in held.pages}
        wrong = [
            f"the page of {page.title!r} differs from the facts"
            for page_id, page in stands.items()
            if should.get(page_id) != page
        ]
        wrong += [f"{should[one].title!r} has no page" for one in should.keys() - stands.keys()]
        wrong += ["the index differs from the pages"] if held.contents != wiki.contents else []
        return sorted(wrong)


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
_AGAIN = "forget the source and retain it again"


def _of_run(run: Run) -> Finding:
    problem = "failed" if run.status == "failed" else "was interrupted"
    return Finding("unfinished run", f"its run {problem}: resume it", run.source_id)
