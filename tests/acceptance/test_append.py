"""What is added to a source is processed alone, and reads as if the source had come in whole."""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from tests.commandline import CommandLine, contents, query

from retain import Memory
from retain.errors import ForgetError, InputError

T = TypeVar("T")

TURNS = [
    ("Ana", "I moved to Lisbon in March 2024. My sister is Petra Lind."),
    ("assistant", "Noted."),
    ("Ana", "I work at Harbour Labs. Thanks."),
    ("assistant", "ok"),
    ("Ana", "Sandor Kaal is my manager. He lives in Graz."),
    ("assistant", "ok"),
    ("Ana", "Thanks."),
    ("assistant", "ok"),
    ("Ana", "Petra Lind works as a librarian in Oslo."),
    ("assistant", "Noted."),
    ("Ana", "I bought a red canoe on 3 May 2024."),
    ("assistant", "ok"),
    ("Ana", "Thanks."),
    ("assistant", "You told me that you work at Harbour Labs."),
    ("Ana", "I work at Acme Labs now. I moved to Porto in June 2024."),
    ("assistant", "ok"),
    ("Ana", "Sandor Kaal plays the cello."),
]
LINES = [
    json.dumps(
        {
            "role": "assistant" if name == "assistant" else "user",
            **({} if name == "assistant" else {"name": name}),
            "content": text,
            "timestamp": f"2024-07-{day:02}T10:00:00Z",
        }
    )
    for day, (name, text) in enumerate(TURNS, 1)
]
WHOLE = "\n".join(LINES) + "\n"


def within(db: Path, work: Callable[[Memory], Awaitable[T]]) -> T:
    async def main() -> T:
        async with Memory.open(f"sqlite:///{db}") as memory:
            return await work(memory)

    return asyncio.run(main())


async def add(memory: Memory, text: str, source_id: str = "chat.jsonl") -> None:
    run = await memory.append(text, source_id=source_id)
    assert run.status == "completed", run


def told(db: Path, source_id: str = "chat.jsonl") -> dict[str, Any]:
    """What a bank has of a source, however that came in."""

    async def read(memory: Memory) -> dict[str, Any]:
        view = await memory.show(source_id)
        assert view.source is not None
        return {
            "sections": view.sections,
            "facts": await memory.facts(),
            "merged": view.merged,
            "entities": await memory.entities(),
            "source": (view.source.content_hash, view.source.characters, view.source.sections),
            "count": (view.facts, view.source.facts),
            "recalled": await memory.recall("Where does Ana work?", with_superseded=True),
        }

    return within(db, read)


def unmarked(rows: dict[str, Any]) -> dict[str, Any]:
    """All rows, but for when pages were marked."""
    return {**rows, "dirty_page": [row[:3] for row in rows["dirty_page"]]}


@pytest.mark.parametrize("turns", [1, 2, 5])
def test_a_chat_that_grew_is_the_chat_that_came_in_whole(tmp_path: Path, turns: int) -> None:
    grown, whole = tmp_path / "grown.db", tmp_path / "whole.db"

    async def grow(memory: Memory) -> None:
        for n in range(0, len(LINES), turns):
            await add(memory, "\n".join(LINES[n : n + turns]))
        assert await memory.sources.text("chat.jsonl") == WHOLE.removesuffix("\n")

    async def retain(memory: Memory) -> None:
        text = WHOLE.removesuffix("\n")
        assert (await memory.retain_text(text, source_id="chat.jsonl")).status == "completed"

    within(grown, grow)
    within(whole, retain)
    assert told(grown) == told(whole)
    assert any(one.fact.superseded_by for one in told(grown)["facts"])


def test_only_what_is_added_is_processed(tmp_path: Path) -> None:
    db = tmp_path / "memory.db"

    async def work(memory: Memory) -> None:
        await add(memory, WHOLE)
        before = dict(query(db, "SELECT section_id, id FROM section"))
        vectors = dict(query(db, "SELECT id, vector FROM vector"))
        await add(memory, json.dumps({"name": "Ana", "content": "I own a grey cat."}))
        view = await memory.show("chat.jsonl")
        assert view.context is not None
        assert view.source is not None
        assert (view.source.version, view.source.sections) == (2, len(LINES) + 1)
        assert [outcome.kind for outcome in view.context.outcomes] == ["facts"]
        assert view.context.md_text == view.context.added == ""
        assert dict(query(db, "SELECT section_id, id FROM section")).items() >= before.items()
        assert dict(query(db, "SELECT id, vector FROM vector")).items() >= vectors.items()
        assert [one.fact.text for one in await memory.facts()][-1] == "Ana owns a grey cat"

    within(db, work)


def test_a_chat_that_comes_in_whole_afterwards_is_unchanged(tmp_path: Path) -> None:
    async def work(memory: Memory) -> None:
        for line in LINES:
            await add(memory, line + "\n")
        assert (await memory.retain_text(WHOLE, source_id="chat.jsonl")).unchanged
        run = await memory.retain_text(WHOLE + LINES[0] + "\n", source_id="chat.jsonl")
        assert (run.status, run.unchanged) == ("completed", False)

    within(tmp_path / "memory.db", work)


