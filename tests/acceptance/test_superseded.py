"""What a later fact replaces is left out of recall, and given back when one goes back in time."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.commandline import CommandLine

from retain import Memory

OLD = "---\ndate: 2022-05-01\n---\n# Notes\n\nAna Silva lives in Porto. She likes sardines.\n"
NEW = "---\ndate: 2024-02-01\n---\n# Notes\n\nAna Silva lives in Lisbon.\n"
WHERE = "Where does Ana Silva live?"


def said(folder: Path, order: tuple[str, ...], **options: Any) -> list[tuple[str, bool]]:
    """What recall gives when the two notes came in that order."""

    async def main() -> list[tuple[str, bool]]:
        async with Memory.open(f"sqlite:///{folder}/memory.db") as memory:
            for name in order:
                await memory.retain_text({"old": OLD, "new": NEW}[name], source_id=name)
            hits = await memory.recall(WHERE, **options)
            return [(hit.source_id, hit.superseded_by is not None) for hit in hits]

    return asyncio.run(main())


@pytest.mark.parametrize("order", [("old", "new"), ("new", "old")])
def test_recall_leaves_out_what_was_replaced(tmp_path: Path, order: tuple[str, ...]) -> None:
    assert said(tmp_path, order) == [("new", False)]


@pytest.mark.parametrize("order", [("old", "new"), ("new", "old")])
def test_going_back_in_time_gives_what_held_then(tmp_path: Path, order: tuple[str, ...]) -> None:
    assert said(tmp_path, order, as_of=datetime(2023, 1, 1, tzinfo=UTC)) == [("old", False)]


def test_what_was_replaced_is_given_and_marked_if_asked_for(tmp_path: Path) -> None:
    found = said(tmp_path, ("old", "new"), with_superseded=True)
    assert sorted(found) == [("new", False), ("old", True)]


def test_what_a_section_says_beside_the_replaced_fact_is_found(tmp_path: Path) -> None:
    async def main() -> list[str]:
        async with Memory.open(f"sqlite:///{tmp_path}/memory.db") as memory:
            await memory.retain_text(OLD, source_id="old")
            await memory.retain_text(NEW, source_id="new")
            return [hit.source_id for hit in await memory.recall("What does Ana Silva like?")]

    assert "old" in asyncio.run(main())


def test_forgetting_the_newer_fact_brings_the_older_back(tmp_path: Path) -> None:
    async def main() -> list[str]:
        async with Memory.open(f"sqlite:///{tmp_path}/memory.db") as memory:
            await memory.retain_text(OLD, source_id="old")
            await memory.retain_text(NEW, source_id="new")
            await memory.forget("new")
            return [hit.source_id for hit in await memory.recall(WHERE)]

    assert asyncio.run(main()) == ["old"]


def test_the_command_line_goes_back_in_time(tmp_path: Path) -> None:
    cli = CommandLine(tmp_path)
    cli.write("notes/old.md", OLD)
    cli.write("notes/new.md", NEW)
    cli("ingest", "notes")
    assert "Lisbon" in cli("recall", WHERE).out
    assert "Porto" not in cli("recall", WHERE).out
    then = json.loads(cli("recall", WHERE, "--as-of", "2023-01-01", "--json").out)
    assert [hit["source_id"] for hit in then] == ["old.md"]
    assert "Porto  (superseded)" in cli("recall", WHERE, "--superseded").out


def test_recall_says_that_what_it_leaves_out_was_superseded(cli: CommandLine) -> None:
    cli.write("2024-01-01.md", "Ana lives in Lisbon.\n")
    cli.write("2025-01-01.md", "Ana lives in Porto.\n")
    cli("ingest", "2024-01-01.md", "2025-01-01.md")
    assert cli("recall", "Lisbon").out.splitlines() == [
        "nothing in bank default was found for this query",
        "what once answered it was superseded: --superseded shows it",
    ]
    assert "Ana lives in Lisbon" in cli("recall", "Lisbon", "--superseded").out
    assert cli("recall", "Lisbon", "--json").json == []
    assert cli("recall", "zeppelin").out == "nothing in bank default was found for this query\n"
