"""What the journal of answered calls costs: `python -m benchmarks.journal`.

Answers are made up: JSON of facts, some 2,000 bytes each, from words as frequent as words are. A
hit is asked for by the source that it belongs to, as when a document is retained again; between
two hits nothing is asked, so each has the way to a thread and back in it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import tempfile
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from itertools import accumulate
from pathlib import Path
from time import perf_counter

from retain.memory.model import Call, CallContext, RequestClaim
from retain.stores.sqlite.journal import SQLiteJournal

SIZES = (1, 10_000, 100_000)
SOURCES = 200
HITS = 1_000
KEEPS = 200
AT_ONCE = 32
FILLING = 500
VOCABULARY = 5_000
WHEN = datetime(2024, 5, 1, tzinfo=UTC)


def main() -> None:
    """Print the median and the 95th percentile of a hit, a claim and a keep, for each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", type=int, nargs="*", default=SIZES, help="how many kept answers")
    parser.add_argument("--dir", type=Path, help="a folder on the disk to measure")
    args = parser.parse_args()
    for size in args.sizes:
        with tempfile.TemporaryDirectory(dir=args.dir) as folder:
            asyncio.run(_measure(Path(folder) / "memory.journal.db", size))


async def _measure(path: Path, size: int) -> None:
    answers = _answers()
    await _fill(path, size, answers)
    bytes_each = (await asyncio.to_thread(path.stat)).st_size / size
    journal = SQLiteJournal(path)
    chance = random.Random(2)

    async def hit(_: int) -> None:
        number = chance.randrange(size)
        assert await journal.find("b", [_key(number)], [_source(number)])

    async def keep(number: int) -> None:
        await _keep(journal, size + number, answers)

    async def claim(number: int) -> None:
        claim = RequestClaim("b", (_key(-1 - number),), str(number), 60)
        assert await journal.claim(claim, [_source(number)]) == "claimed"

    await hit(0)  # opens the file
    hits = await _times(hit, HITS)
    claims = await _times(claim, KEEPS)
    keeps = await _times(keep, KEEPS)
    began = perf_counter()
    for first in range(KEEPS, 2 * KEEPS, AT_ONCE):
        await asyncio.gather(*(keep(first + n) for n in range(AT_ONCE)))
    rounds = len(range(KEEPS, 2 * KEEPS, AT_ONCE))
    each = (perf_counter() - began) / (rounds * AT_ONCE)
    await journal.close()
    print(
        f"{size:>7,} answers, {bytes_each:,.0f} bytes each: hit {_told(hits)}; "
        f"claim {_told(claims)}; "
        f"keep {_told(keeps)}, {1e3 * each:.2f} ms each with {AT_ONCE} at once"
    )


async def _fill(path: Path, size: int, answers: list[bytes]) -> None:
    journal = SQLiteJournal(path, durability="process")
    for first in range(0, size, FILLING):
        numbers = range(first, min(first + FILLING, size))
        await asyncio.gather(*(_keep(journal, number, answers) for number in numbers))
    await journal.close()


async def _keep(journal: SQLiteJournal, number: int, answers: list[bytes]) -> None:
    call_context = CallContext("b", _source(number), "EXTRACT_FACTS")
    key = _key(number)
    call = Call(call_context, "facts", "openai:made-up", key, WHEN, 200.0, 900, 400, 0.001)
    await journal.keep(call, {key: answers[number % len(answers)]}, [call_context.source_id])


async def _times(work: Callable[[int], Awaitable[None]], count: int) -> list[float]:
    """How long each call took, in milliseconds, sorted."""
    took: list[float] = []
    for number in range(count):
        began = perf_counter()
        await work(number)
        took.append(1e3 * (perf_counter() - began))
    return sorted(took)


def _told(took: list[float]) -> str:
    p50, p95 = (took[int(share * len(took))] for share in (0.5, 0.95))
    return f"p50 {p50:.2f} ms, p95 {p95:.2f} ms"


def _key(number: int) -> str:
    return f"{number * 0x9E3779B97F4A7C15 % 2**64:064x}"


def _source(number: int) -> str:
    return f"notes/{number % SOURCES:04}.md"


def _answers() -> list[bytes]:
    chance = random.Random(1)
    words = [f"word{n}" for n in range(VOCABULARY)]
    rarity = list(accumulate(1 / (n + 10) for n in range(VOCABULARY)))

    def some(count: int) -> str:
        return " ".join(chance.choices(words, cum_weights=rarity, k=count))

    def fact() -> dict[str, object]:
        said = {"type": "world", "text": some(10), "quote": some(12), "subject": some(1)}
        return {**said, "entities": [some(1), some(1)], "slot": None, "value": some(1)}

    return [json.dumps({"facts": [fact() for _ in range(7)]}).encode() for _ in range(500)]


if __name__ == "__main__":
    main()
