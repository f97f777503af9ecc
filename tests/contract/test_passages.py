"""A section with several vectors is as like a query as the most like of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.postgres import Schemas

from retain.app.wiring import bank_store
from retain.bank import BankStore
from retain.db.pgurl import Address
from retain.db.postgres import PostgresDatabase
from retain.db.sqlite import Database
from retain.memory.model import Likeness, Vectors
from retain.memory.model.transfer import VectorRecord
from retain.memory.ports.store import Store
from retain.stores.postgres import PostgresStore
from retain.stores.sqlite import SQLiteStore
from retain.testing.contents import document, put
from retain.testing.transfer import given

CONTENT = document("long", "short", "other")
QUERY = np.array([1, 0], dtype=np.float32)


def vectors(*angles: tuple[int, float]) -> Vectors:
    """A vector in the plane for each section and angle in degrees."""
    rows = np.array([[np.cos(np.radians(a)), np.sin(np.radians(a))] for _, a in angles])
    names = tuple(CONTENT[1].sections[n].section_id for n, _ in angles)
    return Vectors("m", 2, names, rows.astype("<f2").tobytes())


LONG = vectors((0, 90), (0, 10), (0, 60), (1, 30), (2, 80))


Opened = Callable[[Path], tuple[Store, Callable[[], Awaitable[None]]]]


def sqlite(folder: Path) -> tuple[Store, Callable[[], Awaitable[None]]]:
    database = Database(folder / "memory.db", durability="process")
    return SQLiteStore(database), database.close


@pytest.fixture(params=["sqlite", "postgres"], autouse=True)
def opened(request: pytest.FixtureRequest, postgres: Schemas) -> Iterator[None]:
    """Have `with_store` open each kind of store."""

    def server(folder: Path) -> tuple[Store, Callable[[], Awaitable[None]]]:
        address = Address.parsed(postgres.url(folder))
        database = PostgresDatabase(address, durability="process")
        return PostgresStore(database), database.close

    OPEN.append(server if request.param == "postgres" else sqlite)
    yield
    OPEN.pop()


OPEN: list[Opened] = []
"""How the test opens a store."""


def with_store(folder: Path, work: Callable[[BankStore], Awaitable[None]]) -> None:
    async def main() -> None:
        store, close = OPEN[-1](folder)
        try:
            await work(bank_store(store))
        finally:
            await close()

    asyncio.run(main())


async def alike(store: BankStore, bank_id: str = "b") -> Likeness:
    return await store.search(bank_id, lambda bank: bank.likeness("m", QUERY, 9))


def test_the_best_passage_counts(tmp_path: Path) -> None:
    async def check(store: BankStore) -> None:
        await put(store, "b", "s", CONTENT, vectors=LONG)
        found = await alike(store)
        assert [row.text for row, _ in found.best] == ["long", "short", "other"]
        scores = [score for _, score in found.best]
        assert np.allclose(scores, np.cos(np.radians([10, 30, 80])), atol=1e-3)
        assert np.isclose(found.mean, np.mean(scores)), "of sections, not of passages"

    with_store(tmp_path, check)


def test_vectors_that_replace_others_replace_their_passages_too(tmp_path: Path) -> None:
    async def check(store: BankStore) -> None:
        await put(store, "b", "s", CONTENT, vectors=LONG)
        await store.add_vectors("b", "s", vectors((0, 90)))
        found = await alike(store)
        assert [row.text for row, _ in found.best] == ["short", "other", "long"]

    with_store(tmp_path, check)


def test_a_section_that_stays_keeps_its_passages(tmp_path: Path) -> None:
    async def check(store: BankStore) -> None:
        await put(store, "b", "s", CONTENT, vectors=LONG)
        await put(store, "b", "s", document("long", "new"))
        assert [row.text for row, _ in (await alike(store)).best] == ["long"]

    with_store(tmp_path, check)


def test_topics_are_found_among_whole_sections(tmp_path: Path) -> None:
    async def check(store: BankStore) -> None:
        await put(store, "b", "s", CONTENT, vectors=LONG)
        passages = await store.passages("b")
        assert passages.vectors.shape == (3, 2)
        assert passages.vectors[0].tolist() == [0, 1]

    with_store(tmp_path, check)


def test_a_bank_that_is_taken_elsewhere_keeps_its_passages(tmp_path: Path) -> None:
    async def check(store: BankStore) -> None:
        await put(store, "b", "s", CONTENT, vectors=LONG)
        records = [record async for record in store.dump("b")]
        assert max(one.passages for one in records if isinstance(one, VectorRecord)) == 3
        (tmp_path / "other").mkdir()
        database = Database(tmp_path / "other" / "memory.db", durability="process")
        try:
            other = bank_store(SQLiteStore(database))
            await other.load("b", given(records))
            assert await alike(other) == await alike(store)
        finally:
            await database.close()

    with_store(tmp_path, check)
