"""What is added to a source is processed alone, and reads as if the source had come in whole."""

import asyncio
import json
import random
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from tests.commandline import CommandLine, contents, query

from retain import Memory, Settings, states
from retain.engine import Retry
from retain.errors import AppendError, DatabaseError, ForgetError, InputError, SourceError
from retain.kinds import Task

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
    """What a bank has of a source, however and whenever that came in."""

    async def read(memory: Memory) -> dict[str, Any]:
        view = await memory.show(source_id)
        assert view.source is not None
        return {
            "sections": [replace(row, came_in=None) for row in view.sections],
            "facts": [
                replace(one, fact=replace(one.fact, came_in=None)) for one in await memory.facts()
            ],
            "merged": view.merged,
            "entities": await memory.entities(),
            "source": (view.source.content_hash, view.source.characters, view.source.sections),
            "count": (view.facts, view.source.facts),
            "recalled": [
                replace(hit, came_in=None)
                for hit in await memory.recall("Where does Ana work?", with_superseded=True)
            ],
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


@asynccontextmanager
async def full_disk(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """Nothing can be stored while this lasts."""

    async def full(*_: object, **__: object) -> int:
        raise DatabaseError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(memory._store, "replace_source", full)
        yield


@pytest.fixture
def tried_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What fails in a state is not tried again."""
    monkeypatch.setattr(states, "PATIENT", Retry(attempts=1))


@pytest.mark.usefixtures("tried_once")
@pytest.mark.parametrize("again", [True, False], ids=["the same again", "something else next"])
def test_what_could_not_be_added_comes_in_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, again: bool
) -> None:
    async def work(memory: Memory) -> None:
        await add(memory, LINES[0])
        async with full_disk(memory, monkeypatch):
            assert (await memory.append(LINES[2], source_id="chat.jsonl")).status == "failed"
            with pytest.raises(AppendError, match="the disk is full"):
                await memory.append(LINES[4], source_id="chat.jsonl")
        for line in (LINES[2], LINES[4]) if again else (LINES[4],):
            await add(memory, line)
        whole = "\n".join([LINES[0], LINES[2], LINES[4]])
        assert await memory.sources.text("chat.jsonl") == whole

    within(tmp_path / "memory.db", work)


@pytest.mark.usefixtures("tried_once")
def test_a_fact_is_forgotten_alone_though_something_could_not_be_added(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(memory: Memory) -> None:
        await add(memory, "\n".join(LINES[:12]))
        (canoe,) = [one for one in await memory.facts() if "canoe" in one.fact.text]
        before = await memory.facts()
        async with full_disk(memory, monkeypatch):
            assert (await memory.append(LINES[16], source_id="chat.jsonl")).status == "failed"
            with pytest.raises(ForgetError, match="is not in yet"):
                await memory.facts.forget(canoe.fact.fact_id)
        await memory.facts.forget(canoe.fact.fact_id)
        texts = [one.fact.text for one in await memory.facts()]
        assert texts[:-1] == [one.fact.text for one in before if one != canoe]
        assert "cello" in texts[-1]

    within(tmp_path / "memory.db", work)


def test_those_who_add_at_the_same_time_all_do(tmp_path: Path) -> None:
    async def work(memory: Memory) -> None:
        said = [json.dumps({"name": "Ana", "content": f"I own {n} grey cats."}) for n in range(6)]
        runs = await asyncio.gather(*(memory.append(one, source_id="c.jsonl") for one in said))
        assert {run.status for run in runs} == {"completed"}
        assert sorted((await memory.sources.text("c.jsonl") or "").splitlines()) == said

    within(tmp_path / "memory.db", work)


@pytest.mark.parametrize(
    ("before", "text"),
    [("", "{no message"), (LINES[0], "{no message"), (LINES[0], "hello"), (LINES[0], "# Hello\n")],
)
def test_what_is_no_message_is_refused_and_keeps_nothing_from_being_added(
    tmp_path: Path, before: str, text: str
) -> None:
    async def work(memory: Memory) -> None:
        if before:
            await add(memory, before)
        with pytest.raises(SourceError, match="expected chat messages"):
            await memory.append(text, source_id="chat.jsonl")
        await add(memory, "\ufeff" + LINES[2])
        assert await memory.sources.text("chat.jsonl") == "\n".join(
            filter(None, [before, LINES[2]])
        )

    within(tmp_path / "memory.db", work)


def test_a_chat_does_not_get_larger_than_it_may(tmp_path: Path) -> None:
    async def work(memory: Memory) -> None:
        await add(memory, "\n".join(LINES[:3]))
        with pytest.raises(SourceError, match="more than the limit of 4"):
            await memory.append("\n".join(LINES[3:5]), source_id="chat.jsonl")
        await add(memory, LINES[4])

    async def main() -> None:
        settings = Settings.from_environment()
        settings = replace(settings, limits=replace(settings.limits, max_sections=4))
        async with Memory.open(f"sqlite:///{tmp_path}/memory.db", settings=settings) as memory:
            await work(memory)

    asyncio.run(main())


def test_a_source_has_one_date(tmp_path: Path) -> None:
    said = '{"name": "Ana", "content": "I moved to Porto last month."}'
    then, now = datetime(2020, 1, 10, tzinfo=UTC), datetime(2024, 5, 3, tzinfo=UTC)

    async def work(memory: Memory) -> None:
        await memory.append(said, source_id="chat.jsonl", reference_date=then)
        with pytest.raises(InputError, match="timestamp of its own"):
            await memory.append(LINES[2], source_id="chat.jsonl", reference_date=now)
        await memory.runs.prune(timedelta(0))
        await add(memory, '{"name": "Ana", "content": "I sold the boat yesterday."}')
        starts = [one.fact.occurred_start for one in await memory.facts()]
        assert [start and start.date() for start in starts] == [date(2019, 12, 1), date(2020, 1, 9)]

    within(tmp_path / "memory.db", work)


def test_a_fact_is_forgotten_though_the_run_of_its_source_was_pruned(tmp_path: Path) -> None:
    async def work(memory: Memory) -> None:
        await add(memory, "\n".join(LINES[:12]))
        await memory.runs.prune(timedelta(0))
        (canoe,) = [one for one in await memory.facts() if "canoe" in one.fact.text]
        before = await memory.facts()
        await memory.facts.forget(canoe.fact.fact_id)
        assert await memory.facts() == [one for one in before if one != canoe]

    within(tmp_path / "memory.db", work)


def test_what_a_model_found_stays_where_rules_read_what_was_added(tmp_path: Path) -> None:
    db = tmp_path / "memory.db"

    async def work(memory: Memory) -> None:
        await add(memory, "\n".join(LINES[:12]))

    def as_by_a_model() -> None:
        with closing(sqlite3.connect(db)) as connection, connection:
            connection.execute("UPDATE outcome SET extractor = 'some:model 3'")
            connection.execute("UPDATE statement SET slot = 'found by a model'")

    async def then(memory: Memory) -> None:
        await add(memory, LINES[16])
        (canoe,) = [one for one in await memory.facts() if "canoe" in one.fact.text]
        before = await memory.facts()
        await memory.facts.forget(canoe.fact.fact_id)
        left = await memory.facts()
        assert [one.fact.slot for one in left] == [one.fact.slot for one in before if one != canoe]
        assert "found by a model" in {one.fact.slot for one in left}

    within(db, work)
    as_by_a_model()
    within(db, then)


def test_a_source_that_something_was_added_to_is_found_by_its_path(tmp_path: Path) -> None:
    file = tmp_path / "chats/chat.jsonl"
    file.parent.mkdir()
    file.write_text(WHOLE)

    async def work(memory: Memory) -> None:
        await memory.retain(file)
        await add(memory, LINES[0])
        view = await memory.show(str(file))
        assert view.source is not None
        assert view.source.source_id == "chat.jsonl"

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
        ctx.task, ctx.last_state = Task.FORGET, "FORGET"
        ctx.completed_at, ctx.status = None, "failed"
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
