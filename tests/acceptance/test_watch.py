"""`retain ingest --watch` as its users have it: files change, and lines tell what was done."""

import asyncio
import json
import os
import queue
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.commandline import ANA, DEADLINE_S, CommandLine, Ended

from retain import Memory
from retain.sources.discovery import discover


@pytest.fixture
def cli(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path)


@dataclass
class Watch:
    """A command that follows a folder, and the lines that it has printed."""

    process: object
    lines: "queue.Queue[str]" = field(default_factory=queue.Queue)
    seen: list[str] = field(default_factory=list)

    def next(self) -> str:
        line = self.lines.get(timeout=DEADLINE_S)
        self.seen.append(line)
        return line

    def until(self, wanted: Callable[[str], bool]) -> str:
        """The first line that is wanted; those before it are passed by."""
        while not wanted(line := self.next()):
            assert line, f"it ended: {self.seen}"
        return line

    def starts(self, text: str) -> str:
        return self.until(lambda line: line.startswith(text))

    def end(self, number: signal.Signals = signal.SIGINT) -> Ended:
        self.process.send_signal(number)
        code = self.process.wait(timeout=DEADLINE_S)
        while self.next():
            pass
        return Ended(code, "\n".join(self.seen), self.process.stderr.read())


@contextmanager
def watching(cli: CommandLine, *words: str) -> Iterator[Watch]:
    """Follow the folder ``notes``; the block begins when changes are seen."""
    with cli.start("ingest", "notes", "--watch", *words) as process:
        watch = Watch(process)

        def read() -> None:
            for line in process.stdout:
                watch.lines.put(line.rstrip("\n"))
            watch.lines.put("")

        reader = threading.Thread(target=read)
        reader.start()
        try:
            watch.until(lambda line: line.startswith("watching") or '"watching"' in line)
            yield watch
        finally:
            process.kill()
            reader.join()


def test_files_that_come_and_change_are_retained(cli: CommandLine) -> None:
    cli.write("notes/ana.md", ANA)
    with watching(cli) as watch:
        assert any(line.startswith("retained 1 source") for line in watch.seen)
        cli.write("notes/deep/bob.md", "# Bob\n\nBob sails to Faro.\n")
        watch.starts("retained deep/bob.md in ")
        cli.write("notes/ana.md", ANA.replace("Lisbon", "Braga"))
        watch.starts("retained ana.md in ")
        ended = watch.end()
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines()[-1] == "stopped watching"
    assert "Faro" in cli.found("Where does Bob sail to?")[0]
    assert "Braga" in cli.found("Braga")[0]
    assert all(run["unchanged"] for run in cli("ingest", "notes", "--json").json)


def test_what_is_deleted_is_told_and_stays(cli: CommandLine) -> None:
    path = cli.write("notes/ana.md", ANA)
    with watching(cli) as watch:
        path.unlink()
        assert "stays" in watch.starts("deleted ana.md")
        assert watch.end(signal.SIGTERM).code == 0
    assert cli.found("Lisbon")


def test_what_is_deleted_is_forgotten_where_that_was_asked_for(cli: CommandLine) -> None:
    path = cli.write("notes/ana.md", ANA)
    cli.write("notes/bob.md", "# Bob\n\nBob sails.\n")
    with watching(cli, "--forget-deleted") as watch:
        path.unlink()
        watch.starts("forgot ana.md")
        assert watch.end().code == 0
    assert cli.found("Lisbon") == []
    assert cli.found("sails")


def test_a_file_and_a_folder_that_are_renamed_are_found_under_their_new_names(
    cli: CommandLine,
) -> None:
    cli.write("notes/ana.md", ANA)
    cli.write("notes/old/bob.md", "# Bob\n\nBob sails.\n")
    with watching(cli, "--forget-deleted") as watch:
        (cli.folder / "notes/ana.md").rename(cli.folder / "notes/anna.md")
        watch.starts("retained anna.md")
        watch.starts("forgot ana.md")
        (cli.folder / "notes/old").rename(cli.folder / "notes/new")
        watch.starts("retained new/bob.md")
        watch.starts("forgot old/bob.md")
        watch.end()
    assert cli.statuses() == {"anna.md": "completed", "new/bob.md": "completed"}


