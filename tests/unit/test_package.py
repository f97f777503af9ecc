"""What `retain` exports, and what importing it costs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import retain
from retain import checkpoints

PUBLIC = [
    "Complete",
    "Fact",
    "Failed",
    "Hit",
    "Memory",
    "Parallel",
    "Reflection",
    "RetainContext",
    "RetainError",
    "RetainFSM",
    "RetainServices",
    "Run",
    "Section",
    "Settings",
    "SourceView",
    "__version__",
]


def test_the_public_names_are_these_and_each_is_there() -> None:
    assert sorted(retain.__all__) == PUBLIC
    assert dir(retain) == PUBLIC
    for name in PUBLIC:
        assert getattr(retain, name) is not None


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'retain' has no attribute 'Memori'"):
        retain.Memori  # noqa: B018


def test_the_checkpoints_are_loaded_by_name_alone() -> None:
    assert dir(checkpoints) == sorted(checkpoints.__all__)
    for name in checkpoints.__all__:
        assert getattr(checkpoints, name).__name__ == name
    with pytest.raises(AttributeError, match=r"'retain\.checkpoints' has no attribute 'Redis'"):
        checkpoints.Redis  # noqa: B018


@pytest.mark.parametrize(
    ("statement", "heavy"),
    [
        ("import retain", "asyncio msgspec sqlite3 typer rich yaml markdown_it platformdirs numpy"),
        ("from retain import RetainError", "asyncio msgspec sqlite3 typer rich yaml markdown_it"),
        ("import retain.engine", "msgspec sqlite3 typer rich yaml markdown_it"),
        (
            "from retain import Complete, Failed, Parallel, RetainFSM",
            "retain.memory retain.app retain.config retain.checkpoints msgspec sqlite3",
        ),
        (
            "from retain.checkpoints import FileCheckpoint, MemoryCheckpoint, ValueCodec",
            "retain.memory retain.app retain.config retain.bank retain.stores sqlite3 numpy",
        ),
        (
            "from retain.checkpoints import SQLiteCheckpoint",
            "retain.memory retain.app retain.config retain.bank retain.stores numpy",
        ),
        ("import retain.app.wiring, retain.app.backends.sqlite", "numpy igraph"),
        (
            "from retain.checkpoints import PostgresCheckpoint",
            "retain.memory retain.app retain.config retain.bank retain.stores numpy sqlite3",
        ),
        ("from retain import Memory", "typer rich markdown_it pydantic httpx2 genai_prices"),
        ("import retain.providers.llm.chat", "pydantic pydantic_ai httpx2 openai genai_prices"),
        ("import retain.cli.main", "sqlite3 rich yaml markdown_it retain.app retain.memory"),
    ],
)
def test_an_import_loads_no_more_than_it_needs(statement: str, heavy: str) -> None:
    code = f"import sys; {statement}; print(*set({heavy.split()}) & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == []


def test_help_loads_nothing_that_no_help_needs() -> None:
    heavy = "numpy igraph watchfiles pydantic pydantic_ai openai anthropic genai_prices sqlite3"
    code = f"""
import atexit, sys
atexit.register(lambda: print(*set({heavy.split()}) & set(sys.modules), file=sys.stderr))
sys.argv = ["retain", "--help"]
from retain.cli.main import main
main()
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "ingest" in ran.stdout
    assert ran.stderr.split() == []


def test_help_prints_no_variable_of_the_environment() -> None:
    env = {**os.environ, "OPENAI_API_KEY": "sk-of-a-test"}
    code = "import retain; help(retain); help(retain.Settings); help(retain.Memory)"
    ran = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
    )
    assert "from_environment" in ran.stdout
    assert "sk-of-a-test" not in ran.stdout


def test_a_command_that_reads_loads_nothing_that_it_does_not_use(tmp_path: Path) -> None:
    (tmp_path / "m.db").touch()
    heavy = "numpy igraph pydantic markdown_it charset_normalizer onnxruntime watchfiles fastapi"
    code = f"""
import atexit, sys
atexit.register(lambda: print(*set({heavy.split()}) & set(sys.modules), file=sys.stderr))
sys.argv = ["retain", "runs", "--json", "--db", "sqlite:///{tmp_path}/m.db"]
from retain.cli.main import main
main()
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (ran.stdout.split(), ran.stderr.split()) == (["[]"], [])
