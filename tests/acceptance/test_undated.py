"""What has no date of its own is of the moment at which it came in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.commandline import CommandLine, everything

from retain import Memory
from retain.memory.model import CitedFact

JANUARY = datetime(2026, 1, 1, tzinfo=UTC)


def held(folder: Path, work: Callable[[Memory], Awaitable[None]]) -> dict[str, bool]:
    """The statements of a bank that `work` fills, and which are current."""

    async def run() -> list[CitedFact]:
        async with Memory.open(f"sqlite:///{folder}/memory.db") as memory:
            await work(memory)
            return await memory.facts()

    facts = asyncio.run(run())
    return {one.fact.text: one.fact.superseded_by is None for one in facts}


def test_the_later_of_two_undated_texts_supersedes_the_earlier(tmp_path: Path) -> None:
    async def work(memory: Memory) -> None:
        await memory.retain_text("Ann lives in Berlin.", source_id="one.md")
        await memory.retain_text("Ann moved to Munich.", source_id="two.md")
        hits = await memory.recall("Where does Ann live?", k=3)
        assert [hit.text for hit in hits] == ["Ann moved to Munich."]

    assert held(tmp_path, work) == {"Ann lives in Berlin": False, "Ann moved to Munich": True}


def test_undated_files_of_one_call_leave_each_other_alone(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    for name, place in (("a", "Berlin"), ("b", "Munich"), ("c", "Graz")):
        (tmp_path / "notes" / f"{name}.md").write_text(f"Ann lives in {place}.")

    async def work(memory: Memory) -> None:
        await memory.retain(tmp_path / "notes", jobs=3)

    assert all(held(tmp_path, work).values())


def test_a_text_that_is_retained_again_does_not_come_in_again(tmp_path: Path) -> None:
    async def work(memory: Memory) -> None:
        await memory.retain_text("Ann lives in Berlin.", source_id="one.md")
        await memory.retain_text("Ann lives in Munich.", source_id="two.md")
        before = everything(tmp_path / "memory.db")
        await memory.retain_text("Ann lives in Berlin.", source_id="one.md")
        assert everything(tmp_path / "memory.db") == before

    assert held(tmp_path, work) == {"Ann lives in Berlin": False, "Ann lives in Munich": True}


def test_what_stays_in_a_changed_text_does_not_come_in_again(tmp_path: Path) -> None:
    async def work(memory: Memory) -> None:
        await memory.retain_text("Ann lives in Berlin. Tom likes tea.", source_id="one.md")
        await memory.retain_text("Ann lives in Munich.", source_id="two.md")
        await memory.retain_text("Ann lives in Berlin. Tom likes milk.", source_id="one.md")

    found = held(tmp_path, work)
    assert not found["Ann lives in Berlin"]
    assert found["Ann lives in Munich"]


def test_what_is_added_to_an_undated_chat_supersedes_what_it_said(tmp_path: Path) -> None:
    async def work(memory: Memory) -> None:
        for place in ("Berlin", "Munich"):
            message = {"role": "user", "name": "Ann", "content": f"I live in {place}."}
            await memory.retain_messages([message], source_id="chat", append=place == "Munich")

    assert list(held(tmp_path, work).values()) == [False, True]


def test_an_undated_text_that_comes_in_supersedes_a_dated_one_of_the_past(tmp_path: Path) -> None:
    async def work(memory: Memory) -> None:
        await memory.retain_text("Ann lives in Munich.", source_id="new.md")
        await memory.retain_text("Ann lives in Berlin.", source_id="b.md", reference_date=JANUARY)

    soon = datetime.now(UTC) > JANUARY
    assert held(tmp_path, work) == {"Ann lives in Munich": soon, "Ann lives in Berlin": not soon}


def test_as_of_leaves_out_what_came_in_later(tmp_path: Path) -> None:
    async def work(memory: Memory) -> None:
        await memory.retain_text("Ann lives in Berlin.", source_id="one.md")
        first = (await memory.facts())[0].fact.came_in
        assert first is not None
        await memory.retain_text("Ann moved to Munich.", source_id="two.md")
        asked = "Where does Ann live?"
        then = await memory.recall(asked, as_of=first)
        assert [hit.text for hit in then] == ["Ann lives in Berlin."]
        assert (then[0].mentioned_at, then[0].came_in) == (None, first)
        assert await memory.recall(asked, as_of=first - timedelta(milliseconds=1)) == []

    held(tmp_path, work)


@pytest.mark.parametrize("edited", [False, True])
def test_a_rebuild_and_a_copy_keep_when_undated_texts_came_in(tmp_path: Path, edited: bool) -> None:
    async def work(memory: Memory) -> None:
        await memory.retain_text("Ann lives in Berlin. Tom likes tea.", source_id="one.md")
        await memory.retain_text("Ann lives in Munich.", source_id="two.md")
        if edited:
            await memory.retain_text("Tom likes milk. Ann lives in Berlin.", source_id="one.md")
        db = tmp_path / "memory.db"
        facts, before = await memory.facts(), everything(db)
        await memory.banks.rebuild()
        after = everything(db)
        for changed in ("bank", "bank_change", "dirty_page", "label", "term", "page"):
            before.pop(changed), after.pop(changed)
        names = ("claim", "edge", "fact_reading", "section", "source_version", "fact_life")
        assert {name: len(after[name]) for name in names} == {
            name: len(before[name]) for name in names
        }
        assert await memory.facts() == facts
        await memory.banks.export(tmp_path / "bank.jsonl")
        await memory.banks.import_(tmp_path / "bank.jsonl", bank_id="copy")
        assert await memory.facts(bank_id="copy") == facts

    held(tmp_path, work)


def test_the_command_line_tells_that_a_text_is_undated(cli: CommandLine) -> None:
    cli.write("note.md", "Ann lives in Berlin.")
    cli("ingest", "note.md")
    [fact] = cli("facts", "--json").json
    assert fact["mentioned_at"] is None
    assert datetime.fromisoformat(fact["came_in"]).utcoffset() == timedelta(0)
    [hit] = cli("recall", "Where does Ann live?", "--json").json
    assert hit["came_in"] == fact["came_in"]
    for asked in (("facts",), ("recall", "Where does Ann live?")):
        assert "undated, came in 20" in cli(*asked).out, asked
