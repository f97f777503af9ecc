"""Copies of a bank outside of its database: exports side by side, and what a kill leaves."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from tests.commandline import ANA, CommandLine

from retain import Memory, Settings
from retain.app.backends import open_backend
from retain.app.workspace import Workspace, delete_unused_in

BOB = "# Bob\n\nBob Quillfeather mends violins in Ghent.\n"


@pytest.fixture
def cli(tmp_path: Path) -> CommandLine:
    command_line = CommandLine(tmp_path)
    command_line.write("notes/ana.md", ANA)
    command_line.write("notes/bob.md", BOB)
    command_line.retained("notes")
    return command_line


@pytest.mark.parametrize("names", [("v-2", "v"), ("v", "v")])
def test_exports_side_by_side_are_both_whole(cli: CommandLine, names: tuple[str, str]) -> None:
    async def export() -> None:
        async with Memory.open(f"sqlite:///{cli.db}") as memory:
            for _ in range(5):
                folders = [cli.folder / "out" / name for name in names]
                await asyncio.gather(*map(memory.banks.export_markdown, folders))
                for folder in folders:
                    texts = [path.read_text() for path in folder.glob("sources/*.md")]
                    assert "Ghent" in "".join(texts)
                for path in (cli.folder / "out").rglob("*.md"):
                    path.unlink(missing_ok=True)

    asyncio.run(export())
    assert not list(cli.folder.rglob(".retain-export-*"))


def test_a_working_folder_is_deleted_once_its_process_is_dead(tmp_path: Path) -> None:
    mine = Workspace(tmp_path, ".copy-v-")
    other = Workspace(tmp_path, ".copy-v-2-")
    code = f"""
import os
from pathlib import Path
from retain.app.workspace import Workspace
Workspace(Path({str(tmp_path)!r}), ".copy-v-").path.joinpath("text").write_text("of a dead one")
os._exit(9)
"""
    subprocess.run([sys.executable, "-c", code], check=False)
    assert len(list(tmp_path.glob(".copy-v-*/text"))) == 1
    assert delete_unused_in(tmp_path, ".copy-v-") == [mine.path]
    assert sorted(path for path in tmp_path.iterdir() if path.is_dir()) == sorted(
        [mine.path, other.path]
    )
    mine.close()
    other.close()
    assert list(tmp_path.iterdir()) == []


def test_forgetting_names_copies_of_its_own_database_alone(cli: CommandLine) -> None:
    """Such a copy is there while another process foretells what a model will cost."""

    async def told(db: Path, source: str) -> str:
        url = f"sqlite:///{db}"
        backend = open_backend(url, Settings(db=url))
        async with backend.copy() as copy:
            ended = await asyncio.to_thread(cli, "forget", source)
            await copy.close()
        await backend.close()
        return ended.out

    assert asyncio.run(told(cli.folder / "other.db", "ana.md")) == (
        "forgot ana.md in bank default\n"
    )
    assert "not forgotten in the copy" in asyncio.run(told(cli.db, "bob.md"))


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("words", [["export", "vault"], ["export", "--jsonl", "bank.jsonl"]])
def test_forgetting_takes_along_what_a_killed_export_left(
    cli: CommandLine, words: list[str]
) -> None:
    kill_before_its_end(cli, words)
    assert in_files(cli, "Quillfeather")
    cli("forget", "bob.md")
    assert not in_files(cli, "Quillfeather")
    assert not list(cli.folder.glob(".retain-export-*"))


def test_forgetting_names_the_exports_that_it_does_not_reach(cli: CommandLine) -> None:
    cli("export", "vault")
    cli("export", "--jsonl", "bank.jsonl")
    cli("export", "--jsonl", "gone.jsonl")
    (cli.folder / "gone.jsonl").unlink()
    ended = cli("forget", "bob.md")
    assert ended.out.splitlines()[1:] == [
        f"not forgotten in the copy {cli.folder}/bank.jsonl: export again, or delete it",
        f"not forgotten in the copy {cli.folder}/vault: export again, or delete it",
    ]
    cli("export", "vault")
    assert "Quillfeather" not in "".join(p.read_text() for p in cli.folder.glob("vault/**/*.md"))
    assert cli("forget", "ana.md", "--json").json["copies"] == [
        f"{cli.folder}/bank.jsonl",
        f"{cli.folder}/vault",
    ]


def kill_before_its_end(cli: CommandLine, words: list[str]) -> None:
    """Kill an export once the bank stands in its working folder."""
    code = f"""
import os, signal, sys
from retain.app import banks
from retain.app.folder import Folder

def kill(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def flush_and_kill(file):
    file.flush()
    kill()

Folder.finish, banks.settle = kill, flush_and_kill
sys.argv[1:] = {words!r}
from retain.cli.main import main
main()
"""
    subprocess.run([sys.executable, "-c", code], cwd=cli.folder, env=cli.environment(), check=False)


def in_files(cli: CommandLine, word: str) -> bool:
    """Whether a word stands in any file but the document itself."""
    files = (path for path in cli.folder.rglob("*") if path.is_file())
    return any(word.encode() in path.read_bytes() for path in files if path.parent.name != "notes")
