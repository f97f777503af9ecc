"""A look at the machine, the database and the kept runs: what is wrong, and what to do."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from retain.app import Memory
from retain.cli.output import one_line, plural
from retain.errors import RetainError

MIN_FREE_BYTES = 100 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Args:
        name: What.
        ok: Whether it is as it should be.
        detail: What was found, and what to do where it is not ok.
    """

    name: str
    ok: bool
    detail: str


async def examine(url: str | None = None) -> list[Check]:
    """Check the machine, then the database at `url` and what it holds.

    Raises:
        InputError: The URL or a setting cannot be used.
    """
    checks = [_python(), _sqlite()]
    async with Memory.open(url) as memory:
        try:
            checks.append(_database(memory.path, await memory.integrity()))
            checks.append(_journal(*await memory.journal_integrity()))
            banks = await memory.banks()
            runs = await memory.runs()
        except RetainError as exc:
            return [*checks, Check("database", False, str(exc))]
        checks.append(await asyncio.to_thread(_disk, memory))
    held = [f"{one_line(b, 40)} ({plural(c.sources, 'source')})" for b, c in banks.items()]
    more = [f"{len(held) - 5} more"] if len(held) > 5 else []
    listed = ", ".join([*held[:5], *more])
    checks.append(Check("banks", True, f"{len(banks)}{': ' if listed else ''}{listed}"))
    found = Counter(run.status for run in runs)
    told = ", ".join(f"{number} {status}" for status, number in sorted(found.items())) or "none"
    unfinished = found["failed"] + found["interrupted"]
    advice = "; `retain runs` says why, `retain resume --all` goes on" if unfinished else ""
    checks.append(Check("runs", not unfinished, told + advice))
    return checks


def _python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    return Check("python", sys.version_info >= (3, 11), f"{version} (3.11 or later is needed)")


def _sqlite() -> Check:
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("CREATE VIRTUAL TABLE probe USING fts5(text)")
    except sqlite3.Error as exc:
        return Check(
            "sqlite",
            False,
            f"{sqlite3.sqlite_version} without FTS5 ({exc}): use a Python whose sqlite3 has it",
        )
    finally:
        connection.close()
    return Check("sqlite", True, f"{sqlite3.sqlite_version} with FTS5")


def _database(path: Path, told: str) -> Check:
    """SQLite's finding: ``ok``, or lines of what is wrong."""
    if told == "ok":
        return Check("database", True, f"{path}: ok")
    first = told.splitlines()[-1]
    return Check("database", False, f"{path}: damaged ({first}): restore it from a backup")


def _journal(path: Path, told: str | None) -> Check:
    """The same of the journal of paid calls, of which there may be none."""
    if told is None:
        return Check("journal", True, "none yet: no model was asked")
    if told == "ok":
        return Check("journal", True, f"{path}: ok")
    advice = "the next call to a model sets it aside, and asks again for what it held"
    return Check("journal", False, f"{path}: damaged ({told.splitlines()[-1]}): {advice}")


def _disk(memory: Memory) -> Check:
    free = shutil.disk_usage(memory.path.parent).free
    told = f"{free / 1e9:.1f} GB free at {memory.path.parent}"
    if free >= MIN_FREE_BYTES:
        return Check("disk", True, told)
    return Check("disk", False, f"{told}: free some space before you go on")
