"""Banks taken out as Markdown and as JSON lines, and in again, by the commands that do it."""

import asyncio
import base64
import hashlib
import json
import os
import re
import resource
import signal
import stat
import subprocess
import sys
import time
from io import BytesIO
from pathlib import Path

import pytest
from tests.commandline import ANA, CHAT, TALK, CommandLine, contents, query, until
from tests.unit.wiki.hostile import PIECES, doubtful

from retain import Memory
from retain.app.folder import MARKER
from retain.errors import RecordError

RETAIN = Path(sys.executable).with_name("retain")
MOVED = ANA.replace("lives in Lisbon.", "lives in Porto since May 2024. Ana has a cat.")


@pytest.fixture
def cli(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path)


@pytest.fixture
def filled(cli: CommandLine) -> CommandLine:
    """Three sources, one of them in its second version, and a correction."""
    cli.write("notes/ana.md", ANA + "\nAna knows Bob Reis. Bob Reis lives in Faro.\n")
    cli.write("notes/deep/talk.md", TALK)
    cli.write("notes/chat.jsonl", CHAT)
    cli("ingest", "notes")
    cli.write("notes/ana.md", MOVED + "\nAna knows Bob Reis. Bob Reis lives in Faro.\n")
    cli("ingest", "notes")
    cli("entities", "split", "Ana", "Bob Reis")
    return cli


def lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def sealed(found: list[bytes]) -> bytes:
    """Lines with a last one that vouches for them, as somebody who means harm would write it."""
    model = json.loads(found[0])["model"]
    digest = hashlib.sha256(json.dumps(model).encode() + b"\n" + b"".join(found[1:-1])).hexdigest()
    end = {"record": "end", "lines": len(found) - 2, "sha256": digest}
    return b"".join([*found[:-1], json.dumps(end, separators=(",", ":")).encode() + b"\n"])


def tree(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != MARKER
    }


