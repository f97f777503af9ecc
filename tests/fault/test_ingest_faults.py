"""Whatever goes wrong around an ingest: one clear line, the others go on, the bank is unharmed."""

import os
import re
import resource
import shutil
import sqlite3
import subprocess
import sys
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from tests.commandline import (
    ANA,
    CHAT,
    DEADLINE_S,
    RETAIN,
    TALK,
    CommandLine,
    contents,
    locked,
    notes,
    sound,
)

from retain.db import queries


@pytest.fixture
def bank(cli: CommandLine) -> CommandLine:
    """A bank that holds something: no fault may harm it."""
    cli.write("ana.md", ANA)
    cli.retained("ana.md")
    return cli


def unharmed(cli: CommandLine) -> None:
    assert cli.found("Lisbon") == ["# Ana\n\nAna lives in Lisbon."]
    sound(cli.db)


def one_line(text: str, told: str) -> None:
    """A clear line and nothing else."""
    assert len(text.splitlines()) == 1, text
    assert told in text
    assert "unexpected" not in text


# sources that cannot be retained


def test_each_bad_source_is_one_line_and_the_good_ones_go_on(bank: CommandLine) -> None:
    bank.write("in/binary.txt", bytes(range(256)) * 20)
    bank.write("in/broken.jsonl", '{"role": "user", "content": "hi"}\n{"role": "us\n')
    bank.write("in/empty.md", "")
    bank.write("in/blank.md", " \n\t\n")
    bank.write("in/good.md", "# Good\n\nThe good note.\n")
    bank.write("in/latin.md", "caf\xe9".encode("latin-1"))
    bank.write("in/only.md", "---\ntitle: Only front matter\n---\n")
    bank.write("photo.png", b"\x89PNG\r\n\x1a\n\0\0")
    (bank.folder / "in/hollow").mkdir()
    (bank.folder / "hollow").mkdir()
    (bank.folder / "dangling.md").symlink_to("nowhere.md")
    os.mkfifo(bank.folder / "pipe.md")
    given = ["in", "missing.md", "hollow", "photo.png", "dangling.md", "pipe.md", "in/good.md/x"]
    ended = bank("ingest", *given, code=1)
    assert ended.out.startswith("retained 3 sources, 10 failed in ")
    assert "\npassed over: 1 broken line\n" in ended.out  # the last line of broken.jsonl
    told = dict(line.split(": ", 1) for line in ended.err.splitlines())
    expected = {
        "binary.txt": "looks like a binary file",
        "blank.md": "is empty: there is nothing to retain",
        "dangling.md": "no such file or folder: check the path",
        "empty.md": "is empty: there is nothing to retain",
        "hollow": "holds no file",
        "in/good.md/x": "no such file or folder: check the path",
        "missing.md": "no such file or folder: check the path",
        "only.md": "has front matter but no text",
        "photo.png": "looks like a binary file",
        "pipe.md": "is not a regular file",
    }
    assert told.keys() == expected.keys()
    for source, reason in expected.items():
        assert reason in told[source]
    assert bank.found("good note")
    unharmed(bank)


def test_a_source_that_went_bad_leaves_its_old_version_visible(bank: CommandLine) -> None:
    bank.write("ana.md", b"\xff\xfe\xff")
    bank("ingest", "ana.md", code=1)
    assert bank("show", "ana.md", "--json").json["source"]["version"] == 1
    unharmed(bank)


MEASURED = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:]).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)
"""
"""Runs a command from a small process: what it used counts from its parent's size on."""


