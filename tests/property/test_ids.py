"""Any two ids name two runs, and none of them leaves the folder."""

import asyncio
import unicodedata
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from retain.checkpoints.file import FileCheckpoint
from retain.checkpoints.sqlite import SQLiteCheckpoint
from retain.memory.context import RetainContext

PIECES = [
    "..",
    ".",
    "/",
    "\\",
    "_",
    "-",
    "a",
    "A",
    "\u00e9",
    "e\u0301",
    "\n",
    " ",
    "%2f",
    "~",
]
pieces = st.lists(st.sampled_from(PIECES), max_size=6).map("".join)
ids = (
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
    | pieces
    | pieces.map(lambda text: (text or "x") * 10_000)
    | st.sampled_from(["CON", "nul", "aux.run", "é" * 4000, "/etc/passwd", "C:\\x", "\u202e"])
)
keys = st.tuples(ids, ids)


def alike(key):
    """Ids that a careless backend takes for `key`."""
    bank, source = key
    found = {
        (bank, source.upper()),
        (bank, source.lower()),
        (bank, source + " "),
        (bank, source.replace("/", "_")),
        (bank, source.replace("/", "%2f")),
        (bank, "../" + source),
        (bank, source[:200]),
        (bank + source, ""),
        ("", bank + source),
        (bank + "/" + source, ""),
        (source, bank),
    }
    found |= {
        (unicodedata.normalize(form, bank), unicodedata.normalize(form, source))
        for form in ("NFC", "NFD", "NFKC", "NFKD")
    }
    return sorted({key, *found})


@asynccontextmanager
async def files(folder):
    checkpoint = FileCheckpoint(folder / "root", RetainContext, durability="process")
    yield checkpoint
    await checkpoint.close()


@asynccontextmanager
async def sqlite(folder):
    checkpoint = SQLiteCheckpoint(folder / "root.db", RetainContext, durability="process")
    yield checkpoint
    await checkpoint.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("ids")


@pytest.mark.parametrize("opened", [files, sqlite])
@settings(
    derandomize=True,
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(key=keys)
@example(key=("", ""))
@example(key=("..", ".."))
@example(key=("a/b", "a_b"))
@example(key=("Caf\u00e9", "Cafe\u0301"))
@example(key=("x" * 10_000, "y\n" * 5000))
def test_no_two_ids_share_a_run_and_none_leaves_the_folder(folder, opened, key):
    async def test():
        async with opened(folder) as checkpoint:
            named = alike(key)
            for each in named:
                await checkpoint.save(RetainContext(*each, repr(each)))
            for each in named:
                ctx = await checkpoint.load(*each)
                assert (ctx.bank_id, ctx.source_id, ctx.md_text) == (*each, repr(each))
            assert [(s.bank_id, s.source_id) for s in await checkpoint.list()] == named
            for n, each in enumerate(named):
                assert await checkpoint.delete(*each)
                assert len(await checkpoint.list()) == len(named) - n - 1

    asyncio.run(test())
    assert inside(folder)


def inside(folder: Path) -> bool:
    """Whether everything lies where the two checkpoints keep it."""
    names = {path.name for path in folder.iterdir()}
    below = {path.name for path in (folder / "root").glob("*")}
    return names <= {"root", "root.db", "root.db-wal", "root.db-shm"} and below <= {"locks"}
