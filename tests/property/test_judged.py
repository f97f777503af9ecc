"""However sources come, and whatever a model says of each pair: the bank is the same at the end."""

import asyncio
import hashlib
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.asked import AskedModel, machine, verdict
from tests.commandline import contents
from tests.property.test_bank import unnumbered

from retain import Memory
from retain.providers.embedders import catalogue

SENTENCES = (
    "Kate Miller is keen on sailing around the islands.",
    "Katherine Miller is afraid of sailing around the islands.",
    "Kate lives in Porto.",
    "Katie Miller moved to Lisbon.",
    "Katherine is fond of the islands.",
    "Bob Reis works at Harbour Labs.",
    "Robert Reis is fond of green tea.",
    "Robert is tired of green tea.",
    "Bob is afraid of green tea.",
    "We flew to New York City.",
    "NYC is far.",
    "We met Yuri Dostoevsky in Porto.",
    "Yuri Dostoyevsky is planning a trip to Norway.",
    "Yuri Dostoevsky is looking forward to a trip to Norway.",
    "Lake Como is deep. We drove from Como to Porto.",
)
some = settings(derandomize=True, deadline=None, max_examples=20)


@pytest.fixture(scope="module", autouse=True)
def one_embedder() -> Iterator[None]:
    """Load the model once, not for every bank."""
    loaded = catalogue.Catalogue().get(catalogue.MODELS[catalogue.STATIC])
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(catalogue._LOADERS, loaded.model, lambda: loaded)
        yield


@st.composite
def texts(draw: st.DrawFn) -> str:
    day = draw(st.integers(1, 28))
    chosen = draw(st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=5))
    return f"---\ndate: 2024-02-{day:02}\n---\n# Notes\n\n" + "\n\n".join(chosen) + "\n"


shelves = st.lists(texts(), min_size=2, max_size=4)


def decided(purpose: str, data: str) -> str:
    """What a model that has its own mind says of a pair: always the same of the same."""
    if purpose == "lead":
        return "{}"  # no lead can be made of that
    words = {"names": ("same", "different", "unsure"), "supersedes": ("replaces", "both hold")}
    number = hashlib.sha256(data.encode()).digest()[0]
    return verdict(words[purpose][number % len(words[purpose])])


def bank(
    named: list[tuple[str, str]], *, at_once: bool = False, forget: str | None = None
) -> tuple[dict[str, Any], list[str]]:
    """The rows of the bank that the sources make, and what the model was asked of pairs."""
    model = AskedModel(decided)

    async def made(db: Path) -> None:
        async with machine(db, model) as fsm:
            if at_once:
                runs = await asyncio.gather(*(fsm.retain(*item) for item in named))
            else:
                runs = [await fsm.retain(*item) for item in named]
        assert all(run.status == "completed" for run in runs), [run.errors for run in runs]
        async with Memory.open(f"sqlite:///{db}") as memory:
            if forget is not None:
                await memory.forget(forget)
            await memory.pages()

    with tempfile.TemporaryDirectory() as folder:
        db = Path(folder, "memory.db")
        asyncio.run(made(db))
        asked = {one.data for one in model.asked if one.purpose != "lead"}
        return unnumbered(contents(db)), sorted(asked)


@some
@given(shelves, st.randoms(use_true_random=False), st.booleans())
def test_neither_order_nor_coming_at_once_matters(
    shelf: list[str], chance: random.Random, at_once: bool
) -> None:
    named = [(f"{n}.md", text) for n, text in enumerate(shelf)]
    shuffled = named.copy()
    chance.shuffle(shuffled)
    assert bank(shuffled, at_once=at_once) == bank(named)


@some
@given(shelves, texts())
def test_nothing_is_left_of_what_is_forgotten(shelf: list[str], secret: str) -> None:
    named = [(f"{n}.md", text) for n, text in enumerate(shelf)]
    rows, _ = bank([("secret.md", secret), *named], forget="secret.md")
    never, _ = bank(named)
    assert set(rows["judgement"]) >= set(never["judgement"])
    assert set(rows["edge"]) <= set(never["edge"])
    if rows["edge"] == never["edge"]:
        # Of a pair that is left, a model may have been asked with the secret's help alone.
        beside = rows.keys() - {"judgement", "verdict"}
        assert {table: rows[table] for table in beside} == {table: never[table] for table in beside}
