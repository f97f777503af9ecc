"""How long recall takes, by the size of the bank: `python -m benchmarks.recall_speed`.

The sections are made up: sentences of words that are as rare and as frequent as words are (Zipf).
Each says one fact. They are put into the store as the pipeline would, without extraction.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
from itertools import accumulate
from pathlib import Path
from time import perf_counter

from retain import Memory, Settings
from retain.memory.model import Fact, Knowledge, Section
from retain.states.embed import vectors_of

SIZES = (2_500, 100_000)
SECTIONS_EACH = 500
WORDS = 20
VOCABULARY = 30_000
QUERIES = 100


def main() -> None:
    """Print the median and the 95th percentile for each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "sizes", type=int, nargs="*", default=SIZES, help="how many sections, each with a fact"
    )
    parser.add_argument("--embedder", default="minilm")
    parser.add_argument("-k", type=int, default=10)
    args = parser.parse_args()
    for size in args.sizes:
        with tempfile.TemporaryDirectory() as folder:
            url = f"sqlite:///{Path(folder) / 'memory.db'}"
            settings = Settings(db=url, embedder=args.embedder, durability="process")
            asyncio.run(_measure(settings, size, args.k))


async def _measure(settings: Settings, size: int, k: int) -> None:
    chance = random.Random(1)
    words = [f"word{n}" for n in range(VOCABULARY)]
    rarity = list(accumulate(1 / (n + 10) for n in range(VOCABULARY)))

    def some(count: int) -> str:
        return " ".join(chance.choices(words, cum_weights=rarity, k=count))

    async with Memory.open(settings=settings) as memory:
        began = perf_counter()
        for number in range(0, size, SECTIONS_EACH):
            count = min(SECTIONS_EACH, size - number)
            text = "\n".join(f"## {some(2)}\n\n{some(WORDS)}.\n" for _ in range(count))
            await _put(memory, f"s{number}", text)
        retained = perf_counter() - began
        began = perf_counter()
        await memory.recall(some(5), bank_id="b", k=k)
        first = perf_counter() - began
        took: list[float] = []
        for _ in range(QUERIES):
            query = some(6)
            began = perf_counter()
            await memory.recall(query, bank_id="b", k=k)
            took.append(perf_counter() - began)
    took.sort()
    p50, p95 = (1e3 * took[int(share * len(took))] for share in (0.5, 0.95))
    print(
        f"{size:>7,} sections with a fact each, k={k}, {settings.embedder}: p50 {p50:.1f} ms, "
        f"p95 {p95:.1f} ms, the first {1e3 * first:.0f} ms; retained in {retained:.1f} s"
    )


async def _put(memory: Memory, source_id: str, text: str) -> None:
    """What the pipeline would store of the text, with a fact in every section."""
    document = await memory._parts.reader.parse(text, source_id=source_id, reference_date=None)
    embedder = memory._parts.embedders.get(memory._parts.embedders.preferred)
    sections = document.sections
    texts = [text[section.start : section.end] for section in sections]
    await memory._store.replace_source(
        "b",
        source_id,
        content_hash=source_id,
        text=text,
        document=document,
        vectors=await vectors_of(embedder, sections, texts),
        knowledge=Knowledge("made up", tuple(_fact(source_id, text, s) for s in sections)),
    )


def _fact(source_id: str, text: str, section: Section) -> Fact:
    quote = text[section.start : section.end].strip().splitlines()[-1]
    start = text.index(quote, section.start)
    return Fact(
        fact_id=f"{source_id}-{section.ordinal}",
        section_id=section.section_id,
        type="world",
        text=quote,
        quote=quote,
        start=start,
        end=start + len(quote),
        entities=(quote.split()[0],),
    )


if __name__ == "__main__":
    main()
