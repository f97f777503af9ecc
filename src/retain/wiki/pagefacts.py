"""The facts of one page, with what replaced them and the pages of whom they name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from retain.memory.model import CitedFact
from retain.memory.naming import names_in
from retain.memory.ports import PageReads
from retain.wiki import dates
from retain.wiki.links import Linker

MOST_READ = 500
"""A page is made from no more facts that fill a slot, and from no more that fill none: rendering
costs no more for somebody of whom a hundred thousand facts speak."""


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What a page is rendered from.

    Args:
        facts: Those that it speaks of, by source and place.
        newer: What replaced each superseded one of them, by its id; None where that is gone.
        linker: Links the names that they give.
    """

    facts: tuple[CitedFact, ...]
    newer: Mapping[str, CitedFact | None]
    linker: Linker

    def named(self) -> Counter[tuple[str, str]]:
        """How many of the facts name each entity that has a page, by its page's id and title."""
        return Counter(
            (page_id, entity.name)
            for one in self.facts
            for page_id, entity in self.linker.meant(names_in(one.fact)).items()
        )


def gathered(facts: Iterable[CitedFact], reads: PageReads) -> PageFacts:
    """The facts with what is read around them; their order does not matter."""
    placed = tuple(sorted(facts, key=place))
    by_id = {one.fact.fact_id: one for one in placed}
    replaced = [one.fact for one in placed if one.fact.superseded_by is not None]
    beyond = {fact.superseded_by for fact in replaced if fact.superseded_by is not None}
    beyond -= by_id.keys()
    by_id |= {one.fact.fact_id: one for one in (reads.facts(beyond) if beyond else ())}
    newer = {fact.fact_id: by_id.get(fact.superseded_by or "") for fact in replaced}
    names = {name for one in by_id.values() for name in names_in(one.fact)}
    return PageFacts(placed, newer, Linker(reads.entities_named(names) if names else ()))


def place(cited: CitedFact) -> tuple[object, ...]:
    """Sorts facts by source and place."""
    fact = cited.fact
    return (cited.source_id, cited.line, fact.start, fact.end, fact.fact_id)


def latest(facts: Iterable[CitedFact]) -> list[CitedFact]:
    """The facts, the newest first and the undated last."""
    facts = list(facts)
    dated = [one for one in facts if dates.moment(one.fact) is not None]
    dated.sort(key=lambda one: (dates.order(one.fact), place(one)), reverse=True)
    return dated + [one for one in facts if dates.moment(one.fact) is None]
