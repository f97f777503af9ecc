"""A database of an earlier release that takes long to upgrade."""

from __future__ import annotations

import gzip
import json
import re
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from tests.commandline import DEADLINE_S, CommandLine, ended_after

from retain.db import queries

DATABASES = Path(__file__).parents[1] / "data" / "databases"
SLOW = Path(__file__).with_name("slow_upgrade.py")
STEP = re.compile(r"retain: bringing memory\.db up to date: step (\d+) of (\d+)\n")
ENDLESS = 10**15
LONG = 10**6


@pytest.fixture
def old(cli: CommandLine) -> CommandLine:
    cli.db.write_bytes(gzip.decompress((DATABASES / "notes.sqlite.gz").read_bytes()))
    return cli


def upgrade(cli: CommandLine, rows: int, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, SLOW, str(rows), *(words or ("facts", "--json"))],
        cwd=cli.folder,
        env=cli.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def versions(cli: CommandLine) -> dict[str, int]:
    """The versions of the tables of the components."""
    with closing(sqlite3.connect(cli.db)) as db:
        return dict(db.execute("SELECT component, version FROM retain_schema"))


def counting_step(cli: CommandLine) -> int:
    """The number of the step that counts, the last of ``knowledge``; ``store`` comes before."""
    have = versions(cli)
    return sum(len(queries.migrations(one)) - have[one] for one in ("store", "knowledge"))


def test_a_long_upgrade_is_told_on_stderr_and_leaves_stdout_to_the_answer(
    old: CommandLine,
) -> None:
    process = upgrade(old, LONG)
    with ended_after(process):
        out, err = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 0, err
    assert STEP.search(err), err
    assert all(line.startswith("retain: bringing ") for line in err.splitlines())
    assert json.loads(out) == old("facts", "--json").json


def test_a_new_database_is_made_without_a_word_however_long_that_takes(cli: CommandLine) -> None:
    process = upgrade(cli, LONG, "add", "Mira lives in Oslo.", "--json")
    with ended_after(process):
        out, err = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 0, err
    assert "Oslo" in out
    assert err == ""


def test_a_process_that_is_killed_while_it_upgrades_leaves_the_database_as_it_was(
    old: CommandLine,
) -> None:
    before = versions(old)
    for _ in range(3):
        counting, process = counting_step(old), upgrade(old, ENDLESS)
        with ended_after(process):
            assert process.stderr is not None
            while (step := STEP.match(process.stderr.readline())) and int(step[1]) < counting:
                pass
            assert step is not None
            process.send_signal(signal.SIGKILL)
            process.communicate(timeout=DEADLINE_S)
        assert versions(old) == {**before, "store": before["store"] + 1}
    facts = old("facts", "--json").json
    assert "Ana" in json.dumps(facts)
    assert old("doctor").code == 0
    assert versions(old)["knowledge"] > before["knowledge"]
