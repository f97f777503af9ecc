"""What a model decides of names and of facts, and that users and forgetting undo it."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from tests.asked import AskedModel, machine, verdict
from tests.commandline import CommandLine, contents, query, sound

from retain import Memory
from retain.errors import BudgetError
from retain.memory.context import RetainContext

OLD = """---
date: 2022-05-01
---
# Notes

Kate Miller is keen on sailing around the islands. Kate Miller lives in Porto.
"""
MID = """---
date: 2023-02-01
---
# Notes

Katherine Miller is fond of sailing around the islands. NYC is far. We flew to New York City.
"""
NEW = """---
date: 2024-02-01
---
# Notes

Katherine Miller is afraid of sailing around the islands. We met Rui Antunes in Faro.
"""
NOTES = {"old.md": OLD, "mid.md": MID, "new.md": NEW}
KEEN = "Kate Miller is keen on sailing around the islands"
AFRAID = "Katherine Miller is afraid of sailing around the islands"


def sure(purpose: str, data: str) -> str:
    """Takes all names for the same, has fear replace everything, and writes no leads."""
    if purpose == "names":
        return verdict("same")
    if purpose == "lead":
        return "{}"
    return verdict("replaces" if "afraid" in data.split("newer: ")[1] else "both hold")


def retained(
    db: Path, texts: dict[str, str], model: AskedModel | None, *, at_once: bool = False
) -> list[RetainContext]:
    """The runs of `texts`, one after the other or all at once."""

    async def main() -> list[RetainContext]:
        async with machine(db, model) as fsm:
            if at_once:
                return list(await asyncio.gather(*(fsm.retain(*item) for item in texts.items())))
            return [await fsm.retain(*item) for item in texts.items()]

    runs = asyncio.run(main())
    assert all(run.status == "completed" for run in runs), [run.errors for run in runs]
    return runs


def within(db: Path, work: Callable[[Memory], Awaitable[Any]]) -> Any:
    async def opened() -> Any:
        async with Memory.open(f"sqlite:///{db}") as memory:
            return await work(memory)

    return asyncio.run(opened())


def told(db: Path) -> Any:
    """What anybody can ask of the bank."""

    async def work(memory: Memory) -> Any:
        hits = await memory.recall("Who likes sailing?")
        told: list[Any] = [await memory.facts(), await memory.entities(), await memory.pages()]
        return [*told, await memory.wiki.index(), [(hit.source_id, hit.span) for hit in hits]]

    return within(db, work)


def aliases(db: Path) -> list[set[str]]:
    found = within(db, lambda memory: memory.entities())
    return [set(known.entity.aliases) for known in found]


def replaced(db: Path) -> dict[str, str]:
    """The statements that others replace, with those that do."""
    facts = [known.fact for known in within(db, lambda memory: memory.facts())]
    texts = {fact.fact_id: fact.text for fact in facts}
    return {fact.text: texts[fact.superseded_by] for fact in facts if fact.superseded_by}


@pytest.fixture
def db(tmp_path: Path) -> Path:
    return tmp_path / "memory.db"


def test_names_that_a_model_takes_for_the_same_are_one_for_everybody(db: Path) -> None:
    retained(db, NOTES, AskedModel(sure))
    assert {"Kate Miller", "Katherine Miller"} in aliases(db)
    (kate,) = (
        known.entity
        for known in within(db, lambda memory: memory.entities())
        if "Kate Miller" in known.entity.aliases
    )
    assert kate.reasons == ('"Kate Miller" is taken by a model for "Katherine Miller"',)
    about = within(db, lambda memory: memory.facts(about="Katherine Miller"))
    assert {known.source_id for known in about} == set(NOTES)
    page = within(db, lambda memory: memory.wiki.page("Katherine Miller"))
    assert page.title == "Kate Miller"
    assert "lives in: Porto" in page.text


def test_facts_that_a_model_sees_replaced_are_left_out_of_recall(db: Path) -> None:
    retained(db, NOTES, AskedModel(sure))
    assert replaced(db)[KEEN] == AFRAID
    asked = "Who is keen on sailing around the islands?"
    texts = [hit.text for hit in within(db, lambda memory: memory.recall(asked))]
    assert any(AFRAID in text for text in texts)
    assert not any(KEEN in text for text in texts)
    page = within(db, lambda memory: memory.wiki.page("Kate Miller"))
    assert f"~~{KEEN}~~" in page.text


def test_without_a_judge_nothing_is_decided(db: Path, tmp_path: Path) -> None:
    retained(db, NOTES, None)
    assert {"Kate Miller"} in aliases(db)
    assert replaced(db) == {}
    assert contents(db)["judgement"] == contents(db)["verdict"] == []
    unsure = tmp_path / "unsure.db"
    retained(unsure, NOTES, AskedModel(lambda *_: verdict("unsure")))
    assert told(unsure) == told(db)


def test_neither_the_order_of_sources_nor_that_they_come_at_once_matters(tmp_path: Path) -> None:
    banks: list[Any] = []
    for number, order in enumerate(permutations(NOTES)):
        for at_once in (False, True):
            db = tmp_path / f"{number}-{at_once}.db"
            texts = {name: NOTES[name] for name in order}
            retained(db, texts, AskedModel(sure), at_once=at_once)
            answers = told(db)
            sound(db)
            ignored = {"bank", "page", "dirty_page", "total", "topic", "topic_section"}
            rows = {name: rows for name, rows in contents(db).items() if name not in ignored}
            banks.append((rows, answers))
    assert len(banks[0][0]["judgement"]) == 2
    assert len(banks[0][0]["verdict"]) >= 2
    assert all(bank == banks[0] for bank in banks)


def test_nothing_is_asked_twice(db: Path) -> None:
    model = AskedModel(sure)
    retained(db, NOTES, model)
    model.kept.clear()
    before = len(model.asked)
    retained(db, NOTES, model)
    retained(db, {"new.md": NEW + "\nRui Antunes owns a red boat.\n"}, model)
    assert len(model.asked) == before


def test_the_ledger_tells_who_asked(db: Path) -> None:
    model = AskedModel(sure)
    retained(db, {"old.md": OLD, "mid.md": MID}, model)
    own, across = (
        next(one for one in model.asked if name in one.data) for name in ("NYC", "Kate Miller")
    )
    assert (own.call_context.source_id, own.call_context.state) == ("mid.md", "NORMALIZE_ENTITIES")
    assert (across.call_context.source_id, across.call_context.state) == (
        "mid.md",
        "BUILD_SUPERSEDES_GRAPH",
    )
    assert own.sources is None, "that of the call context"
    assert across.sources == ("mid.md", "old.md"), "an answer goes with either"


def test_a_split_of_what_a_model_took_for_the_same_is_for_good(tmp_path: Path) -> None:
    cli = CommandLine(tmp_path)
    model = AskedModel(sure)
    retained(cli.db, {"old.md": OLD, "mid.md": MID}, model)
    cli("entities", "split", "Kate Miller", "Katherine Miller")
    cli("entities", "split", "NYC", "New York City")
    asked = len(model.asked)
    retained(cli.db, {"new.md": NEW, "mid.md": MID + "\nNYC is large.\n"}, model)
    found = [set(entity["aliases"]) for entity in cli("entities", "--json").json]
    assert {"Kate Miller"} in found
    assert {"NYC"} in found
    assert [data for data in model.about("names")[asked:] if "Kate" in data] == []
    cli("entities", "merge", "NYC", "New York City")
    found = [set(entity["aliases"]) for entity in cli("entities", "--json").json]
    assert {"NYC", "New York City"} in found


def test_a_split_brings_back_what_only_one_name_made_replaced(db: Path) -> None:
    retained(db, NOTES, AskedModel(sure))
    within(db, lambda memory: memory.entities.split("Kate Miller", "Katherine Miller"))
    assert KEEN not in replaced(db)
    within(db, lambda memory: memory.entities.merge("Kate Miller", "Katherine Miller"))
    assert replaced(db)[KEEN] == AFRAID


def test_forgetting_the_newer_fact_brings_the_older_back(db: Path) -> None:
    retained(db, NOTES, AskedModel(sure))
    would = within(db, lambda memory: memory.sources.preview_forget("new.md"))
    within(db, lambda memory: memory.forget("new.md"))
    assert replaced(db) == {}
    assert KEEN in would.restored
    assert query(db, "SELECT verdict FROM verdict WHERE verdict = 'replaces'") == []
    asked = "Who is keen on sailing around the islands?"
    texts = [hit.text for hit in within(db, lambda memory: memory.recall(asked))]
    assert any(KEEN in text for text in texts)


def test_what_holds_after_forgetting_another_source_would_not_be_restored(db: Path) -> None:
    retained(db, NOTES, AskedModel(sure))
    would = within(db, lambda memory: memory.sources.preview_forget("mid.md"))
    assert would.restored == ()


@pytest.mark.parametrize("gone", list(NOTES))
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
def test_what_is_forgotten_was_never_there(
    tmp_path: Path, gone: str, order: tuple[int, ...]
) -> None:
    names = [list(NOTES)[n] for n in order]
    with_it, without = tmp_path / "with.db", tmp_path / "without.db"
    retained(with_it, {name: NOTES[name] for name in names}, AskedModel(sure))
    within(with_it, lambda memory: memory.forget(gone))
    retained(without, {name: NOTES[name] for name in names if name != gone}, AskedModel(sure))
    assert told(with_it) == told(without)
    for table in ("judgement", "verdict", "edge", "mention", "statement"):
        assert contents(with_it)[table] == contents(without)[table], table


@pytest.mark.parametrize("first", ["secret.md", "old.md"])
def test_no_byte_of_a_forgotten_name_is_left(db: Path, first: str) -> None:
    canary = "Zyqtchaikovskin"
    secret = f"# Notes\n\nWe met {canary} Melinsky in Faro. {canary} Melinsky lives in Faro.\n"
    open_ = secret.replace(canary, "Zyqchaikovskin") + OLD
    texts = {"secret.md": secret, "old.md": open_}
    model = AskedModel(sure)
    retained(db, dict(sorted(texts.items(), reverse=first == "secret.md")), model)
    assert {f"{canary} Melinsky", "Zyqchaikovskin Melinsky"} in aliases(db)
    within(db, lambda memory: memory.forget("secret.md"))
    told(db)
    left = [path.name for path in db.parent.glob("memory.db*")]
    assert left
    assert [name for name in left if canary.encode() in (db.parent / name).read_bytes()] == []


def test_the_history_of_a_page_tells_what_a_model_sees_of_what_stood_then(db: Path) -> None:
    retained(db, NOTES, AskedModel(sure))
    revisions = within(db, lambda memory: memory.wiki.history("Kate Miller"))
    assert [KEEN in one.text for one in revisions] == [True] * 3
    assert [f"~~{KEEN}~~" in one.text for one in revisions] == [False, False, True]


def test_an_export_carries_what_a_model_decided(db: Path, tmp_path: Path) -> None:
    retained(db, NOTES, AskedModel(sure))
    file, there = tmp_path / "bank.jsonl", tmp_path / "there.db"
    counts = within(db, lambda memory: memory.banks.export(file))
    assert counts["judgement"] == 2
    assert counts["verdict"] >= 2
    within(there, lambda memory: memory.banks.import_(file))
    assert told(there) == told(db)
    again = tmp_path / "again.jsonl"
    within(there, lambda memory: memory.banks.export(again))
    assert again.read_bytes() == file.read_bytes()
    model = AskedModel(sure)
    retained(there, {"new.md": NEW + "\nRui Antunes owns a red boat.\n"}, model)
    assert model.asked == []


def test_a_bank_without_decisions_is_exported_as_ever(db: Path, tmp_path: Path) -> None:
    retained(db, NOTES, None)
    file = tmp_path / "bank.jsonl"
    counts = within(db, lambda memory: memory.banks.export(file))
    assert counts.keys().isdisjoint({"judgement", "verdict"})
    assert b'"verdict"' not in file.read_bytes()


@pytest.mark.parametrize("purpose", ["names", "supersedes"])
def test_a_run_without_budget_is_suspended_and_goes_on_from_there(db: Path, purpose: str) -> None:
    spent = True

    def answer(asked: str, data: str) -> str | Exception:
        broke = spent and asked == purpose
        return BudgetError("all is spent: resume with more") if broke else sure(asked, data)

    model = AskedModel(answer)

    async def main() -> tuple[RetainContext, ...]:
        nonlocal spent
        async with machine(db, model) as fsm:
            for name in ("old.md", "new.md"):
                stopped = await fsm.retain(name, NOTES[name])
            asked = len(model.kept)
            spent = False
            ended = await fsm.resume("new.md")
            assert len(model.kept) > asked
            return stopped, ended

    stopped, ended = asyncio.run(main())
    assert (stopped.status, stopped.last_state) == ("suspended", "BUILD_SUPERSEDES_GRAPH")
    assert ended.status == "completed"
    assert replaced(db)[KEEN] == AFRAID


def test_what_a_model_did_not_answer_stays_open_and_is_asked_with_the_next_source(
    db: Path,
) -> None:
    bad = True
    model = AskedModel(lambda *asked: "a poem" if bad else sure(*asked))
    retained(db, {"old.md": OLD, "new.md": NEW}, model)
    assert {"Kate Miller"} in aliases(db)
    bad = False
    model.kept.clear()
    retained(db, {"mid.md": MID}, model)
    assert {"Kate Miller", "Katherine Miller"} in aliases(db)


def test_forgetting_a_fact_takes_what_a_model_sees_of_it(db: Path) -> None:
    retained(db, NOTES, AskedModel(sure))
    facts = within(db, lambda memory: memory.facts())
    (afraid,) = [known.fact.fact_id for known in facts if known.fact.text == AFRAID]
    within(db, lambda memory: memory.facts.forget(afraid))
    assert replaced(db) == {}
    assert query(db, f"SELECT * FROM verdict WHERE '{afraid}' IN (older, newer)") == []
