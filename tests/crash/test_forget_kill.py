"""A forget that is killed at any instant is resumed to the bank that an undisturbed one leaves."""

import asyncio
import random
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.commandline import CommandLine, contents, sound
from tests.nursery import nursery

from retain import Memory
from retain.errors import NotFoundError
from retain.stores.sqlite.journal import SQLiteJournal, journal_path
from retain.testing.journal import call_of

SEED = 20
KILLS = 24
CANARY = "Quillfeather"
GONE = "homes-2024.md"
NOTES = {
    "homes-2022.md": "Ana Silva lives in Porto. Bob Reis works at Acme.",
    GONE: f"Ana Silva lives in Lisbon. Bob Reis works at Globex. Ana Silva met {CANARY} in Faro.",
    "homes-2025.md": "Bob Reis met Ana Silva in Oslo. Eva Holm lives in Bergen.",
}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    cli = CommandLine(tmp_path_factory.mktemp("filled"))
    for name, text in NOTES.items():
        cli.write(f"notes/{name}", f"---\ndate: {name[6:10]}-05-01\n---\n# Notes\n\n{text}\n")
    for n in range(12):
        cli.write(f"notes/{n}.md", f"# Box {n}\n\nBox {n} holds the letters of year {1900 + n}.\n")
    cli("ingest", "notes", "--jobs", "1")
    cli("pages")
    asyncio.run(answer(journal_path(cli.db)))
    assert leaks(cli) == ["memory.db", "memory.journal.db"]
    return cli


async def answer(path: Path) -> None:
    """Have what a model answered of the source that is to be forgotten."""
    journal = SQLiteJournal(path)
    for n in range(40):
        body = f"{CANARY} {n}".encode()
        await journal.keep(call_of(f"k{n}", GONE, bank_id="default"), {f"k{n}": body}, [GONE])
    await journal.close()


def copy_of(filled: CommandLine, folder: Path) -> CommandLine:
    folder.mkdir()
    cli = CommandLine(folder)
    for path in (filled.db, journal_path(filled.db)):
        shutil.copy(path, folder)
    return cli


def leaks(cli: CommandLine) -> list[str]:
    """The files of the database and the journal that hold a byte of what is forgotten."""
    files = sorted(cli.db.parent.glob("memory.*"))
    return [file.name for file in files if CANARY.lower().encode() in file.read_bytes().lower()]


def told(cli: CommandLine) -> tuple[dict[str, Any], list[str]]:
    """The rows of the bank, and what its pages, index and log say."""

    async def read() -> list[str]:
        async with Memory.open(f"sqlite:///{cli.db}") as memory:
            pages = [page.text for page in await memory.pages()]
            return [*pages, await memory.wiki.index(), await memory.wiki.log_text()]

    texts = asyncio.run(read())
    sound(cli.db)
    rows = contents(cli.db)
    del rows["page"], rows["dirty_page"]  # who read or rendered first decides them
    return rows, texts


def finish(cli: CommandLine) -> str:
    """Resume everything, and forget what was killed before it was put down; how far it was."""

    async def work() -> str:
        async with Memory.open(f"sqlite:///{cli.db}") as memory:
            runs = {run.source_id: run for run in await memory.runs()}
            was = runs[GONE].last_state if GONE in runs else "gone"
            await memory.resume_all()
            try:
                await memory.forget(GONE)
            except NotFoundError:
                assert was != "COMPLETE"
            return was

    return asyncio.run(work())


def test_a_killed_forget_is_resumed_to_the_same_bank(filled: CommandLine, tmp_path: Path) -> None:
    undisturbed = copy_of(filled, tmp_path / "undisturbed")
    with nursery() as processes:
        done = processes.run(undisturbed.folder, "forget", GONE)
        assert done.code == 0
        assert leaks(undisturbed) == []
        expected = told(undisturbed)
        assert any("lives in: Porto" in text for text in expected[1]), (
            "what it had replaced is back"
        )
        chance = random.Random(SEED)
        seen: set[str] = set()
        for n in range(KILLS):
            cli = copy_of(filled, tmp_path / f"killed-{n}")
            at = done.took_s * (n + chance.random()) / KILLS
            processes.run(cli.folder, "forget", GONE, kill_after_s=at)
            seen.add(finish(cli))
            assert leaks(cli) == [], f"kill {n} after {at:.3f} s"
            assert told(cli) == expected, f"kill {n} after {at:.3f} s"
    assert len(seen) > 1, f"every kill came at the same state: {seen}"
