"""Forgetting one fact leaves its words in no byte, and they stay forgotten."""

import json
from pathlib import Path

import pytest
from tests.commandline import CommandLine

CANARY = "Quillfeather"
NOTE = f"""---
date: 2024-05-01
---
# Notes

Ana Silva lives in Lisbon. Ana Silva rented a locker in {CANARY} in May 2023.

Bob Reis lives in Faro.
"""


@pytest.fixture
def cli(tmp_path: Path) -> CommandLine:
    cli = CommandLine(tmp_path / "home")
    cli.write("notes/ana.md", NOTE)
    cli("ingest", "notes")
    return cli


def the_fact(cli: CommandLine) -> str:
    (found,) = [f for f in cli("facts", "--json").json if CANARY in f["text"]]
    return found["fact_id"]


def bytes_with_canary(cli: CommandLine) -> list[str]:
    files = [path for path in cli.db.parent.glob("memory.db*") if path.is_file()]
    return [path.name for path in files if CANARY.encode() in path.read_bytes()]


def test_the_words_are_in_no_byte_and_everything_else_stays(cli: CommandLine) -> None:
    cli("pages")
    assert bytes_with_canary(cli)
    cli("forget", "--fact", the_fact(cli))
    cli("pages")
    assert bytes_with_canary(cli) == []
    texts = [f["text"] for f in cli("facts", "--json").json]
    assert texts == ["Ana Silva lives in Lisbon", "Bob Reis lives in Faro"]
    assert CANARY not in cli("log").out + cli("page", "Ana Silva").out + cli("index").out
    assert CANARY not in cli("page", "Ana Silva", "--history", "--json").out
    assert "Ana Silva lives in Lisbon" in cli("recall", "Where does Ana Silva live?").out


def test_they_stay_forgotten_when_the_source_comes_in_again(cli: CommandLine) -> None:
    cli("forget", "--fact", the_fact(cli))
    assert [run["unchanged"] for run in cli("ingest", "notes", "--json").json] == [True]
    cli.write("notes/ana.md", NOTE + "\nBob Reis works at Acme.\n")
    cli("ingest", "notes")
    texts = [f["text"] for f in cli("facts", "--json").json]
    assert texts == [
        "Ana Silva lives in Lisbon",
        "Bob Reis lives in Faro",
        "Bob Reis works at Acme",
    ]
    assert bytes_with_canary(cli) == []


def test_two_facts_of_one_source_are_forgotten_one_after_the_other(cli: CommandLine) -> None:
    cli("forget", "--fact", the_fact(cli))
    (faro,) = [f["fact_id"] for f in cli("facts", "--json").json if "Faro" in f["text"]]
    cli("forget", "--fact", faro)
    assert [f["text"] for f in cli("facts", "--json").json] == ["Ana Silva lives in Lisbon"]
    assert [run["unchanged"] for run in cli("ingest", "notes", "--json").json] == [True]


def test_forgetting_the_source_and_retaining_it_again_brings_all_back(cli: CommandLine) -> None:
    cli("forget", "--fact", the_fact(cli))
    cli("forget", "ana.md")
    cli("ingest", "notes")
    assert the_fact(cli)


def test_a_dry_run_says_what_would_go_and_nothing_goes(cli: CommandLine) -> None:
    fact = the_fact(cli)
    told = cli("forget", "--fact", fact, "--dry-run").out
    assert CANARY in told
    assert "nothing was forgotten" in told
    whole = json.loads(cli("forget", "ana.md", "--dry-run", "--json").out)
    assert (whole["sections"], whole["log_entries"], len(whole["facts"])) == (1, 1, 3)
    assert "Ana Silva" in whole["entities"]
    assert the_fact(cli) == fact


def test_a_dry_run_names_the_facts_that_lean_on_the_words_too(cli: CommandLine) -> None:
    cli.write("notes/two.md", "# Two\n\nEva Holm lives in Bergen and works as a nurse.\n")
    cli("ingest", "notes")
    before = cli("facts", "two.md", "--json").json
    (home,) = [f["fact_id"] for f in before if "Bergen" in f["text"]]
    told = cli("forget", "--fact", home, "--dry-run", "--json").json["facts"]
    cli("forget", "--fact", home)
    left = [f["text"] for f in cli("facts", "two.md", "--json").json]
    assert sorted(told) == sorted(f["text"] for f in before if f["text"] not in left)


def test_what_cannot_be_forgotten_is_told(cli: CommandLine) -> None:
    assert "no fact 'nope'" in cli("forget", "--fact", "nope", code=2).err
    assert "give a source, or --fact" in cli("forget", code=2).err
    assert "give a source, or --fact" in cli("forget", "ana.md", "--fact", "x", code=2).err
    fact = the_fact(cli)
    cli("export", "--jsonl", "bank.jsonl")
    cli("import", "bank.jsonl", "--bank", "copy")
    refused = cli("forget", "--fact", fact, "--bank", "copy", code=2)
    assert "the text of 'ana.md' is not kept, since it was imported" in refused.err
    cli("prune", "--older-than", "0m")
    cli("forget", "--fact", fact)
    assert "no fact" in cli("forget", "--fact", fact, code=2).err
