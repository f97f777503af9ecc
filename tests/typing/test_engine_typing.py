"""The engine's public names, and their types as a strict checker sees them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import retain.engine

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def check(tmp_path_factory: pytest.TempPathFactory):
    """Check a file of this folder in strict mode; return the exit code and the errors by line."""
    folder = tmp_path_factory.mktemp("strict")
    project: dict[str, Any] = {
        "typeCheckingMode": "strict",
        "pythonVersion": "3.11",
        "extraPaths": [str(Path(retain.engine.__file__).parents[2])],
    }
    config = folder / "pyrightconfig.json"

    def run(name: str) -> tuple[int, dict[int, str]]:
        config.write_text(json.dumps({**project, "include": [str(HERE / name)]}))
        checker = [sys.executable, "-m", "basedpyright", "--outputjson", "-p", str(config)]
        done = subprocess.run(
            [*checker, "--pythonpath", sys.executable],
            capture_output=True,
            text=True,
            check=False,
            cwd=folder,
        )
        report = json.loads(done.stdout)
        assert report["summary"]["filesAnalyzed"] >= 1
        found = report["generalDiagnostics"]
        return done.returncode, {d["range"]["start"]["line"] + 1: d["message"] for d in found}

    return run


def test_a_users_own_pipeline_is_accepted_in_strict_mode(check):
    assert check("engine_usage.py") == (0, {})


def test_mistakes_are_seen_before_a_run(check):
    code, errors = check("engine_misuse.py")
    lines = (HERE / "engine_misuse.py").read_text(encoding="utf-8").splitlines()
    marked = [number for number, line in enumerate(lines, 1) if "# error: " in line]
    assert code == 1
    assert sorted(errors) == marked


def test_the_public_names():
    assert retain.engine.__all__ == [
        "Checkpoint",
        "CheckpointDamagedError",
        "CheckpointError",
        "CheckpointSchemaError",
        "CheckpointVersionError",
        "Complete",
        "ContextTypeError",
        "EngineContext",
        "EngineState",
        "Event",
        "Exists",
        "Failed",
        "Failures",
        "FanOut",
        "GivenStateFunc",
        "InputError",
        "KeyedContext",
        "Lease",
        "LeaseHeldError",
        "LeaseLostError",
        "Map",
        "Observer",
        "Parallel",
        "PermanentError",
        "Question",
        "RetainError",
        "RetainFSM",
        "Retry",
        "RunContext",
        "RunEnded",
        "RunExistsError",
        "RunPage",
        "RunStarted",
        "RunStatus",
        "RunSummary",
        "Saver",
        "StateFailure",
        "StateFunc",
        "StateResult",
        "StepEnded",
        "StepLogEntry",
        "StepStarted",
        "Suspend",
        "SuspendError",
        "Target",
        "TransientError",
        "key_of",
    ]
    for name in retain.engine.__all__:
        assert getattr(retain.engine, name) is not None


def test_the_engine_needs_the_standard_library_alone():
    """It knows nothing of memory: no other part of the product, no package but Python's own."""
    program = (
        "import sys; known = set(sys.modules); import retain.engine; "
        "print(*sorted(n for n in set(sys.modules) - known "
        "if n.partition('.')[0] not in sys.stdlib_module_names))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    names = done.stdout.split()
    assert {n for n in names if not n.startswith("retain.engine")} <= {
        "retain",
        "retain.errors",
        "retain.keys",
        "retain.status",
    }
