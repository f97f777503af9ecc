"""An append that is killed at any instant is resumed, and adds its turns once."""

import asyncio
import json
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.commandline import contents, sound
from tests.nursery import Nursery, nursery

from retain import Memory

SEED = 7
KILLS = 16
CHAT = "chat.jsonl"


def lines(first: int, last: int) -> str:
    said = ("Ana Silva lives in town {}.", "ok", "Bob Reis owns boat {}.", "Ana works at Lab {}.")
    return "".join(
        json.dumps({"name": "Ana", "content": said[n % 4].format(n)}) + "\n"
        for n in range(first, last)
    )


@pytest.fixture(scope="module")
def commands() -> Iterator[Nursery]:
    with nursery() as found:
        yield found


def filled(folder: Path, commands: Nursery) -> Path:
    folder.mkdir()
    (folder / CHAT).write_text(lines(0, 20), "utf-8")
    (folder / "more.jsonl").write_text(lines(20, 26), "utf-8")
    assert commands.run(folder, "ingest", CHAT).code == 0
    return folder


def rows_of(folder: Path) -> dict[str, Any]:
    sound(folder / "memory.db")
    rows = contents(folder / "memory.db")
    for table in ("page", "dirty_page", "topic", "topic_section", "total"):
        rows.pop(table, None)  # when they were rendered or clustered decides them
    return rows


def finish(folder: Path) -> str:
    """Resume what was killed, and begin again where nothing was kept; where the run had been."""

    async def work() -> str:
        async with Memory.open(f"sqlite:///{folder}/memory.db") as memory:
            (run,) = await memory.runs()
            await memory.resume_all()
            if await memory.sources.text(CHAT) == lines(0, 20):
                added = await memory.append(lines(20, 26), source_id=CHAT)
                assert added.status == "completed"
                return "nothing kept"
            return run.last_state

    return asyncio.run(work())


def test_a_killed_append_adds_its_turns_once(tmp_path: Path, commands: Nursery) -> None:
    base = filled(tmp_path / "base", commands)
    whole = shutil.copytree(base, tmp_path / "whole")
    done = commands.run(whole, "append", CHAT, "more.jsonl")
    assert done.code == 0, done
    chance, reached = random.Random(SEED), set[str]()
    for n in range(KILLS):
        folder = shutil.copytree(base, tmp_path / f"killed-{n}")
        after = chance.uniform(0, done.took_s)
        commands.run(folder, "append", CHAT, "more.jsonl", kill_after_s=after)
        reached.add(finish(folder))
        assert rows_of(folder) == rows_of(whole), n
    assert reached - {"nothing kept", "COMPLETE"}, reached
