"""Formats at the command line: standard input, `--format`, and files of many sources."""

from __future__ import annotations

import asyncio
import json
import zipfile
from pathlib import Path

import pytest
from tests.commandline import CommandLine

from retain import Memory
from retain.errors import InputError

CLAUDE = [
    {
        "uuid": f"c{n}",
        "name": f"Talk {n}",
        "chat_messages": [{"sender": "human", "text": f"My boat is called Alk {n}."}],
    }
    for n in range(3)
]
PAGE = "<!doctype html><html><body><nav>Menu</nav><p>Bo lives in Kiel.</p></body></html>"


def test_standard_input_is_a_source_whose_format_its_content_shows(cli: CommandLine) -> None:
    ended = cli("ingest", "-", "--name", "page", given=PAGE)
    assert "retained 1 source" in ended.out
    assert "passed over: 1 part of the page frame" in ended.out
    cli("ingest", "-", "--name", "talks.json", given=json.dumps(CLAUDE))
    assert [one for one in cli.statuses() if "#" in one] == [f"talks.json#c{n}" for n in range(3)]
    assert "1 unchanged" in cli("ingest", "-", "--name", "page", given=PAGE).out


def test_standard_input_without_a_name_never_replaces_what_came_before(cli: CommandLine) -> None:
    cli("ingest", "-", given="Ann lives in Rome.\n")
    cli("ingest", "-", given="Bob lives in Oslo.\n")
    cli("ingest", "-", given="Ann lives in Rome.\n")
    assert len(cli.statuses()) == 2
    assert "Rome" in cli("facts").out


def test_a_format_can_be_named(cli: CommandLine) -> None:
    cli("ingest", "-", "--name", "t", "--format", "csv", given="name,city\nAnn,Rome\n")
    assert "Ann - city: Rome" in cli("facts").out
    ended = cli("ingest", "-", "--format", "word", given="x", code=2)
    assert "there is no format 'word': choose one of asciidoc, captions, chat," in ended.err
    cli.write("people", "name,city\nBob,Oslo\n")
    cli("ingest", "people", "--format", "csv")
    assert "Bob - city: Oslo" in cli("facts").out


def test_options_that_do_not_fit_standard_input_say_so(cli: CommandLine) -> None:
    assert "alone" in cli("ingest", "-", "a.md", code=2).err
    assert "give - as the path" in cli("ingest", "a.md", "--name", "b", code=2).err
    assert "--watch needs files" in cli("ingest", "-", "--watch", code=2).err


def test_the_name_of_a_file_means_all_of_its_sources(cli: CommandLine) -> None:
    cli.write("talks.json", json.dumps(CLAUDE))
    cli.write("note.md", "Ann's boat is called Teist.\n")
    cli("ingest", "talks.json", "note.md")
    shown = cli("show", "talks.json").out
    assert "talks.json  in bank default: 3 sources" in shown
    assert "talks.json#c1  completed  1 section, 1 fact  Talk 1" in shown
    listed = cli("show", "talks.json", "--json").json["sources"]
    assert [one["source_id"] for one in listed] == [f"talks.json#c{n}" for n in range(3)]
    assert len(cli("facts", "talks.json", "--json").json) == 3
    hits = cli("recall", "boat", "--source", "talks.json", "--json").json
    assert {one["source_id"] for one in hits} == {f"talks.json#c{n}" for n in range(3)}
    assert "would forget talks.json#c2" in cli("forget", "talks.json", "--dry-run").out
    cli("forget", str(cli.folder / "talks.json"))
    assert list(cli.statuses()) == ["note.md"]


def test_archives_of_chats_are_read_and_others_left_out(cli: CommandLine) -> None:
    (cli.folder / "in").mkdir()
    with zipfile.ZipFile(cli.folder / "in" / "export.zip", "w") as packed:
        packed.writestr("conversations.json", json.dumps(CLAUDE))
        packed.writestr("picture.png", b"\x89PNG")
    with zipfile.ZipFile(cli.folder / "in" / "backup.zip", "w") as packed:
        packed.writestr("a.txt", "Ann lives in Rome.")
        packed.writestr("b.txt", "Bob lives in Oslo.")
    ended = cli("ingest", "in")
    assert "retained 3 sources" in ended.out
    assert "left out 1 file: 1 .zip (binary)" in ended.out
    assert "passed over: 1 other file of the archive" in ended.out
    ended = cli("ingest", "in/backup.zip", code=1)
    assert "is a zip archive, but no export of ChatGPT, Claude, Slack," in ended.err
    assert "unpack it and give the folder" in ended.err


def test_a_text_is_read_by_its_content_or_as_it_is_told(tmp_path: Path) -> None:
    asyncio.run(_retain_texts(tmp_path))


async def _retain_texts(tmp_path: Path) -> None:
    async with Memory.open(f"sqlite:///{tmp_path}/m.db") as memory:
        run = await memory.retain_text(PAGE, source_id="page")
        assert run.passed_over == {"parts of the page frame": 1}
        table = "name;city\nAnn;Rome\nBob;Oslo\n"
        await memory.retain_text(table, source_id="people")
        await memory.retain_text("| Cy | Bonn", source_id="pdf text.pdf", format="markdown")
        mail = "From: Di <di@x.example>\nDate: Thu, 2 May 2024 10:00:00 +0200\nSubject: Hi\n\n"
        await memory.retain_text(f"{mail}I live in Bern.\n", source_id="mail")
        facts = [one.fact.text for one in await memory.facts()]
        assert "Di lives in Bern" in facts
        assert "Ann - city: Rome" in facts
        with pytest.raises(InputError, match="there is no format 'word'"):
            await memory.retain_text("x", source_id="x", format="word")
        with pytest.raises(InputError, match="many sources"):
            await memory.retain_text("x", source_id="x", format="mbox")
