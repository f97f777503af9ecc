"""SIGINT and SIGTERM end a command, whatever it waits for."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.commandline import ANA, DEADLINE_S, CommandLine, catches, until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and pipes")

SIGNALS = [signal.SIGINT, signal.SIGTERM]


@pytest.fixture
def cli(tmp_path: Path) -> Iterator[CommandLine]:
    command_line = CommandLine(tmp_path)
    command_line.write("ana.md", ANA)
    command_line.retained("ana.md")
    os.mkfifo(tmp_path / "pipe")
    return command_line


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize(
    "words", [["import", "pipe", "--bank", "new"], ["export", "--jsonl", "pipe"]]
)
def test_a_pipe_that_nobody_opens(
    cli: CommandLine, words: list[str], number: signal.Signals
) -> None:
    with cli.start(*words) as process:
        until(lambda: catches(process, signal.SIGTERM), "the command to listen")
        process.send_signal(number)
        assert process.wait(timeout=DEADLINE_S) == 130
        assert "interrupted" in process.stderr.read()


def test_a_lock_that_another_process_keeps(cli: CommandLine) -> None:
    cli.write("bob.md", "# Bob\n\nBob sails.\n")
    cli.env["RETAIN_BUSY_TIMEOUT"] = "3600"
    with closing(sqlite3.connect(cli.db, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with cli.start("ingest", "bob.md") as process:
            until(lambda: catches(process, signal.SIGTERM), "the command to listen")
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=DEADLINE_S) == 130
    cli("ingest", "bob.md")


STUCK = """
import asyncio, sys, time
from retain.cli import signals
from retain.cli.bridge import run
from retain.cli.main import main

async def work():
    print("begun", flush=True)
    try:
        await asyncio.to_thread(time.sleep, 3600)
    finally:
        print("cleaned up", flush=True)

signals.GRACE_S = float(sys.argv[1])
sys.argv[1:] = ["doctor"]
import retain.cli.main as entry
entry.app = lambda: run(work())
main()
"""


@pytest.mark.parametrize(("grace_s", "signals"), [("0.2", 1), ("3600", 2)])
def test_a_thread_that_does_not_end(grace_s: str, signals: int) -> None:
    """As one that waits for a folder on a network that is gone."""
    with subprocess.Popen(
        [sys.executable, "-c", STUCK, grace_s], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout.readline() == "begun\n"
            process.send_signal(signal.SIGINT)
            assert process.stdout.readline() == "cleaned up\n"
            if signals == 2:
                process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=DEADLINE_S) == 130
        finally:
            process.kill()