def test_a_file_that_an_editor_replaces_is_not_taken_for_deleted(cli: CommandLine) -> None:
    path = cli.write("notes/ana.md", ANA)
    with watching(cli, "--forget-deleted") as watch:
        for n in range(5):
            path.rename(path.with_name("ana.md~"))
            cli.write("notes/.ana.md.swp", "b0VIM")
            cli.write("notes/4913", "")
            (cli.folder / "notes/4913").unlink()
            path.write_text(ANA + f"\nIt is day {n}.\n")
        watch.until(lambda _: "day 4" in cli.found("It is day 4")[0])
        ended = watch.end()
    assert "forgot" not in ended.out
    assert cli.statuses() == {"ana.md": "completed"}


def test_files_that_no_ingest_would_take_are_left_alone(cli: CommandLine) -> None:
    outside = cli.write("secret.md", "# Secret\n\nThe code is 4711.\n")
    cli.write("notes/ana.md", ANA)
    with watching(cli) as watch:
        for name in (".hidden.md", "ana.md~", "#ana.md#", ".git/x.md", "ana.tmp"):
            cli.write(f"notes/{name}", "# No\n\nNothing to retain.\n")
        cli.write("notes/photo.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
        (cli.folder / "notes/link.md").symlink_to(outside)
        cli.write("notes/last.md", "# Last\n\nThis one is.\n")
        watch.starts("retained last.md")
        watch.end()
    assert set(cli.statuses()) == {"ana.md", "last.md"}


def test_a_file_that_cannot_be_read_is_told_and_the_others_go_on(cli: CommandLine) -> None:
    cli.write("notes/ana.md", ANA)
    with watching(cli) as watch:
        cli.write("notes/bad.md", b"\xff\xfe\x00binary\x00\x01")
        cli.write("notes/good.md", "# Good\n\nIt is read.\n")
        watch.starts("retained good.md")
        ended = watch.end()
    assert ended.code == 0
    assert ended.err.startswith("bad.md: ")


def test_with_json_each_change_is_a_document_on_a_line(cli: CommandLine) -> None:
    path = cli.write("notes/ana.md", ANA)
    with watching(cli, "--json") as watch:
        cli.write("notes/bob\u202e.md", "# Bob\n\nBob sails.\n")
        watch.until(lambda line: '"retained"' in line)
        path.unlink()
        watch.until(lambda line: '"deleted"' in line)
        ended = watch.end()
    told = [json.loads(line) for line in ended.out.splitlines() if line]
    assert [(one["change"], one["source_id"]) for one in told] == [
        ("retained", "ana.md"),
        ("watching", ""),
        ("retained", "bob\u202e.md"),
        ("deleted", "ana.md"),
    ]
    assert told[2]["status"] == "completed"
    assert ended.out.isascii()


def test_a_folder_that_is_gone_forgets_nothing_and_one_in_its_place_is_watched(
    cli: CommandLine,
) -> None:
    cli.write("notes/ana.md", ANA)
    cli.write("notes/bob.md", "# Bob\n\nBob sails.\n")
    with watching(cli, "--forget-deleted") as watch:
        (cli.folder / "notes").rename(cli.folder / "elsewhere")
        assert "the folder is gone" in watch.process.stderr.readline()
        cli.write("new/ana.md", ANA.replace("Lisbon", "Braga"))
        cli.write("new/bob.md", "# Bob\n\nBob sails.\n")
        (cli.folder / "new").rename(cli.folder / "notes")
        watch.starts("retained ana.md")
        cli.write("notes/eve.md", "# Eve\n\nEve knits.\n")
        watch.starts("retained eve.md")
        ended = watch.end()
    assert ended.code == 0
    assert "forgot" not in ended.out
    assert set(cli.statuses()) == {"ana.md", "bob.md", "eve.md"}


def test_a_folder_that_is_swapped_for_another_is_watched(cli: CommandLine) -> None:
    cli.write("notes/ana.md", ANA)
    with watching(cli, "--forget-deleted") as watch:
        cli.write("new/ana.md", ANA)
        (cli.folder / "notes").rename(cli.folder / "old")
        (cli.folder / "new").rename(cli.folder / "notes")
        cli.write("notes/eve.md", "# Eve\n\nEve knits.\n")
        watch.starts("retained eve.md")
        (cli.folder / "notes/ana.md").unlink()
        watch.starts("forgot ana.md")
        watch.end()


def test_most_files_at_once_are_kept_and_that_is_told(cli: CommandLine) -> None:
    for n in range(7):
        cli.write(f"notes/{'deep' if n else 'top'}/n{n}.md", f"# N{n}\n\nBox {n} is red.\n")
    with watching(cli, "--forget-deleted") as watch:
        shutil.rmtree(cli.folder / "notes/deep")
        told = sorted(watch.process.stderr.readline() for _ in range(6))
        assert told[0].startswith("kept deep/n1.md: most files were deleted at once; if that was")
        assert "`retain forget deep/n1.md` removes it" in told[0]
        (cli.folder / "notes/top/n0.md").unlink()  # one file, by itself
        watch.starts("forgot top/n0.md")
        watch.end()
    assert len(cli.statuses()) == 6


def test_a_moved_folder_is_no_deletion_of_most_files(cli: CommandLine) -> None:
    for n in range(4):
        cli.write(f"notes/old/n{n}.md", f"# N{n}\n\nBox {n} is red.\n")
    with watching(cli, "--forget-deleted") as watch:
        (cli.folder / "notes/old").rename(cli.folder / "notes/new")
        for n in range(4):
            watch.starts(f"forgot old/n{n}.md")
        watch.end()
    assert set(cli.statuses()) == {f"new/n{n}.md" for n in range(4)}


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="mounts a disk")
def test_what_a_lost_disk_hides_is_not_forgotten(cli: CommandLine) -> None:
    disk = cli.folder / "notes/disk"
    disk.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no disk can be mounted here")
    try:
        cli.write("notes/disk/ana.md", ANA)
        for n in range(5):
            cli.write(f"notes/n{n}.md", f"# N{n}\n\nBox {n} is red.\n")
        with watching(cli, "--forget-deleted") as watch:
            subprocess.run(["umount", "-l", str(disk)], check=True)
            (cli.folder / "notes/n0.md").unlink()
            watch.starts("forgot n0.md")
            cli.write("notes/last.md", "# Last\n\nIt is blue.\n")
            watch.starts("retained last.md")
            ended = watch.end()
    finally:
        subprocess.run(["umount", "-l", str(disk)], capture_output=True, check=False)
    assert "ana.md" not in ended.out.split("watching for changes")[1]
    assert "disk/ana.md" in cli.statuses()


