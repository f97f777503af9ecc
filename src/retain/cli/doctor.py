"""The command that checks an installation: doctor."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING

from retain.cli.bridge import DONE, FAILED, with_memory
from retain.cli.options import AsJson, Db
from retain.cli.output import one_line, plural, print_json, say
from retain.config import set_by_user
from retain.errors import RetainError
from retain.memory.model import Check
from retain.status import RunStatus

if TYPE_CHECKING:
    from retain.app.memory import Memory


def doctor(db: Db = None, as_json: AsJson = False) -> int:
    """Check Python, the database, and the runs."""
    checks = with_memory(_examine, db)
    if as_json:
        print_json(checks)
    else:
        for check in checks:
            say(f"{'ok  ' if check.ok else 'BAD '} {check.name:<12} {check.detail}")
    return DONE if all(check.ok for check in checks) else FAILED


async def _examine(memory: Memory) -> list[Check]:
    checks = [_python(), _settings(), *await memory.banks.integrity()]
    try:
        banks = await memory.banks()
        runs = await memory.runs()
    except RetainError as exc:
        problem = Check("database", False, str(exc))
        return checks if problem in checks else [*checks, problem]
    names = [f"{one_line(b, 40)} ({plural(c.sources, 'source')})" for b, c in banks.items()]
    more = [f"{len(names) - 5} more"] if len(names) > 5 else []
    listed = ", ".join([*names[:5], *more])
    checks.append(Check("banks", True, f"{len(banks)}{': ' if listed else ''}{listed}"))
    statuses = Counter(run.status for run in runs)
    counts = ", ".join(f"{number} {status}" for status, number in sorted(statuses.items()))
    unfinished = statuses[RunStatus.FAILED] + statuses[RunStatus.INTERRUPTED]
    advice = "; `retain runs` shows why, `retain resume --all` resumes them" if unfinished else ""
    return [*checks, Check("runs", not unfinished, (counts or "none") + advice)]


def _python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    return Check("python", sys.version_info >= (3, 11), f"{version} (3.11 or later is needed)")


def _settings() -> Check:
    path, in_file, in_environment = set_by_user()
    parts = [f"{path} sets {', '.join(in_file)}"] if in_file else []
    parts += [f"the environment sets {', '.join(in_environment)}"] if in_environment else []
    return Check("settings", True, "; ".join(parts) or f"none are set, and there is no {path}")