def rounded(value: object) -> object:
    """Without the last digits of scores: sums depend on the order of rows."""
    if isinstance(value, dict):
        return {key: rounded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [rounded(inner) for inner in value]
    return round(value, 5) if isinstance(value, float) else value


def other(cli: CommandLine) -> CommandLine:
    """The command line over another database."""
    (cli.folder / "other").mkdir(exist_ok=True)
    return CommandLine(cli.folder / "other")


def test_a_bank_moves_to_another_database_and_back_unchanged(filled: CommandLine) -> None:
    first, second = filled.folder / "first.jsonl", filled.folder / "second.jsonl"
    told = filled("export", "--jsonl", first, "--json").json
    assert told["counts"]["source"] == 3
    there = other(filled)
    assert there("import", first, "--bank", "moved", "--json").json == {
        "bank_id": "moved",
        "was": "default",
        "counts": told["counts"],
    }
    there("export", "--bank", "moved", "--jsonl", second)
    assert lines(first)[1:] == lines(second)[1:]
    assert json.loads(lines(second)[0]) == {**json.loads(lines(first)[0]), "bank": "moved"}
    for words in (
        ("facts", "--json"),
        ("entities", "--json"),
        ("log", "--json"),
        ("pages", "--json"),
        ("recall", "Where does Ana live?", "--json"),
        ("recall", "Who lives in Faro?", "--json"),
    ):
        here = rounded(filled(*words).json)
        assert len(str(here)) > 100
        assert rounded(there(*words, "--bank", "moved").json) == here, words
    here_again = CommandLine(filled.folder, {"RETAIN_BANK": "again"})
    here_again("import", second)
    for words in (("facts", "--json"), ("pages", "--json"), ("recall", "Who paints?", "--json")):
        assert rounded(here_again(*words).json) == rounded(filled(*words).json), words


def test_the_rows_of_a_copy_are_those_of_the_original(filled: CommandLine) -> None:
    filled("export", "--jsonl", "bank.jsonl")
    there = other(filled)
    there("import", filled.folder / "bank.jsonl")
    filled("index")
    there("index")
    before, after = contents(filled.db), contents(there.db)
    assert before.keys() == after.keys()
    # Versions, what was rendered by who read it, when topics were drawn, and the sources' texts.
    ignored = {"bank", "page", "dirty_page", "total", "source_text"}
    for table in before.keys() - ignored:
        assert before[table] == after[table], table
    times = (
        "SELECT retained_at FROM source UNION ALL SELECT retained_at FROM source_version ORDER BY 1"
    )
    assert query(filled.db, times) == query(there.db, times)


def test_what_came_in_is_not_retained_again(filled: CommandLine) -> None:
    filled("export", "--jsonl", "bank.jsonl")
    there = other(filled)
    there("import", filled.folder / "bank.jsonl")
    runs = there("ingest", filled.folder / "notes", "--json").json
    assert [run["unchanged"] for run in runs] == [True] * 3


def test_a_forgotten_fact_stays_forgotten_in_the_copy(cli: CommandLine) -> None:
    cli.write("notes/bob.md", "# Bob Reis\n\nBob Reis lives in Faro.\n\nBob Reis likes sardines.\n")
    cli("ingest", "notes")
    fact = next(f for f in cli("facts", "--json").json if "Faro" in f["text"])
    cli("forget", "--fact", fact["fact_id"])
    cli("export", "--jsonl", "bank.jsonl")
    assert b"lives in Faro" not in (cli.folder / "bank.jsonl").read_bytes()
    there = other(cli)
    there("import", cli.folder / "bank.jsonl")
    there("ingest", cli.folder / "notes")
    assert not any("Faro" in text for text in there.found("Faro"))


def test_streams_take_and_give_banks(filled: CommandLine) -> None:
    filled("export", "--jsonl", "bank.jsonl")
    ended = filled("export", "--jsonl", "-")
    assert ended.out.encode() == (filled.folder / "bank.jsonl").read_bytes()
    assert ended.err.startswith("exported bank default")
    ran = subprocess.run(
        [RETAIN, "import", "-", "--bank", "piped"],
        env=filled.environment(),
        input=ended.out.encode(),
        capture_output=True,
        check=True,
    )
    assert ran.stdout.startswith(b"imported bank piped, which was bank default")
    assert filled("export", "--jsonl", "-", "--json", code=2).out == ""


def test_a_reader_who_leaves_early_is_no_error(filled: CommandLine) -> None:
    with filled.start("export", "--jsonl", "-") as process:
        process.stdout.close()
        assert process.wait(timeout=60) == 0
        assert "Traceback" not in process.stderr.read()


def test_an_import_that_waits_for_its_pipe_can_be_stopped(cli: CommandLine) -> None:
    reading, writing = os.pipe()
    try:
        process = subprocess.Popen(
            [RETAIN, "import", "-"],
            env=cli.environment(),
            stdin=reading,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        os.write(writing, b'{"format":"retain-bank","version":1,"bank":"b","model":null}\n')
        until(lambda: query(cli.db, "SELECT 1 FROM retain_schema"), "the tables", 0.01)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    finally:
        os.close(reading)
        os.close(writing)
    assert process.returncode == 130
    assert b"Traceback" not in err
    assert b"Fatal" not in err


def test_nothing_goes_over_what_is_there(filled: CommandLine) -> None:
    filled("export", "--jsonl", "bank.jsonl")
    ended = filled("import", "bank.jsonl", code=2)
    assert "'default' is not empty" in ended.err
    mine = filled.write("mine.txt", "my own")
    assert (
        "not an exported bank: choose another path" in filled("export", "--jsonl", mine, code=2).err
    )
    assert mine.read_text() == "my own"
    assert "is a folder" in filled("export", "--jsonl", filled.folder, code=2).err
    filled("export", "--jsonl", "bank.jsonl")
    filled("export", "--jsonl", mine, "--force")
    assert mine.read_bytes() == (filled.folder / "bank.jsonl").read_bytes()
    assert "no bank 'nobody'" in filled("export", "x", "--bank", "nobody", code=2).err
    assert not (filled.folder / "x").exists()
    assert "name a folder" in filled("export", code=2).err
    assert "No such file" in filled("import", "nothing.jsonl", code=2).err
    assert not list(filled.folder.glob(".retain-*"))


def _spoilt(found: list[bytes]) -> list[tuple[bytes, int, str]]:
    """Files that cannot be imported: the line that says so, and what it says."""
    whole = b"".join(found)
    head = json.loads(found[0])
    count = len(found)
    at = next(n for n, line in enumerate(found) if line.startswith(b'{"record":"section"'))
    section = json.loads(found[at])

    def changed(**other: object) -> bytes:
        line = json.dumps({**section, **other}, separators=(",", ":")).encode() + b"\n"
        return sealed([*found[:at], line, *found[at + 1 :]])

    def headed(**other: object) -> bytes:
        return json.dumps({**head, **other}).encode() + b"\n" + b"".join(found[1:])

    return [
        (b"", 1, "not an exported bank"),
        (b"\x00\x01\xff", 1, "not an exported bank"),
        (b'{"a": 1}\n', 1, "not an exported bank"),
        (b"[" * 100_000 + b"\n", 1, "not an exported bank"),
        (headed(format="other"), 1, "not an exported bank"),
        (headed(version=2), 1, "upgrade retain"),
        (headed(version=0), 1, "no such format version 0"),
        (headed(model="another"), count, "the checksum does not match"),
        (whole[:-20], count, "cut off"),
        (b"".join(found[:-1]), count, "cut off"),
        (b"".join(found[: count // 2]), count // 2 + 1, "cut off"),
        (b"".join([*found[:at], *found[at + 1 :]]), 0, ""),
        (whole + b"\n", count + 1, "after the end of the bank"),
        (whole + whole, count + 1, "after the end of the bank"),
        (whole.replace(b"harbours", b"harbour5", 1), 0, ""),
        (b"".join([*found[:at], b"\n", *found[at:]]), at + 1, "not a record"),
        (b"".join([*found[:at], b"{" + found[at], *found[at + 1 :]]), at + 1, "not a record"),
        (b"".join([*found[:at], b'{"record":"x"}\n', *found[at:]]), at + 1, "no record 'x'"),
        (b"".join([*found[:at], b"[" * 10**6 + b"\n", *found[at:]]), at + 1, "not a record"),
        (changed(start=-1), at + 1, "span"),
        (changed(end=10**9), at + 1, "span"),
        (changed(end=2**64), at + 1, ""),
        (changed(line_start=1.5), at + 1, "not a record"),
        (changed(said_at="yesterday"), at + 1, "not a record"),
        (changed(said_at="0001-01-01T00:00:00+05:00"), at + 1, "out of range"),
        (changed(text=7), at + 1, "not a record"),
        (changed(source_id="a\0.md"), at + 1, "holds NUL"),
        (changed(source_id="../../etc/passwd"), at + 1, "not"),
        (sealed([*found[: at + 1], found[at], *found[at + 1 :]]), at + 2, "twice"),
    ]


def test_files_that_are_no_whole_bank_are_refused_with_their_line(filled: CommandLine) -> None:
    filled("export", "--jsonl", "bank.jsonl")

    async def refuse() -> None:
        async with Memory.open(f"sqlite:///{filled.db}") as memory:
            for data, line, told in _spoilt(lines(filled.folder / "bank.jsonl")):
                with pytest.raises(RecordError) as refused:
                    await memory.banks.import_(BytesIO(data), bank_id="copy")
                assert told in refused.value.reason
                assert not line or refused.value.number == line, refused.value
            assert list(await memory.banks()) == ["default"]

    asyncio.run(refuse())


def test_a_refused_file_is_told_in_a_line(filled: CommandLine) -> None:
    filled("export", "--jsonl", "bank.jsonl")
    cut = filled.write("cut.jsonl", (filled.folder / "bank.jsonl").read_bytes()[:-30])
    ended = filled("import", cut, "--bank", "copy", code=2)
    assert re.fullmatch(
        r"retain: .*cut\.jsonl, line \d+: .* cut off; .*; nothing was imported\n", ended.err
    )


def test_a_line_without_end_takes_little_memory(filled: CommandLine) -> None:
    filled("export", "--jsonl", "bank.jsonl")
    head = lines(filled.folder / "bank.jsonl")[0]
    hundred = 100 * 1024 * 1024
    for start, piece in (
        (b'{"record":"section","text":"', b"x"),
        (b'{"record":"source","meta":{"a":[', b"{},"),
        (b'{"record":"section","path":[', b'"ab",'),
        (b"", b"["),
    ):
        data = head + start + piece * (hundred // len(piece))
        ran = subprocess.run(
            [RETAIN, "import", "-", "--bank", "b"],
            env=filled.environment(),
            input=data,
            capture_output=True,
            check=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (8 * hundred, 8 * hundred)),
        )
        assert ran.returncode == 2, ran.stderr
        assert b"line 2: longer than" in ran.stderr


def test_a_killed_import_leaves_nothing(filled: CommandLine) -> None:
    filled("export", "--jsonl", "bank.jsonl")
    there = other(filled)
    for pause_ms in (300, 500, 600, 700, 800):
        with there.start("import", filled.folder / "bank.jsonl") as process:
            time.sleep(pause_ms / 1000)  # an instant of the process, wherever that is
            process.kill()
            process.wait()
        if query(there.db, "SELECT 1 FROM source"):
            break
    if not query(there.db, "SELECT 1 FROM source"):
        there("import", filled.folder / "bank.jsonl")
    assert there("export", "--jsonl", "-").out == filled("export", "--jsonl", "-").out
    assert [p.name for p in there.folder.iterdir() if "retain" in p.name] == []


def test_a_folder_has_the_index_the_log_the_pages_and_the_sources(filled: CommandLine) -> None:
    told = filled("export", "vault", "--json").json
    vault = filled.folder / "vault"
    found = tree(vault)
    assert told["files"] == told["changed"] == len(found)
    assert {"index.md", "log.md", "pages/ana.md"} <= found.keys()
    assert sum(name.startswith("sources/") for name in found) == 3
    for name, data in found.items():
        for target, anchor in re.findall(r"\]\(([^)#]+)(?:#\^(L\d+))?\)", data.decode()):
            to = os.path.normpath(Path(name).parent / target)
            assert to in found, (name, target)
            assert not anchor or f" ^{anchor}\n" in found[to].decode(), (name, target, anchor)
    assert "Porto" in found["pages/ana.md"].decode()
    assert stat.S_IMODE(vault.stat().st_mode) & 0o700 == 0o700
    assert not list(filled.folder.glob(f"{MARKER}-*"))


def test_a_second_export_touches_only_what_differs(filled: CommandLine) -> None:
    filled("export", "vault")
    vault = filled.folder / "vault"
    mine = filled.write("vault/pages/mine.md", "my own page")
    filled.write("vault/.obsidian/app.json", "{}")
    before = {path: path.stat().st_mtime_ns for path in vault.rglob("*.md")}
    assert filled("export", "vault", "--json").json["changed"] == 0
    assert {path: path.stat().st_mtime_ns for path in vault.rglob("*.md")} == before
    filled("forget", "ana.md")
    told = filled("export", "vault", "--json").json
    assert told["removed"] > 0
    assert told["changed"] > 0
    assert mine.read_text() == "my own page"
    assert (vault / ".obsidian/app.json").exists()
    filled("export", "fresh")
    ours = {name: data for name, data in tree(vault).items() if "mine" not in name}
    ours.pop(".obsidian/app.json")
    assert ours == tree(filled.folder / "fresh")


def test_a_folder_of_something_else_is_left_alone(filled: CommandLine) -> None:
    mine = filled.write("mine/index.md", "my own")
    ended = filled("export", "mine", code=2)
    assert "not empty" in ended.err
    assert tree(filled.folder / "mine") == {"index.md": b"my own"}
    filled("export", "mine", "--force")
    assert mine.read_text() != "my own"
    filled("ingest", "notes", "--bank", "second")
    assert "bank 'default'" in filled("export", "mine", "--bank", "second", code=2).err
    assert "is not a folder" in filled("export", mine, code=2).err


def test_links_in_the_folder_lead_nowhere(filled: CommandLine) -> None:
    outside = filled.folder / "outside"
    outside.mkdir()
    secret = filled.write("outside/index.md", "outside")
    filled("export", "vault")
    vault = filled.folder / "vault"
    (vault / "index.md").unlink()
    (vault / "index.md").symlink_to(secret)
    filled("export", "vault")
    assert secret.read_text() == "outside"
    assert not (vault / "index.md").is_symlink()
    for page in (vault / "sources").iterdir():
        page.unlink()
    (vault / "sources").rmdir()
    (vault / "sources").symlink_to(outside, target_is_directory=True)
    assert "is a link or a file, not a folder" in filled("export", "vault", code=2).err
    assert "is a link or a file, not a folder" in filled("export", "vault", "--force", code=2).err
    assert tree(outside) == {"index.md": b"outside"}


def test_a_forged_marker_removes_nothing_outside(filled: CommandLine) -> None:
    victim = filled.write("victim.md", "still here")
    filled("export", "vault")
    marker = filled.folder / "vault" / MARKER
    told = json.loads(marker.read_bytes())
    told["files"] += ["../victim.md", str(victim), "pages/../../victim.md", "mine.md"]
    marker.write_text(json.dumps(told))
    filled.write("vault/mine.md", "mine")
    filled("export", "vault")
    assert victim.read_text() == "still here"
    assert (filled.folder / "vault/mine.md").exists()


HOSTILE_NAMES = [
    "../../outside.md", "/etc/passwd", "..", "a/../../b.md", "[[wiki]].md", "%%.md", ".hidden",
    "](javascript:alert(1)).md", "<script>alert(1)</script>.md", "CON", "aux.md", "A.md", "a.md",
    "\u202egpj.md", "x" * 300, "é.md", "e\u0301.md", "new\nline.md", "|pipe|.md", "~",
]  # fmt: skip


def test_hostile_names_and_texts_stay_in_the_folder_and_do_nothing(cli: CommandLine) -> None:
    liked = "\n\n".join(f"Ana Reis likes {piece} a lot." for piece in PIECES)
    text = f"# {' '.join(PIECES)}\n\n{liked}".replace("\x00", "")

    async def retain() -> None:
        async with Memory.open(f"sqlite:///{cli.db}") as memory:
            for name in HOSTILE_NAMES:
                run = await memory.retain_text(text, source_id=name)
                assert run.status == "completed", run.errors

    asyncio.run(retain())
    outside = {path.name for path in cli.folder.iterdir()}
    cli("export", "vault")
    assert {path.name for path in cli.folder.iterdir()} - outside == {"vault"}
    found = tree(cli.folder / "vault")
    # One of them is there twice, in two forms of Unicode, and is one source.
    assert sum(name.startswith("sources/") for name in found) == len(HOSTILE_NAMES) - 1
    assert len({name.casefold() for name in found}) == len(found)
    for name, data in found.items():
        assert re.fullmatch(r"(?:(?:pages|sources)/)?[a-z0-9-]+\.md", name), name
        bad = [one for one in doubtful(data.decode()) if not one.startswith(("pages/", "sources/"))]
        assert bad == [] or all(one == "log.md" for one in bad), (name, bad)
    cli("export", "--jsonl", "bank.jsonl")
    cli("import", "bank.jsonl", "--bank", "copy")
    assert (
        cli("export", "--jsonl", "-", "--bank", "copy").out.splitlines()[1:]
        == (cli("export", "--jsonl", "-").out.splitlines()[1:])
    )


def test_a_killed_export_is_brought_to_its_end_by_the_next(filled: CommandLine) -> None:
    filled("export", "whole")
    whole = tree(filled.folder / "whole")
    for pause_ms in (350, 450, 550, 650):
        with filled.start("export", "vault") as process:
            time.sleep(pause_ms / 1000)  # an instant of the process, wherever that is
            process.kill()
            process.wait()
        vault = filled.folder / "vault"
        assert not vault.exists() or tree(vault) == whole
    filled("export", "vault")
    assert tree(filled.folder / "vault") == whole
    assert not list(filled.folder.glob(f"{MARKER}-*"))


def test_vectors_stand_in_a_bank_as_they_were(filled: CommandLine) -> None:
    filled("export", "--jsonl", "bank.jsonl")
    held = {bytes(row[0]) for row in query(filled.db, "SELECT vector FROM vector")}
    found = [json.loads(line) for line in lines(filled.folder / "bank.jsonl")]
    out = {base64.b64decode(one["vector"]) for one in found if one.get("record") == "vector"}
    assert out == held
    assert found[0]["model"] == query(filled.db, "SELECT model FROM bank")[0][0]