def test_only_folders_are_followed(cli: CommandLine) -> None:
    cli.write("notes/ana.md", ANA)
    ended = cli("ingest", "notes/ana.md", "--watch", code=2)
    assert "is not a folder" in ended.err
    ended = cli("ingest", "notes", "--forget-deleted", code=2)
    assert "--watch" in ended.err


def test_what_changes_while_the_first_look_lasts_is_not_missed(cli: CommandLine) -> None:
    notes = cli.write("notes/ana.md", ANA).parent

    async def work() -> list[tuple[str, str]]:
        async with Memory.open(f"sqlite:///{cli.db}") as memory:
            watcher = memory.watch(notes)
            await watcher.begin()
            await memory.retain(notes)
            cli.write("notes/ana.md", ANA.replace("Lisbon", "Faro"))
            cli.write("notes/bob.md", "# Bob\n\nBob sails.\n")
            told, stop = [], asyncio.Event()
            async for change in watcher.changes(stop):
                told.append((change.action, change.source_id))
                if change.action == "watching":
                    stop.set()
            return told

    assert asyncio.run(work()) == [
        ("retained", "ana.md"),
        ("retained", "bob.md"),
        ("watching", ""),
    ]


def test_the_lock_files_of_office_programs_are_no_documents(cli: CommandLine) -> None:
    cli.write("notes/ana.md", ANA)
    cli.write("notes/~$report.docx", b"\x05Ana")
    assert [one.source_id for one in discover([cli.folder / "notes"])] == ["ana.md"]
