"""Whole banks on the command line: list, copy and delete them, and list what they hold."""

import os
import subprocess

from tests.commandline import RETAIN, CommandLine


def filled(cli: CommandLine) -> None:
    for name, text in (("ana", "Ana lives in Lisbon."), ("ben", "Ben works at Nortek.")):
        (cli.folder / f"{name}.md").write_text(f"# {name.title()}\n\n{text}\n")
    cli("ingest", "ana.md", "ben.md", "--bank", "mira")


def test_a_bank_is_copied_and_deleted(cli: CommandLine) -> None:
    assert cli("banks").out == "no banks: `retain ingest PATH --bank NAME` makes one\n"
    filled(cli)
    assert cli("banks", "copy", "mira", "twin").out == "copied bank mira to bank twin: 2 sources\n"
    assert [line.split()[:3] for line in cli("banks").out.splitlines()] == [
        ["mira", "2", "sources"],
        ["twin", "2", "sources"],
    ]
    (fact, *_) = cli("facts", "--bank", "twin", "--json").json
    assert (fact["text"], fact["source_id"]) == ("Ana lives in Lisbon", "ana.md")
    asked = cli("banks", "delete", "twin", code=2).err
    assert "holds 2 sources and 2 sections, which cannot be brought back" in asked
    assert cli("banks", "delete", "twin", "--yes").out == (
        "deleted bank twin: 2 sources forgotten\n"
    )
    assert [bank["bank_id"] for bank in cli("banks", "--json").json] == ["mira"]
    assert "no bank 'twin': there is nothing to delete" in (
        cli("banks", "delete", "twin", "--yes", code=2).err
    )
    assert "no bank 'twin': there is nothing to copy" in (
        cli("banks", "copy", "twin", "other", code=2).err
    )
    assert "bank 'mira' is not empty" in cli("banks", "copy", "mira", "mira", code=2).err


def test_an_empty_bank_says_which_banks_there_are(cli: CommandLine) -> None:
    filled(cli)
    for words in ("facts", "pages", "recall Ana"):
        told = cli(*words.split()).out
        assert told.endswith("; the database has the banks mira\n"), words


def test_sources_are_listed_in_pages(cli: CommandLine) -> None:
    assert cli("sources").out == "no sources in bank default\n"
    filled(cli)
    assert cli("sources").out == "no sources in bank default; the database has the banks mira\n"
    first, more = cli("sources", "--bank", "mira", "--limit", "1").out.splitlines()
    assert first.split()[:5] == ["ana.md", "1", "section", "1", "fact"]
    assert more == "1 of 2 sources; for the next ones, add --after ana.md"
    (second,) = cli("sources", "--bank", "mira", "--after", "ana.md").out.splitlines()
    assert second.startswith("ben.md")
    assert [one["source_id"] for one in cli("sources", "--bank", "mira", "--json").json] == [
        "ana.md",
        "ben.md",
    ]


def test_help_is_short_to_ask_for_and_a_typo_is_answered(cli: CommandLine) -> None:
    assert cli("sources", "-h").out == cli("sources", "--help").out
    assert cli("entities", "merge", "-h").out.startswith("Usage: retain entities merge")
    assert "Did you mean 'sources'?" in cli("source", code=2).err
    assert "completion" not in cli("entities", "-h").out + cli("banks", "-h").out


def test_a_shell_completes_commands(cli: CommandLine) -> None:
    words = {"COMP_WORDS": "retain sou", "COMP_CWORD": "1", "_RETAIN_COMPLETE": "complete_bash"}
    completed = subprocess.run(
        [RETAIN], env={**os.environ, **cli.environment(), **words}, capture_output=True, text=True
    )
    assert completed.stdout.split() == ["sources"]


def test_a_command_that_reads_makes_no_database(cli: CommandLine) -> None:
    told = f"retain: there is no database {cli.db} yet: `retain ingest PATH` makes it\n"
    for words, out in (("runs", "no runs\n"), ("recall Ana --json", "[]\n"), ("facts", None)):
        ended = cli(*words.split())
        assert ended.err == told
        assert out in (None, ended.out)
    assert list(cli.folder.iterdir()) == []
    assert told in cli("show", "ana.md", code=2).err