def test_a_note_that_something_is_added_to_is_retained_as_a_whole(tmp_path: Path) -> None:
    grown, whole = tmp_path / "grown.db", tmp_path / "whole.db"
    parts = ["# Boats\n\nRui Antunes owns a red boat.\n\n", "## Ana\n\nAna Ruiz lives in Braga.\n"]

    async def grow(memory: Memory) -> None:
        for part in parts:
            await add(memory, part, "boats.md")

    async def retain(memory: Memory) -> None:
        await memory.retain_text("".join(parts), source_id="boats.md")

    within(grown, grow)
    within(whole, retain)
    assert told(grown, "boats.md") == told(whole, "boats.md")


def test_a_list_of_messages_goes_on_with_lines(tmp_path: Path) -> None:
    async def work(memory: Memory) -> None:
        await add(memory, f"[{LINES[0]}, {LINES[1]}]", "chat.json")
        await add(memory, LINES[2], "chat.json")
        await add(memory, LINES[4], "chat.json")
        assert [row.text for row in (await memory.show("chat.json")).sections] == [
            TURNS[n][1] for n in (0, 1, 2, 4)
        ]

    within(tmp_path / "memory.db", work)


def test_what_was_to_be_added_when_a_run_failed_is_not_lost(tmp_path: Path) -> None:
    async def work(memory: Memory) -> None:
        await add(memory, LINES[0])
        failed = await memory.append("no message", source_id="chat.jsonl")
        assert failed.status == "failed"
        assert "no message" not in (await memory.sources.text("chat.jsonl") or "")
        again = await memory.append(LINES[2], source_id="chat.jsonl")
        assert again.status == "failed"
        view = await memory.show("chat.jsonl")
        assert view.context is not None
        assert view.context.added == f"no message\n{LINES[2]}"
        mended = "\n".join([LINES[0], LINES[2]])
        assert (await memory.retain_text(mended, source_id="chat.jsonl")).status == "completed"

    within(tmp_path / "memory.db", work)


def test_what_was_forgotten_stays_out_of_what_is_added(tmp_path: Path) -> None:
    async def work(memory: Memory) -> None:
        await add(memory, "\n".join(LINES[:5]))
        (fact,) = [one for one in await memory.facts() if "Harbour" in one.fact.text]
        await memory.facts.forget(fact.fact.fact_id)
        await add(memory, LINES[10])
        await add(memory, LINES[2])
        assert not [one for one in await memory.facts() if "Harbour" in one.fact.text]
        assert "Harbour Labs" not in (await memory.sources.text("chat.jsonl") or "")
        (canoe,) = [one for one in await memory.facts() if "canoe" in one.fact.text]
        await memory.facts.forget(canoe.fact.fact_id)
        assert not [one for one in await memory.facts() if "canoe" in one.fact.text]
        assert "Lisbon" in (await memory.sources.text("chat.jsonl") or "")

    within(tmp_path / "memory.db", work)


def test_nothing_is_added_to_what_is_being_forgotten(tmp_path: Path) -> None:
    async def work(memory: Memory) -> None:
        await add(memory, LINES[0])
        ctx = await memory._parts.checkpoint.load("default", "chat.jsonl")
        assert ctx is not None
        ctx.task, ctx.last_state, ctx.completed_at, ctx.status = "forget", "FORGET", None, "failed"
        await memory._parts.checkpoint.save(ctx)
        with pytest.raises(ForgetError, match="nothing can be added"):
            await memory.append(LINES[1], source_id="chat.jsonl")

    within(tmp_path / "memory.db", work)


@pytest.mark.parametrize(
    ("text", "why"), [("", "is empty"), (" \n", "is empty"), ("\ud800", "is not valid text")]
)
def test_what_cannot_be_added_is_refused(tmp_path: Path, text: str, why: str) -> None:
    async def work(memory: Memory) -> None:
        with pytest.raises(InputError, match=why):
            await memory.append(text, source_id="chat.jsonl")
        assert await memory.runs() == []

    within(tmp_path / "memory.db", work)


def test_a_bank_of_chats_that_grew_is_its_own_rebuild(tmp_path: Path) -> None:
    db = tmp_path / "memory.db"

    async def work(memory: Memory) -> None:
        chance = random.Random(5)
        left = {name: list(LINES) for name in ("a.jsonl", "b.jsonl", "c.jsonl")}
        for lines in left.values():
            chance.shuffle(lines)
        while any(left.values()):
            name = chance.choice([name for name, lines in left.items() if lines])
            await add(memory, left[name].pop() + "\n", name)
        rows = unmarked(contents(db))
        await memory.banks.rebuild()
        assert unmarked(contents(db)) == rows

    within(db, work)


def test_the_command_line_adds_what_a_file_or_its_input_has(tmp_path: Path) -> None:
    cli = CommandLine(tmp_path)
    cli.write("first.jsonl", WHOLE)
    cli.write("more.jsonl", json.dumps({"name": "Ana", "content": "I own a grey cat."}))
    assert "added to 1 source" in cli("append", "chat.jsonl", "first.jsonl").out
    assert f"1 source, {len(LINES) + 1} sections" in cli("append", "chat.jsonl", "more.jsonl").out
    shown = cli("show", "chat.jsonl").out
    assert f"in {len(LINES) + 1} sections\n  the run added 1 section: 1 with facts" in shown
    assert "APPEND" in cli("graph", "--run", "chat.jsonl").out
    failed = cli("append", "chat.jsonl", "none.jsonl", code=2)
    assert "'none.jsonl' cannot be read" in failed.err
    assert "nothing to add" in cli("append", "chat.jsonl", code=2).err
