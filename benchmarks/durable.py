"""(b) What one durable transition costs, in time and bytes, with a document of 1 MB in the state.

Each measurement is a process of its own (``python -m benchmarks.durable NAME COUNT FOLDER``), so
that the bytes that it wrote are its own and no peer's threads or heap disturb another's.
"""

from __future__ import annotations

import json
import logging
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks import contenders
from benchmarks.measure import Group, Meter, Row, Sample, Settings, document, interleave

CHARACTERS = 1_000_000
COUNTS = (100, 1000)
REPETITIONS = 7
TIMEOUT_S = 300
FLOOR = "raw commit of 300 bytes"

Durable = Callable[[Path, int, str, Meter], bool | None]

NOTE = f"""\
(b) Opening the database is not timed; the first save, with the document, is. Bytes: write_bytes of
/proc/self/io up to the closed database, so the WAL's checkpoint is in; the file system's own
journal is not. "keeps doc.": the document was read back from what was kept.
    each one more: the difference of the two runs of a repetition, by their difference in
    length; what the document costs once is not in it.
    {FLOOR}: sqlite3, WAL, synchronous=FULL, one INSERT in a transaction.
    retain: its default, WAL, synchronous=FULL.
    langgraph: AsyncSqliteSaver, WAL, FULL (SQLite's default), durability="sync".
    burr: SQLitePersister, rollback journal, FULL (SQLite's defaults).
    dbos: SQLite system database, rollback journal, FULL (SQLite's defaults). The document is handed
    from step to step, or it is the workflow's input, kept once, while the steps return a number.
    seed: FileCheckpoint, no fsync; of the document it keeps the length.
    pydantic-graph has no persistence of its own in this release."""


def floor(folder: Path, count: int, _document: str, meter: Meter) -> None:
    """What the disk and SQLite ask for any durable write."""
    connection = sqlite3.connect(folder / "floor.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, data BLOB)")
    data = b"x" * 300
    with meter:
        for _ in range(count):
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT INTO t (data) VALUES (?)", (data,))
            connection.execute("COMMIT")
    connection.close()


def _adapter(name: str, function: str = "durable") -> Durable:
    return lambda *args: getattr(contenders.load(name), function)(*args)


DURABLE: dict[str, Durable] = {
    FLOOR: floor,
    "retain": _adapter("retain"),
    "seed (without the document)": _adapter("seed"),
    "langgraph": _adapter("langgraph"),
    "burr": _adapter("burr"),
    "dbos (document in each step)": _adapter("dbos"),
    "dbos (document as input)": _adapter("dbos", "durable_input"),
}


def run(settings: Settings) -> list[Group]:
    """Measure every contender under both loads, each time in a process of its own."""
    measured = {
        f"{name} {count}": partial(_spawn, name, count, settings.folder)
        for count in COUNTS
        for name in DURABLE
    }
    rows = interleave(measured, settings.count(REPETITIONS), settings.tell)
    fewer, more = rows[: len(DURABLE)], rows[len(DURABLE) :]
    for name, row, other in zip(DURABLE, fewer, more, strict=True):
        row.name = other.name = name
    further = [_further(a, b) for a, b in zip(fewer, more, strict=True)]
    loads = (
        (f"(b) durable transition of {COUNTS[0]:,}, 1 MB kept", fewer),
        (f"(b) durable transition of {COUNTS[1]:,}, 1 MB kept", more),
        ("(b) each one more, once the document is kept", further),
    )
    return [Group(title, "ms", rows, base=FLOOR) for title, rows in loads]


def _further(fewer: Row, more: Row) -> Row:
    """What a transition adds to a run, from the two runs of each repetition."""
    small, large = COUNTS
    samples = [
        Sample(
            (b.value * large - a.value * small) / (large - small),
            None
            if a.written is None or b.written is None
            else (b.written * large - a.written * small) / (large - small),
        )
        for a, b in zip(fewer.samples, more.samples, strict=False)
    ]
    return Row(more.name, samples, error=fewer.error or more.error)


def _spawn(name: str, count: int, folder: Path) -> Sample:
    own = Path(tempfile.mkdtemp(dir=folder))
    try:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.durable", name, str(count), str(own)],
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    finally:
        shutil.rmtree(own, ignore_errors=True)
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise RuntimeError(lines[-1])
    found = json.loads(done.stdout.splitlines()[-1])
    return Sample(found["ms"], found["written"], found["keeps"])


def main(name: str, count: int, folder: Path) -> None:
    """Measure once and print one line of JSON."""
    logging.disable(logging.CRITICAL)
    meter = Meter()
    keeps = DURABLE[name](folder, count, document(CHARACTERS), meter)
    written = meter.written()
    found = {
        "ms": meter.seconds / count * 1000,
        "written": None if written is None else written / count,
        "keeps": keeps,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
