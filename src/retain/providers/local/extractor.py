"""The local extractor: rules, off the event loop."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from retain.concurrency import computed
from retain.memory.model import RULES, Deduplicated, Extraction, Fact, Section

if TYPE_CHECKING:
    from retain.providers.local.facts import Source

VERSION = f"{RULES}3"
"""The version of the rules: another one has every section extracted anew."""

_CHUNK = 64


class LocalExtractor:
    """Extracts facts by rules.

    The rules are loaded, off the event loop too, when something is extracted: most commands never
    do, and loading them takes longer than what those commands are for.
    """

    async def setting(self, text: str, sections: Sequence[Section]) -> str:
        """The rules' version, and what of the source as a whole their facts depend on."""
        return await computed(_setting, text, sections)

    async def extract(
        self, text: str, sections: Sequence[Section], *, among: Sequence[Section]
    ) -> Extraction:
        """The facts of `sections`, which are some of all the source's sections, `among`."""
        source = await computed(_source, text, among)
        facts: list[Fact] = []
        quarantined: list[Fact] = []
        for at in range(0, len(sections), _CHUNK):
            part = await computed(_extract, source, sections[at : at + _CHUNK])
            facts += part.facts
            quarantined += part.quarantined
        return Extraction(tuple(facts), tuple(quarantined))

    async def dedupe(
        self, facts: Sequence[Fact], source_id: str, known: Sequence[Fact] = ()
    ) -> Deduplicated:
        """Facts with their ids, near-duplicates merged; see `Extractor`."""
        return await computed(_dedupe, facts, source_id, known)

    async def ids_of_same(
        self, facts: Sequence[Fact], source_id: str, first: int, number: int
    ) -> Sequence[str]:
        """The ids of facts that say what one of `facts` says; see `Extractor`."""
        return await computed(_ids_of_same, facts, source_id, range(first, first + number))


def _source(text: str, sections: Sequence[Section]) -> Source:
    from retain.providers.local.facts import Source

    return Source.of(text, sections)


def _setting(text: str, sections: Sequence[Section]) -> str:
    whole = _source(text, sections).setting
    return f"{VERSION} {hashlib.sha256(whole.encode()).hexdigest()[:8]}"


def _extract(source: Source, sections: Sequence[Section]) -> Extraction:
    from retain.providers.local.facts import extract_from

    return extract_from(source, sections)


def _dedupe(facts: Sequence[Fact], source_id: str, known: Sequence[Fact]) -> Deduplicated:
    from retain.providers.local.dedupe import dedupe_facts

    return dedupe_facts(facts, source_id, known)


def _ids_of_same(facts: Sequence[Fact], source_id: str, numbers: Iterable[int]) -> Sequence[str]:
    from retain.providers.local.dedupe import fact_id, normalised

    texts = dict.fromkeys(normalised(fact.text) for fact in facts)
    return [fact_id(source_id, text, number) for text in texts for number in numbers]
