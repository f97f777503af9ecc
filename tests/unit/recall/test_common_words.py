"""Words that very many facts have are looked for last, and facts that have no other are found."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from retain import Memory
from retain.stores.sqlite import text_index as index

FACTS = "Ana Silva lives in Porto.\n\nBob Kahn lives in Lisbon.\n\nCleo Marsh lives in Rome."


def asked(path: Path, terms: list[str], limit: int) -> list[str]:
    async def main() -> list[str]:
        async with Memory.open(f"sqlite:///{path}/memory.db") as memory:
            await memory.retain_text(FACTS, source_id="s")
            store = memory._store  # pyright: ignore[reportPrivateUsage]
            found = await store.search_facts("default", terms, limit)
            return [one.fact.text for one, _ in found]

    return asyncio.run(main())


def test_a_common_word_brings_nothing_where_a_rare_one_brings_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "COMMON", 2)
    monkeypatch.setattr(index, "SMALL", 0)
    assert ["Porto" in text for text in asked(tmp_path, ["lives", "Porto"], 1)] == [True]


def test_a_common_word_is_looked_for_where_the_rare_ones_bring_too_few(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "COMMON", 2)
    monkeypatch.setattr(index, "SMALL", 0)
    assert len(asked(tmp_path, ["lives", "Porto"], 3)) == 3
    assert len(asked(tmp_path, ["lives"], 3)) == 3
