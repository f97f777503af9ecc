"""A memory for adapters; it is used in the loop of each test, and in that of blocking calls."""

import asyncio
from collections.abc import Iterator

import pytest

from retain import Memory, Settings


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Memory]:
    db = f"sqlite:///{tmp_path_factory.mktemp('memory')}/memory.db"
    opened = Memory.open(db, settings=Settings(db, embedder="static"))
    yield opened
    asyncio.run(opened.close())
