"""(e) How long a process takes that imports, beside one that does nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from time import perf_counter

from benchmarks.measure import Group, Row, Sample, Settings, interleave

BARE = "python -c pass"
STATEMENTS = {
    BARE: "pass",
    "retain": "import retain",
    "retain: the engine": "from retain.engine import RetainFSM",
    "retain: Memory": "from retain import Memory",
    "seed": "from astrocyte.pipeline.retain_fsm import RetainFSM",
    "pydantic-graph": "from pydantic_graph import GraphBuilder",
    "burr": "from burr.core import ApplicationBuilder",
    "langgraph": "from langgraph.graph import StateGraph",
    "dbos": "from dbos import DBOS",
}
HELP = "retain --help"
REPETITIONS = 11
TIMEOUT_S = 60

NOTE = """\
(e) Wall time of a fresh process, its start included, bytecode compiled before; in brackets, over
the bare one. "import retain" loads its public names on first use, so the rows below it show what a
program pays; each peer is imported for the name that a program would use."""


def run(settings: Settings) -> list[Group]:
    """Measure every statement and the console script in turns."""
    commands = {name: [sys.executable, "-c", code] for name, code in STATEMENTS.items()}
    commands[HELP] = [str(Path(sys.executable).with_name("retain")), "--help"]
    measured = {name: partial(_measure, command) for name, command in commands.items()}
    rows = interleave(measured, settings.count(REPETITIONS), settings.tell)
    for row in rows:
        row.note = _over(row, rows[0])
    return [Group("(e) process that imports", "ms", rows, base=BARE)]


def _measure(command: Sequence[str]) -> Sample:
    began = perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    took = (perf_counter() - began) * 1000
    if done.returncode != 0:
        raise RuntimeError((done.stderr.strip().splitlines() or ["failed"])[-1])
    return Sample(took)


def _over(row: Row, bare: Row) -> str:
    if row is bare or not row.samples:
        return ""
    over = sorted(a - b for a, b in zip(row.values, bare.values, strict=False))
    return f"{over[len(over) // 2]:+.1f} ms"
