"""Facts as a page states them: what says the same once, what was replaced with what replaced it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from retain.memory.model import CitedFact, FactType
from retain.wiki import dates
from retain.wiki.cast import place

_WORD = re.compile(r"\w+|[^\w\s]{3,}")


@dataclass(frozen=True, slots=True)
class Statement:
    """What one or several facts say in the same words.

    Args:
        cited: The facts, the oldest first.
    """

    cited: tuple[CitedFact, ...]

    @property
    def text(self) -> str:
        """Its words."""
        return self.cited[0].fact.text

    @property
    def kind(self) -> FactType:
        """Its kind of fact."""
        return self.cited[0].fact.type

    @property
    def date(self) -> str:
        """When, as people write it."""
        return dates.label(self.cited[0].fact)


@dataclass(frozen=True, slots=True)
class Change:
    """What a statement replaced.

    Args:
        older: What does not hold any more, the oldest first.
        newer: What holds; None where it is gone from the bank.
    """

    older: tuple[Statement, ...]
    newer: Statement | None


def same(text: str) -> str:
    """What texts that say the same share: their words without case and punctuation."""
    return " ".join(_WORD.findall(text.casefold())) or text


def statements(facts: Iterable[CitedFact]) -> list[Statement]:
    """The facts, those of the same text as one statement, by time and place."""
    groups: dict[str, list[CitedFact]] = {}
    for one in sorted(facts, key=_by_time):
        groups.setdefault(same(one.fact.text), []).append(one)
    return [Statement(tuple(group)) for group in groups.values()]


def split(
    facts: Iterable[CitedFact], newer: Mapping[str, CitedFact | None]
) -> tuple[list[Change], list[Statement]]:
    """What changed, and the statements that hold and replaced nothing.

    Args:
        facts: Those of a page.
        newer: What replaced each superseded fact of the bank.
    """
    held: list[CitedFact] = []
    replaced: dict[str, list[CitedFact]] = {}
    finals: dict[str, CitedFact | None] = {}
    for one in sorted(facts, key=_by_time):
        if one.fact.fact_id not in newer:
            held.append(one)
            continue
        final = _final(one, newer)
        key = same(final.fact.text) if final is not None else ""
        replaced.setdefault(key, []).append(one)
        finals.setdefault(key, final)
    holding = {same(one.text): one for one in statements(held)}
    changes: list[Change] = []
    for key, older in replaced.items():
        final = finals[key]
        now = None if final is None else holding.pop(key, Statement((final,)))
        gone = [one for one in statements(older) if now is None or same(one.text) != key]
        if gone:
            changes += [Change(tuple(gone), now)] if now else [Change((one,), None) for one in gone]
        elif now is not None:
            holding[key] = now
    return sorted(changes, key=_when_changed), list(holding.values())


def _final(one: CitedFact, newer: Mapping[str, CitedFact | None]) -> CitedFact | None:
    """What holds at the end of the line of replacements; None where a link of it is gone."""
    seen = {one.fact.fact_id}
    at = newer[one.fact.fact_id]
    while at is not None and at.fact.fact_id in newer and at.fact.fact_id not in seen:
        seen.add(at.fact.fact_id)
        at = newer[at.fact.fact_id]
    return at


def _by_time(one: CitedFact) -> tuple[object, ...]:
    return (dates.order(one.fact), place(one))


def _when_changed(change: Change) -> tuple[object, ...]:
    last = change.newer or change.older[-1]
    return _by_time(last.cited[0])