def test_a_huge_file_is_refused_before_it_is_read(bank: CommandLine) -> None:
    bank.write("in/good.md", "# Good\n\nThe good note.\n")
    with (bank.folder / "in/huge.md").open("w") as file:
        for _ in range(100):
            file.write("x" * 1024 * 1024)
    ran = subprocess.run(
        [sys.executable, "-c", MEASURED, RETAIN, "ingest", "in"],
        cwd=bank.folder,
        env=bank.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    one_line(ran.stderr, "huge.md: has 104857600 bytes, more than the limit of")
    assert int(ran.stdout.splitlines()[-1]) < 200 * 1024, "kB of memory"
    assert bank.found("good note")
    unharmed(bank)


def test_too_many_headings_are_refused(bank: CommandLine) -> None:
    bank.write("in/heads.md", "".join(f"# H {n}\n" for n in range(101_000)))
    bank.write("in/good.md", "# Good\n\nThe good note.\n")
    err = bank("ingest", "in", code=1).err
    one_line(err, "heads.md: has 101000 sections, more than the limit of 100000: split it")
    assert bank.found("good note")
    unharmed(bank)


def test_a_limit_is_what_the_user_set_it_to(bank: CommandLine) -> None:
    bank.env = {"RETAIN_MAX_BYTES": "100", "RETAIN_MAX_SECTIONS": "2"}
    bank.write("in/long.md", "word " * 30)
    bank.write("in/parts.md", "# A\n# B\n# C\n")
    err = bank("ingest", "in", code=1).err
    assert "has 150 bytes, more than the limit of 100: split it" in err
    assert "has 3 sections, more than the limit of 2: split it" in err


def test_a_file_that_has_vanished_is_told_and_comes_back(bank: CommandLine) -> None:
    path = bank.write("in/late.md", "")
    bank.write("in/later.md", "")
    bank.retained("in")
    path.unlink()
    bank.write("in/later.md", "# Later\n\nThe later note.\n")
    ended = bank("resume", "--all", code=1)
    one_line(ended.err, "late.md: no such file: check the path")
    assert bank.found("later note")
    bank.write("in/late.md", "# Late\n\nThe late note.\n")
    bank("resume", "late.md")
    assert bank.found("late note")
    unharmed(bank)


# places that may not be read or written

NO_OVERRIDE = "-dac_override,-dac_read_search"
PLAIN_USER = ["setpriv", f"--bounding-set={NO_OVERRIDE}", f"--inh-caps={NO_OVERRIDE}"]


def as_plain_user(cli: CommandLine, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command that permission bits hold for, also where the tests run as root."""
    prefix: list[str] = []
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("needs setpriv, or a user who is not root")
        prefix = PLAIN_USER
    return subprocess.run(
        [*prefix, RETAIN, *words],
        cwd=cli.folder,
        env=cli.environment(),
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )


def test_what_may_not_be_read_is_told_and_the_others_go_on(bank: CommandLine) -> None:
    bank.write("in/a.md", "# A\n\nThe good note.\n")
    secret = bank.write("in/secret.md", "# S\n")
    inner = bank.write("in/inner/b.md", "# B\n").parent
    secret.chmod(0)
    inner.chmod(0)
    ran = as_plain_user(bank, "ingest", "in", "ana.md")
    inner.chmod(0o755)
    assert ran.returncode == 1
    assert ran.stdout.startswith("retained 1 source, 1 unchanged, 2 failed in ")
    assert ran.stderr.splitlines() == [
        f"{inner}: the folder cannot be listed (Permission denied): check its permissions",
        "secret.md: may not be read: check its permissions",
    ]
    assert bank.found("good note")
    unharmed(bank)


def test_a_read_only_place_is_told(bank: CommandLine) -> None:
    bank.write("new.md", TALK)
    bank.db.chmod(0o444)
    bank.folder.chmod(0o555)
    ran = as_plain_user(bank, "ingest", "new.md")
    bank.folder.chmod(0o755)
    bank.db.chmod(0o644)
    assert ran.returncode == 1
    one_line(ran.stderr, "the database or its folder is read-only: make it writable")
    unharmed(bank)


def test_a_place_that_is_not_there_is_told(bank: CommandLine) -> None:
    ended = bank("ingest", "ana.md", "--db", "sqlite:///no/such/folder/m.db", code=1)
    one_line(ended.err, "there is no such folder: make it, or check the path")
    ended = bank("ingest", "ana.md", "--db", f"sqlite:///{bank.folder}", code=1)
    one_line(ended.err, "cannot open the database: check the path and permissions")


# disks


def test_a_disk_that_takes_no_more_stops_the_runs_and_they_resume(bank: CommandLine) -> None:
    notes(bank, "boxes", 16, sections=60)
    size = bank.db.stat().st_size + 400_000

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    ended = bank("ingest", "boxes", code=1, preexec_fn=limited)
    assert re.search(r"[1-9]\d* failed in ", ended.out)
    assert f"{bank.db}: cannot be read or written (disk I/O error): see that" in ended.err
    assert "then resume" in ended.err
    assert set(bank.statuses().values()) <= {"completed", "interrupted", "failed"}
    unharmed(bank)
    bank("resume", "--all")
    assert set(bank.statuses().values()) == {"completed"}
    assert len(contents(bank.db)["section"]) == 2 + 16 * 60
    unharmed(bank)


def test_a_full_disk_is_named_and_freed_space_is_enough(bank: CommandLine) -> None:
    """On a file system of 2 MB, in a mount namespace that ends with the shell."""
    notes(bank, "boxes", 12, sections=150)
    disk = bank.folder / "disk"
    disk.mkdir()
    script = f"""
        mount -t tmpfs -o size=2m tmpfs {disk} || exit 99
        {RETAIN} ingest ana.md || exit 98
        {RETAIN} ingest boxes 2>&1; echo "exit $?"
        {RETAIN} recall Lisbon
        mount -o remount,size=300m {disk} || exit 97
        {RETAIN} resume --all || exit 96
        {RETAIN} doctor || exit 95
    """
    if shutil.which("unshare") is None:
        pytest.skip("needs unshare")
    ran = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script],
        cwd=bank.folder,
        env={**bank.environment(), "RETAIN_DB": f"sqlite:///{disk}/m.db"},
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    if ran.returncode == 99 or "unshare failed" in ran.stderr:
        pytest.skip("may not mount")
    assert ran.returncode == 0, ran
    assert "the disk is full: free some space, then resume" in ran.stdout
    assert "\nexit 1\n" in ran.stdout
    assert "Ana lives in Lisbon." in ran.stdout
    assert re.search(r"resumed \d+ sources in ", ran.stdout)
    assert "13 completed" in ran.stdout
    assert "Traceback" not in ran.stdout + ran.stderr


# databases and checkpoints


@pytest.mark.parametrize("damage", ["header", "first pages", "cut short", "not a database"])
def test_a_damaged_database_is_told_and_left_as_it_is(bank: CommandLine, damage: str) -> None:
    notes(bank, "boxes", 10)
    bank.retained("boxes")
    whole = bank.db.read_bytes()
    rest = len(whole) - 8192
    broken = {
        "header": b"\xde\xad" * 50 + whole[100:],
        "first pages": whole[:100] + b"\xde\xad\xbe\xef" * 2023 + whole[8192:],
        "cut short": whole[: rest // 2],
        "not a database": b"# just some notes\n" * 500,
    }[damage]
    bank.db.write_bytes(broken)
    for words in (["ingest", "boxes"], ["recall", "letter"], ["runs"]):
        ended = bank(*words, code=1)
        one_line(ended.err, f"{bank.db}: not a SQLite database, or damaged (")
        assert ended.err.endswith("): restore it from a backup\n")
    ended = bank("doctor", code=1)
    assert "BAD  database" in ended.out
    assert bank.db.read_bytes() == broken


def test_damage_that_only_a_check_finds_is_found_by_doctor(bank: CommandLine) -> None:
    change(bank, "PRAGMA writable_schema=ON", "DELETE FROM sqlite_master WHERE name = 'section'")
    ended = bank("doctor", code=1)
    assert "BAD  database" in ended.out
    assert all(re.match("ok  |BAD ", line) for line in ended.out.splitlines())


def change(cli: CommandLine, *statements: str) -> None:
    with closing(sqlite3.connect(cli.db, isolation_level=None)) as connection:
        for statement in statements:
            assert connection.execute(statement).rowcount != 0, statement


BAD = "WHERE run_key LIKE '%bad.md%'"


def two_unfinished(cli: CommandLine) -> None:
    """One run to be damaged beside one that is not; both can go on."""
    for name in ("bad", "good"):
        cli.write(f"{name}.md", "")
    cli.retained("bad.md", "good.md")
    for name in ("bad", "good"):
        cli.write(f"{name}.md", f"# {name}\n\nThe {name} note.\n")


@pytest.mark.parametrize(
    "damage",
    [
        f"UPDATE run SET head = x'00' {BAD}",
        f"UPDATE run_field SET body = x'da' WHERE run_id = (SELECT id FROM run {BAD})",
        f"UPDATE run_step SET body = x'00' WHERE run_id = (SELECT id FROM run {BAD})",
        f"UPDATE run_step SET n = 7 WHERE run_id = (SELECT id FROM run {BAD})",
    ],
)
def test_a_damaged_checkpoint_is_named_and_the_others_go_on(bank: CommandLine, damage: str) -> None:
    two_unfinished(bank)
    change(bank, damage)
    told = f"damaged checkpoint of 'bad.md' in 'default' in {bank.db}: "
    one_line(bank("show", "bad.md", code=1).err, told)
    ended = bank("resume", "--all", code=1)
    one_line(ended.err, told)
    assert "forget the source and retain it again" in ended.err
    assert bank.statuses()["good.md"] == "completed"
    assert bank.statuses()["bad.md"] == "failed"
    unharmed(bank)
    bank("ingest", "bad.md")
    assert bank.statuses()["bad.md"] == "completed"
    assert bank.found("bad note")


def test_a_source_with_a_damaged_checkpoint_is_forgotten(bank: CommandLine) -> None:
    change(bank, "UPDATE run SET head = x'00', body = x'ff'")
    bank("forget", "ana.md")
    assert bank.statuses() == {}
    assert bank.found("Lisbon") == []


def test_a_run_of_a_newer_release_is_refused_and_the_others_go_on(bank: CommandLine) -> None:
    two_unfinished(bank)
    change(bank, f"UPDATE run SET version = 99 {BAD}")
    ended = bank("resume", "--all", code=1)
    one_line(ended.err, "of 'bad.md' in 'default'")
    assert "has schema version 99, this release reads up to 2: upgrade retain" in ended.err
    assert bank.statuses()["good.md"] == "completed"
    unharmed(bank)


@pytest.mark.parametrize("component", ["store", "checkpoint"])
def test_tables_of_a_newer_release_are_left_alone(bank: CommandLine, component: str) -> None:
    change(bank, f"UPDATE retain_schema SET version = 99 WHERE component = '{component}'")
    before = bank.db.read_bytes()
    bank.write("new.md", TALK)
    for words in (["ingest", "new.md"], ["recall", "Lisbon"], ["runs"], ["resume", "--all"]):
        err = bank(*words, code=1).err
        known = len(queries.migrations(component))
        told = f"its {component} tables have version 99, this release knows {known}: upgrade"
        one_line(err, told)
    assert bank.db.read_bytes() == before


def test_a_locked_database_is_told_and_may_still_be_read(bank: CommandLine) -> None:
    bank.env = {"RETAIN_BUSY_TIMEOUT": "0.2"}
    bank.write("new.md", "# Bob\n\nBob lives in Porto.\n")
    with locked(bank.db):
        for words in (["ingest", "new.md"], ["forget", "ana.md"], ["resume", "ana.md"]):
            err = bank(*words, code=1).err
            one_line(err, "another process has kept the database locked: try again when it is")
        assert "Ana lives in Lisbon." in bank("recall", "Lisbon").out
        assert "completed" in bank("runs").out
        bank("doctor")
    bank("ingest", "new.md")
    assert bank.found("Porto")
    unharmed(bank)


def test_a_short_lock_is_waited_for(bank: CommandLine) -> None:
    bank.write("chat.jsonl", CHAT)
    with ExitStack() as lock:
        lock.enter_context(locked(bank.db))
        with bank.start("ingest", "chat.jsonl") as process:
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(1.0)  # long enough for what has nothing to wait for
            lock.close()
            assert process.wait(DEADLINE_S) == 0
    assert bank.found("flowerpot")


def test_the_data_folder_that_cannot_be_made_is_told(cli: CommandLine) -> None:
    cli.write("file", "no folder")
    cli.env = {"RETAIN_DB": "", "XDG_DATA_HOME": str(cli.folder / "file"), "HOME": str(Path("/"))}
    cli.write("ana.md", ANA)
    one_line(cli("ingest", "ana.md", code=1).err, "file/retain")
