"""The command that checks an installation: doctor."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from retain.cli.bridge import DONE, FAILED, with_memory
from retain.cli.options import AsJson, Db
from retain.cli.output import one_line, plural, print_json, say
from retain.errors import RetainError

if TYPE_CHECKING:
    from retain.app.banks import Integrity
    from retain.app.memory import Memory

MIN_FREE_BYTES = 100 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one check.

    Args:
        name: What was checked.
        ok: Whether it is all right.
        detail: What was found, and what to do where it is not all right.
    """

    name: str
    ok: bool
    detail: str


def doctor(db: Db = None, as_json: AsJson = False) -> int:
    """Check Python, SQLite, the database, and the runs."""
    checks = with_memory(_examine, db)
    if as_json:
        print_json(checks)
    else:
        for check in checks:
            say(f"{'ok  ' if check.ok else 'BAD '} {check.name:<12} {check.detail}")
    return DONE if all(check.ok for check in checks) else FAILED


async def _examine(memory: Memory) -> list[Check]:
    checks = [_python(), _sqlite()]
    try:
        integrity = await memory.banks.integrity()
        checks += [_database(memory.path, integrity), _journal(integrity)]
        banks = await memory.banks()
        runs = await memory.runs()
    except RetainError as exc:
        return [*checks, Check("database", False, str(exc))]
    checks.append(await asyncio.to_thread(_disk, memory.path.parent))
    names = [f"{one_line(b, 40)} ({plural(c.sources, 'source')})" for b, c in banks.items()]
    more = [f"{len(names) - 5} more"] if len(names) > 5 else []
    listed = ", ".join([*names[:5], *more])
    checks.append(Check("banks", True, f"{len(banks)}{': ' if listed else ''}{listed}"))
    statuses = Counter(run.status for run in runs)
    counts = ", ".join(f"{number} {status}" for status, number in sorted(statuses.items()))
    unfinished = statuses["failed"] + statuses["interrupted"]
    advice = "; `retain runs` shows why, `retain resume --all` resumes them" if unfinished else ""
    return [*checks, Check("runs", not unfinished, (counts or "none") + advice)]


def _python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    return Check("python", sys.version_info >= (3, 11), f"{version} (3.11 or later is needed)")


def _sqlite() -> Check:
    import sqlite3

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


def _database(path: Path, found: Integrity) -> Check:
    if found.database == "ok":
        return Check("database", True, f"{path}: ok")
    problem = found.database.splitlines()[-1]
    return Check("database", False, f"{path}: damaged ({problem}): restore it from a backup")


def _journal(found: Integrity) -> Check:
    if found.journal is None:
        return Check("journal", True, "none yet: no model was asked")
    if found.journal == "ok":
        return Check("journal", True, f"{found.journal_path}: ok")
    problem = found.journal.splitlines()[-1]
    advice = "the next model call sets the journal aside; its answers are paid for again"
    return Check("journal", False, f"{found.journal_path}: damaged ({problem}): {advice}")


def _disk(folder: Path) -> Check:
    free = shutil.disk_usage(folder).free
    detail = f"{free / 1e9:.1f} GB free at {folder}"
    if free >= MIN_FREE_BYTES:
        return Check("disk", True, detail)
    return Check("disk", False, f"{detail}: free some space")
