"""What a folder of documents costs, and a change to it: ``python -m benchmarks.book FOLDER``.

A copy of the folder is retained by `retain ingest --jobs 4` in a process of its own; then again,
unchanged; then again, with a paragraph put before the longest file. Of four sources at once, the
times of states overlap: their sum says where time goes, not how long it took.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from typing import Any

from retain import Memory
from retain.memory.context import RetainContext

RETAIN = Path(sys.executable).with_name("retain")
JOBS = 4
VECTORS = "SELECT id, vector FROM vector"
PARAGRAPH = "This chapter was read aloud at the harbour on a Thursday, and nobody fell asleep.\n\n"
_FRONT_MATTER = re.compile(r"---\n.*?\n---\n", re.DOTALL)
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True)
class Ingest:
    """An ingest that has ended.

    Args:
        began: When it began, UTC.
        wall_s: How long the process took.
        peak_mb: The most memory that it had, in megabytes (10^6 bytes).
        last: The last line but one that it printed.
    """

    began: datetime
    wall_s: float
    peak_mb: float
    last: str


def main() -> None:
    """Ingest, ingest again, change and ingest again; print what each cost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--dir", type=Path, help="where the copy and the database go")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=args.dir) as name:
        folder, db = Path(name) / "book", Path(name) / "memory.db"
        shutil.copytree(args.folder, folder)
        first = ingest(folder, db)
        runs = asyncio.run(contexts(db))
        _tell("first", first)
        sections = sections_of(db)
        ((facts,),) = _query(db, "SELECT count(*) FROM statement WHERE merged IS NULL")
        sizes = dict(_query(db, "SELECT source_id, characters FROM source"))
        size = sum(sizes.values())
        print(f"  {len(runs)} sources, {size:,} characters, ", end="")
        print(f"{len(sections):,} sections, {facts:,} facts")
        print(f"  database {db.stat().st_size / 1e6:.1f} MB")
        _tell_profile(runs)

        before = rows(db)
        again = ingest(folder, db)
        steps = _steps_since(asyncio.run(contexts(db)), again.began)
        _tell("unchanged", again)
        print(f"  states run: {sum(steps.values())}; rows written: {changed(before, rows(db))}")

        longest = max(sizes, key=lambda one: sizes[one])
        path = folder / longest
        path.write_text(with_paragraph(path.read_text(encoding="utf-8")), encoding="utf-8")
        before, vectors = rows(db), _query(db, VECTORS)
        one_changed = ingest(folder, db)
        now = asyncio.run(contexts(db))
        _tell(f"a paragraph before {longest}", one_changed)
        new = sections_of(db) - sections
        embedded = len(set(_query(db, VECTORS)) - set(vectors))
        _tell_change(now[longest], len(new), embedded)
        print(f"  rows written: {changed(before, rows(db)):,}")
        _tell_profile({longest: now[longest]})


def with_paragraph(text: str) -> str:
    """The text with a paragraph before all else, but for its front matter."""
    top = _FRONT_MATTER.match(text)
    end = top.end() if top else 0
    return f"{text[:end]}{PARAGRAPH}{text[end:]}"


def ingest(folder: Path, db: Path) -> Ingest:
    """Ingest the folder in a process of its own.

    Raises:
        SystemExit: It did not end well; what it said is printed.
    """
    command = [str(RETAIN), "ingest", str(folder), "--jobs", str(JOBS), "--db", f"sqlite:///{db}"]
    began, at = datetime.now(UTC), perf_counter()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, text=True)
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = perf_counter() - at
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        told = out.read()
    if process.returncode != 0:
        raise SystemExit(told)
    return Ingest(began, wall_s, usage.ru_maxrss * _RSS_UNIT / 1e6, told.splitlines()[0])


async def contexts(db: Path) -> dict[str, RetainContext]:
    """The kept runs, by source."""
    async with Memory.open(f"sqlite:///{db}") as memory:
        views = [await memory.show(run.source_id) for run in await memory.runs()]
    return {one.context.source_id: one.context for one in views if one.context is not None}


def rows(db: Path) -> Counter[bytes]:
    """What every row of every table holds, as digests."""
    held: Counter[bytes] = Counter()
    with closing(sqlite3.connect(f"file:{db}?mode=ro", uri=True)) as connection:
        named = "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE '%VIRTUAL%'"
        for (table,) in connection.execute(named).fetchall():
            for row in connection.execute(f'SELECT * FROM "{table}"'):
                held[sha256(repr((table, row)).encode()).digest()] += 1
    return held


def changed(before: Counter[bytes], after: Counter[bytes]) -> int:
    """How many rows are there that were not, as they are."""
    return sum((after - before).values())


def _steps_since(runs: dict[str, RetainContext], since: datetime) -> Counter[str]:
    return Counter(
        step.state for one in runs.values() for step in one.step_log if step.started_at >= since
    )


def _tell(what: str, one: Ingest) -> None:
    print(f"{what}: {one.wall_s:.2f} s wall, {one.peak_mb:.0f} MB at most ({one.last})")


def _tell_profile(runs: dict[str, RetainContext]) -> None:
    spent: dict[str, float] = defaultdict(float)
    for one in runs.values():
        for step in one.step_log:
            spent[step.state] += step.duration_ms or 0
    total = sum(spent.values()) or 1.0
    for state, ms in sorted(spent.items(), key=lambda one: -one[1]):
        print(f"    {state:<30} {ms / 1e3:8.2f} s  {ms / total:6.1%}")


def _tell_change(after: RetainContext, new: int, embedded: int) -> None:
    """What was done again, by the ledger of the run, and by the sections and vectors that came."""
    extracted = sum(not outcome.reused for outcome in after.outcomes)
    print(
        f"  of {len(after.outcomes)} sections {new} are new: "
        f"{extracted} extracted, {embedded} embedded"
    )


def sections_of(db: Path) -> set[tuple[str, str]]:
    """The sections that the bank holds, by source and id."""
    return set(_query(db, "SELECT source_id, section_id FROM section"))


def _query(db: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{db}?mode=ro", uri=True)) as connection:
        return connection.execute(sql).fetchall()


if __name__ == "__main__":
    main()
