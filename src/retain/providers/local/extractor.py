"""The local extractor: rules, off the event loop."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence

from retain.memory.model import Deduplicated, Extraction, Fact, Section
from retain.providers.local.dedupe import dedupe_facts
from retain.providers.local.facts import Source, extract_from

RULES = "local-1"
"""The version of the rules: another one has every section extracted anew."""

_CHUNK = 64


class LocalExtractor:
    """Extracts facts by rules."""

    def setting(self, text: str, sections: Sequence[Section]) -> str:
        """The rules' version, and what of the source as a whole their facts depend on."""
        whole = Source.of(text, sections).setting
        return f"{RULES} {hashlib.sha256(whole.encode()).hexdigest()[:8]}"

    async def extract(
        self, text: str, sections: Sequence[Section], *, among: Sequence[Section]
    ) -> Extraction:
        """The facts of `sections`, which are some of all the source's sections, `among`."""
        source = Source.of(text, among)
        facts: list[Fact] = []
        quarantined: list[Fact] = []
        for at in range(0, len(sections), _CHUNK):
            part = await asyncio.to_thread(extract_from, source, sections[at : at + _CHUNK])
            facts += part.facts
            quarantined += part.quarantined
        return Extraction(tuple(facts), tuple(quarantined))

    async def dedupe(self, facts: Sequence[Fact], source_id: str) -> Deduplicated:
        """Facts with their ids, near-duplicates merged; the order of `facts` does not matter."""
        return await asyncio.to_thread(dedupe_facts, facts, source_id)
