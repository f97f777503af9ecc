"""In which order a bank was filled makes no difference to what is found, nor to its score."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from pathlib import Path

from retain import Memory
from retain.providers.embedders import Catalogue

WORDS = "sea boat rope sail tide harbour wind anchor chart storm oar keel mast deck fog".split()  # noqa: SIM905


def notes(count: int) -> list[tuple[str, str]]:
    chance = random.Random(5)
    return [(f"n{n:03}", " ".join(chance.choices(WORDS, k=9)) + ".") for n in range(count)]


def found(path: Path, given: Sequence[tuple[str, str]], query: str) -> list[tuple[str, float]]:
    async def main() -> list[tuple[str, float]]:
        async with Memory.open(f"sqlite:///{path}") as memory:
            for name, text in given:
                await memory.retain_text(text, source_id=name)
            return [(hit.source_id, hit.score) for hit in await memory.recall(query, k=20)]

    return asyncio.run(main())


def test_scores_are_the_same_to_the_last_digit(tmp_path: Path) -> None:
    given = notes(60)
    query = "Where is the anchor in a storm?"
    forth = found(tmp_path / "forth.db", given, query)
    assert len(forth) == 20
    assert found(tmp_path / "back.db", given[::-1], query) == forth


def test_of_equally_alike_sections_those_that_come_first_by_source_are_taken(
    tmp_path: Path,
) -> None:
    async def main(names: Sequence[str]) -> list[str]:
        async with Memory.open(f"sqlite:///{tmp_path}/{''.join(names)}.db") as memory:
            for name in names:
                await memory.retain_text("The boat lies at anchor.", source_id=name)
            embedder = Catalogue().get(Catalogue().preferred)
            vector = (await embedder.embed(["anchor"]))[0]
            store = memory._store  # pyright: ignore[reportPrivateUsage]
            alike = await store.search(
                "default", lambda bank: bank.likeness(embedder.model, vector, 2)
            )
            return [row.source_id for row, _ in alike.best]

    for names in ("abc", "cba", "bca"):
        assert asyncio.run(main(names)) == ["a", "b"]
