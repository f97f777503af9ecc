"""A document that keeps killing its process is set aside, told, and revived where that is asked."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

KILLER = """
import os, signal
from retain import states
from retain.cli import main

whole = states.read

async def deadly(ctx, services):
    if os.environ.get("DEADLY"):
        os.kill(os.getpid(), signal.SIGKILL)
    return await whole(ctx, services)

states.read = deadly
main.main()
"""


def retain(folder: Path, *words: str, deadly: bool = False) -> subprocess.CompletedProcess[str]:
    """Run a command; a process that reads a document is killed, where that is asked for."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith("RETAIN_")}
    environ |= {"RETAIN_DB": f"sqlite:///{folder / 'a.db'}", "RETAIN_MAX_RECOVERIES": "1"}
    environ |= {"RETAIN_EMBEDDER": "static"} | ({"DEADLY": "1"} if deadly else {})
    run = [sys.executable, "-c", KILLER, *words]
    return subprocess.run(run, capture_output=True, text=True, env=environ, cwd=folder)


def test_a_document_that_keeps_killing_its_process_is_set_aside(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "poison.md").write_text("Ana lives in Porto.\n", encoding="utf-8")
    for _ in range(2):
        assert retain(tmp_path, "ingest", "notes", deadly=True).returncode == -signal.SIGKILL

    again = retain(tmp_path, "ingest", "notes", deadly=True)
    assert again.returncode == 1
    assert "died 2 times in a row" in again.stderr
    assert "retain resume poison.md --dead" in again.stderr
    assert "Traceback" not in again.stderr
    for words in (("ingest", "notes"), ("resume", "poison.md")):
        assert retain(tmp_path, *words, deadly=True).returncode == 1
    left = retain(tmp_path, "resume", "--all", deadly=True)
    assert (left.returncode, left.stdout.split(":")[0]) == (0, "nothing to resume")

    [run] = json.loads(retain(tmp_path, "runs", "--status", "dead", "--json").stdout)
    assert (run["source_id"], run["status"], run["last_state"]) == ("poison.md", "dead", "READ")

    revived = retain(tmp_path, "resume", "--dead")
    assert revived.returncode == 0, revived.stderr
    assert "resumed 1 source" in revived.stdout
    assert "Porto" in retain(tmp_path, "recall", "Where does Ana live?").stdout


def test_a_changed_document_is_retained_though_its_run_is_dead(tmp_path: Path) -> None:
    note = tmp_path / "poison.md"
    note.write_text("Ana lives in Porto.\n", encoding="utf-8")
    for _ in range(2):
        retain(tmp_path, "ingest", "poison.md", deadly=True)
    assert retain(tmp_path, "ingest", "poison.md").returncode == 1
    note.write_text("Ana lives in Lisbon.\n", encoding="utf-8")
    assert retain(tmp_path, "ingest", "poison.md").returncode == 0
