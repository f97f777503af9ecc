"""What is retained stays with its owner: modes of files, and nothing anywhere else."""

import asyncio
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from tests.commandline import ANA, CommandLine

from retain.checkpoints.file import FileCheckpoint
from retain.memory.context import RetainContext

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="modes of files")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def cli(tmp_path: Path) -> CommandLine:
    """A command line whose user lets others read new files."""
    before = os.umask(0o022)
    yield CommandLine(tmp_path)
    os.umask(before)


def in_data_folder(cli: CommandLine, *words: str) -> Path:
    """Run a command on the default database; its folder."""
    env = {k: v for k, v in cli.environment().items() if k not in ("RETAIN_DB", "XDG_DATA_HOME")}
    cli(*words, env=env)
    return next(cli.folder.glob("**/memory.db")).parent


def test_only_the_owner_can_read_what_is_retained(cli: CommandLine) -> None:
    cli.write("ana.md", ANA)
    folder = in_data_folder(cli, "ingest", "ana.md")
    assert mode(folder) == 0o700
    assert {mode(path) for path in folder.iterdir()} == {0o600}
    folder.chmod(0o755)  # as releases without this rule left it
    in_data_folder(cli, "recall", "Lisbon")
    assert mode(folder) == 0o700


def test_a_database_at_a_path_of_the_users_own_is_private_too(cli: CommandLine) -> None:
    cli.write("ana.md", ANA)
    cli("ingest", "ana.md")
    cli("export", "--jsonl", "bank.jsonl")
    assert mode(cli.db) == mode(cli.folder / "bank.jsonl") == 0o600
    (cli.folder / "bank.jsonl").chmod(0o640)
    cli("export", "--jsonl", "bank.jsonl")
    assert mode(cli.folder / "bank.jsonl") == 0o640


def test_doctor_says_how_to_close_a_database_that_others_can_read(cli: CommandLine) -> None:
    cli.write("ana.md", ANA)
    cli("ingest", "ana.md")
    assert cli("doctor").code == 0
    cli.db.chmod(0o644)
    cli.folder.chmod(0o755)
    ended = cli("doctor", code=1)
    assert "BAD  access" in ended.out
    assert (
        f"other users of this machine can read the database: type `chmod 600 {cli.db}`" in ended.out
    )


def test_runs_in_files_are_private(cli: CommandLine) -> None:
    async def save() -> None:
        checkpoint = FileCheckpoint(cli.folder / "runs", RetainContext)
        async with checkpoint.lease("b", "s"):
            await checkpoint.save(RetainContext("b", "s", "secret"))
            modes = [mode(path) for path in (cli.folder / "runs").iterdir() if path.is_file()]
            assert set(modes) == {0o600}
        await checkpoint.close()

    asyncio.run(save())
    assert mode(cli.folder / "runs") == 0o700


def test_nothing_is_written_or_asked_outside_of_the_databases_folder(tmp_path: Path) -> None:
    """With the default embedder, whose runtime has telemetry of its own."""
    for name in ("home", "data", "notes"):
        (tmp_path / name).mkdir()
    (tmp_path / "notes/ana.md").write_text(ANA)
    code = """
import socket, sys
def hook(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        print("asked the network:", event, args)
sys.addaudithook(hook)
from retain.cli.main import main
main()
"""
    kept = ("PATH", "PYTHONPATH", "LANG")
    env = {name: os.environ[name] for name in kept if name in os.environ}
    env |= {"HOME": str(tmp_path / "home"), "RETAIN_DB": f"sqlite:///{tmp_path}/data/memory.db"}
    for words in (["ingest", str(tmp_path / "notes")], ["recall", "Where does Ana live?"]):
        ran = subprocess.run(
            [sys.executable, "-B", "-c", code, *words],
            cwd=tmp_path / "home",
            env=env,
            capture_output=True,
            text=True,
        )
        assert ran.returncode == 0, ran.stderr
        assert "asked the network" not in ran.stdout
    assert list((tmp_path / "home").rglob("*")) == []
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == ["memory.db"]
