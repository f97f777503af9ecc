"""A rebuild that is killed at any instant leaves the bank as it was."""

import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.commandline import contents, sound
from tests.nursery import Nursery, nursery

SEED = 11
KILLS = 12
RENDERED = ("page", "dirty_page", "topic", "topic_section", "total")
"""What depends on when pages were rendered."""


@pytest.fixture(scope="module")
def commands() -> Iterator[Nursery]:
    with nursery() as found:
        yield found


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, commands: Nursery) -> Path:
    folder = tmp_path_factory.mktemp("filled")
    (folder / "notes").mkdir()
    for n in range(16):
        text = (
            f"Ana Silva moved to Town {n}. Bob Reis {n} met Ana Silva in Faro on {n + 1} May 2023."
        )
        (folder / f"notes/{n}.md").write_text(f"# Note {n}\n\n{text}\n", "utf-8")
    assert commands.run(folder, "ingest", "notes").code == 0
    return folder


def rows_of(folder: Path) -> dict[str, Any]:
    sound(folder / "memory.db")
    rows = contents(folder / "memory.db")
    return {table: rows[table] for table in rows if table not in RENDERED}


def test_a_rebuild_that_is_killed_leaves_the_bank_as_it_was(
    tmp_path: Path, filled: Path, commands: Nursery
) -> None:
    whole = shutil.copytree(filled, tmp_path / "whole")
    done = commands.run(whole, "rebuild")
    assert done.code == 0, done
    chance, killed = random.Random(SEED), 0
    for n in range(KILLS):
        folder = shutil.copytree(filled, tmp_path / f"killed-{n}")
        after = done.took_s * chance.uniform(0.2, 1)
        killed += commands.run(folder, "rebuild", kill_after_s=after).code < 0
        assert rows_of(folder) == rows_of(filled), n
        assert commands.run(folder, "rebuild").code == 0
        assert rows_of(folder) == rows_of(whole), n
    assert killed
