"""Facts as a page states them: what says the same once, what was replaced with what replaced it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from retain.memory.model import CitedFact, FactType
from retain.memory.naming import names_in
from retain.wiki import dates
from retain.wiki.pagefacts import place

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
    def names(self) -> frozenset[str]:
        """The names that its facts give, without case."""
        return frozenset(name for one in self.cited for name in names_in(one.fact))

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
        newer: What holds; None where that is gone from the bank, or is not of the page.
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

    A line of replacements is followed through the facts of the page, and to the first one beyond:
    so a page depends on its facts and on what replaced these directly, and on nothing else.

    Args:
        facts: Those of a page.
        newer: What replaced each superseded one of them.
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
        now = holding.pop(key, None)
        if now is None and final is not None and not _is_replaced_beyond(final, newer):
            now = Statement((final,))
        gone = [one for one in statements(older) if now is None or same(one.text) != key]
        if now is not None and not gone:
            holding[key] = now
        elif final is None:
            changes += [Change((one,), None) for one in gone]
        else:
            last = () if now is not None else (Statement((final,)),)
            changes.append(Change((*gone, *last), now))
    return sorted(changes, key=_when_changed), list(holding.values())


def _final(one: CitedFact, newer: Mapping[str, CitedFact | None]) -> CitedFact | None:
    """What the line of replacements ends with; None where a link of it is gone."""
    seen = {one.fact.fact_id}
    at = newer[one.fact.fact_id]
    while at is not None and at.fact.fact_id in newer and at.fact.fact_id not in seen:
        seen.add(at.fact.fact_id)
        at = newer[at.fact.fact_id]
    return at


def _is_replaced_beyond(final: CitedFact, newer: Mapping[str, CitedFact | None]) -> bool:
    """Whether something replaced the end of a line; facts that replace each other hold."""
    return final.fact.superseded_by is not None and final.fact.fact_id not in newer


def _by_time(one: CitedFact) -> tuple[object, ...]:
    return (dates.order(one.fact), place(one))


def _when_changed(change: Change) -> tuple[object, ...]:
    last = change.newer or change.older[-1]
    return _by_time(last.cited[0])
