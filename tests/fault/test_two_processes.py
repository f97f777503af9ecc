"""Two processes at one source: one runs it, the other is told who does."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.commandline import (
    ANA,
    DEADLINE_S,
    TALK,
    CommandLine,
    contents,
    ended_after,
    notes,
    sound,
    until,
)

SLOW_READER = Path(__file__).with_name("slow_reader.py")


@contextmanager
def reading(cli: CommandLine, path: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that has begun to retain `path` and waits inside of READ."""
    process = subprocess.Popen(
        [sys.executable, SLOW_READER, path],
        cwd=cli.folder,
        env=cli.environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with ended_after(process):
        assert process.stdout is not None
        assert process.stdout.readline() == "reading\n"
        yield process


def test_the_second_is_told_who_runs_it_and_the_first_goes_on(cli: CommandLine) -> None:
    cli.write("ana.md", ANA)
    cli.write("talk.md", TALK)
    with reading(cli, "ana.md") as first:
        assert cli.statuses() == {"ana.md": "running"}
        told = (
            f"'ana.md' in 'default' is being run by process {first.pid} on "
            f"{socket.gethostname()} (lease until "
        )
        ended = cli("ingest", "ana.md", "talk.md", code=1)
        assert told in ended.err
        assert ended.err.endswith(" UTC): wait for it, or stop it\n")
        assert ended.out.startswith("retained 1 source, 1 failed in ")
        assert cli.statuses() == {"ana.md": "running", "talk.md": "completed"}
        (run,) = cli("ingest", "ana.md", "--json", code=1).json
        assert run["status"] == "running"
        for command in ("resume", "forget"):
            assert told in cli(command, "ana.md", code=1).err
        assert "nothing to resume" in cli("resume", "--all").out
        out, err = first.communicate("go on\n", timeout=DEADLINE_S)
        assert (out, err, first.returncode) == ("completed\n", "", 0)
    assert cli.statuses() == {"ana.md": "completed", "talk.md": "completed"}
    assert cli("show", "ana.md", "--json").json["source"]["version"] == 1
    assert cli.found("painting harbours")


@pytest.mark.parametrize("words", [["ingest", "ana.md"], ["resume", "ana.md"], ["resume", "--all"]])
def test_a_killed_holder_is_followed_at_once(cli: CommandLine, words: list[str]) -> None:
    cli.write("ana.md", ANA)
    with reading(cli, "ana.md") as first:
        first.send_signal(signal.SIGKILL)
        first.wait(DEADLINE_S)
        assert cli.statuses() == {"ana.md": "interrupted"}
        since = time.monotonic()
        cli(*words)
    assert time.monotonic() - since < 15, "it waited for the lease to run out"
    assert cli.statuses() == {"ana.md": "completed"}
    assert cli.found("Lisbon")


def test_a_stopped_holder_still_holds(cli: CommandLine) -> None:
    cli.write("ana.md", ANA)
    with reading(cli, "ana.md") as first:
        first.send_signal(signal.SIGSTOP)
        try:
            assert f"process {first.pid} " in cli("resume", "ana.md", code=1).err
        finally:
            first.send_signal(signal.SIGCONT)
        out, _ = first.communicate("\n", timeout=DEADLINE_S)
        assert out == "completed\n"


def test_two_ingests_of_one_folder_leave_one_bank(cli: CommandLine) -> None:
    ids = notes(cli, "boxes", 40)
    with cli.start("ingest", "boxes") as one, cli.start("ingest", "boxes") as two:
        ended = [process.communicate(timeout=DEADLINE_S) for process in (one, two)]
        codes = {one.returncode, two.returncode}
    assert codes <= {0, 1}, ended
    for _, err in ended:
        assert all("is being run by process " in line for line in err.splitlines()[:20]), err
    assert cli.statuses() == dict.fromkeys(ids, "completed")
    found = contents(cli.db)
    assert len(found["source"]) == 40
    assert len(found["section"]) == 120
    assert {row[2] for row in found["source"]} == {1}
    sound(cli.db)


def test_two_banks_are_filled_at_once(cli: CommandLine) -> None:
    notes(cli, "boxes", 40)
    with (
        cli.start("ingest", "boxes", "--bank", "one") as one,
        cli.start("ingest", "boxes", "--bank", "two") as two,
    ):
        until(lambda: one.poll() is not None and two.poll() is not None, "both", every_s=0.02)
        assert (one.returncode, two.returncode) == (0, 0)
    assert {r["status"] for r in cli("runs", "--json").json} == {"completed"}
    sound(cli.db)
