"""The pytest plugin of Retain: a model's server and memories for the tests of your program.

pytest loads it where Retain is installed. A fixture costs only the tests that ask for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from retain.sync import Memory
    from retain.testing.modelserver import ModelServer

MODEL = "openai-compatible:scripted"


@pytest.fixture
def retain_model() -> Iterator[ModelServer]:
    """A model's server on loopback, which answers by rules; set its `plan` to have it fail."""
    from retain.testing.modelserver import ModelServer

    with ModelServer() as server:
        yield server


@pytest.fixture
def open_retain_memory(tmp_path: Path) -> Iterator[Callable[..., Memory]]:
    """Opens the test's database, with the settings that are given; may be called several times.

    ``open_retain_memory(model=server)`` asks a model's server, such as `retain_model`.
    """
    from retain.config import Settings
    from retain.memory.model import Price
    from retain.sync import Memory

    db = f"sqlite:///{tmp_path / 'retain.db'}"
    with ExitStack() as opened:

        def open_memory(model: ModelServer | None = None, **given: object) -> Memory:
            chosen: dict[str, object] = {"embedder": "static", **given}
            if model is not None:
                asked = {"model": MODEL, "base_url": model.url, "price": Price(1, 1)}
                chosen = {**asked, "attempts": 1, **chosen}
            settings = Settings(db, **chosen)  # pyright: ignore[reportArgumentType] - any setting
            return opened.enter_context(Memory.open(db, settings=settings))

        yield open_memory


@pytest.fixture
def retain_memory(open_retain_memory: Callable[..., Memory]) -> Memory:
    """An empty memory without a model; its methods are plain functions."""
    return open_retain_memory()
