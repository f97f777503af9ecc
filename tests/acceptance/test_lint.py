"""Lint finds what is wrong in a bank, fixes what is safe, and finds nothing in a sound one."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.commandline import CommandLine

NOTES = """---
date: 2024-05-01
---
# Notes

Ana Silva lives in Lisbon. Ana Silva works at Acme. Bob Reis met Ana Silva in Faro.
"""


@pytest.fixture
def cli(tmp_path: Path) -> CommandLine:
    cli = CommandLine(tmp_path)
    cli.write("notes/ana.md", NOTES)
    cli("ingest", "notes")
    cli("pages")
    return cli


def damage(cli: CommandLine, *statements: str) -> None:
    with closing(sqlite3.connect(cli.db)) as db:
        for statement in statements:
            db.execute(statement)
        db.commit()


def kinds(cli: CommandLine, *words: str, code: int = 1) -> list[tuple[Any, Any]]:
    found = cli("lint", *words, "--json", code=code).json
    return [(one["kind"], one["fixed"]) for one in found]


def test_a_sound_bank_has_nothing_wrong(cli: CommandLine) -> None:
    assert cli("lint").out == "bank default: nothing is wrong\n"
    assert kinds(cli, code=0) == []
    assert "nothing is wrong" in cli("lint", "--bank", "nobody").out


def test_what_contradicts_at_one_time_is_left_for_the_user(cli: CommandLine) -> None:
    cli.write("notes/other.md", NOTES.replace("Lisbon", "Porto"))
    cli("ingest", "notes")
    told = cli("lint", code=1).out
    assert "Ana Silva: lives in: Lisbon or Porto (ana.md:6 and other.md:6)" in told
    assert "1 finding, 0 fixed, 1 left" in cli("lint", "--fix", code=1).out.replace("stale", "")


def test_a_later_statement_is_no_contradiction(cli: CommandLine) -> None:
    cli.write("notes/later.md", NOTES.replace("Lisbon", "Porto").replace("2024", "2025"))
    cli("ingest", "notes")
    cli("pages")
    assert kinds(cli, code=0) == []


def test_orphans_are_named_and_fixed(cli: CommandLine) -> None:
    cli("entities", "merge", "Ana Silva", "Bob Reis")
    cli("pages")
    damage(
        cli,
        "INSERT INTO edge SELECT id, 'no', 'such', 'lives in: A -> B', NULL, 0 FROM bank",
        "INSERT INTO mentioned SELECT 999, 0, 3, id, 'Eva', 'person' FROM bank",
        "INSERT INTO correction VALUES ('default', 'Nobody', 'Noone', 'merge')",
    )
    told = cli("lint", code=1).out
    assert "the name 'Eva' refers to a deleted section" in told
    assert "merge Nobody and Noone" in told
    assert "lives in: A -> B" in told
    fixed = kinds(cli, "--fix", code=0)
    assert fixed.count(("orphan", True)) == 3
    assert kinds(cli, code=0) == []
    merged = [one for one in cli("entities", "--json").json if len(one["aliases"]) > 1]
    assert len(merged) == 1, "what users decided of names that are there stays"


def test_stale_pages_are_rendered_again(cli: CommandLine) -> None:
    damage(cli, "UPDATE page SET text = 'nonsense' WHERE title = 'Ana Silva'")
    assert "the page of 'Ana Silva' says something else than the facts" in cli("lint", code=1).out
    assert kinds(cli, "--fix", code=0) == [("stale page", True)]
    assert "Lisbon" in cli("page", "Ana Silva").out
    assert kinds(cli, code=0) == []


def test_facts_without_support_are_never_removed(cli: CommandLine) -> None:
    facts = cli("facts", "--json").json
    damage(
        cli, "UPDATE statement SET otherwise = 'Ana Silva lives in Paris' WHERE value = 'Lisbon'"
    )
    told = cli("lint", code=1).out
    assert "the fact's quote is not in the source" in told
    assert "forget the source and retain it again" in told
    assert ("unsupported fact", False) in kinds(cli, "--fix")
    assert len(cli("facts", "--json").json) == len(facts)


def test_a_fact_whose_section_never_ended_is_named(cli: CommandLine) -> None:
    damage(cli, "DELETE FROM outcome")
    assert {kind for kind, _ in kinds(cli)} == {"unsupported fact"}


def test_a_run_that_failed_is_named(cli: CommandLine) -> None:
    cli.write("notes/bad.md", b"\xff\xfe\x00")
    cli("ingest", "notes", code=1)
    assert "bad.md: its run failed: resume it" in cli("lint", code=1).out


def test_deleted_bytes_are_folded(cli: CommandLine) -> None:
    damage(cli, "INSERT INTO unfolded VALUES (1)")
    assert kinds(cli, "--fix", code=0) == [("leftover", True)]
    assert kinds(cli, code=0) == []
