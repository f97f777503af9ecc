"""Facts that users add and correct in their own words."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.commandline import CommandLine

from retain import Memory
from retain.errors import InputError


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'memory.db'}"


async def _each(url: str) -> None:
    for text in ("the deploy key rotates on odd weeks", "# a: b", "- x", '{"a": 1}', "---", "0"):
        async with Memory.open(url) as memory:
            (cited,) = await memory.add(f"{text}\n", bank_id=text)
            assert cited.fact.quote == text
            assert await memory.add(text, bank_id=text) == [cited]
            assert len(await memory.sources(bank_id=text)) == 1


def test_whatever_is_stated_is_a_fact_and_stating_it_twice_changes_nothing(url: str) -> None:
    asyncio.run(_each(url))


def test_a_stated_fact_supersedes_what_it_contradicts_and_leaves_no_trace(url: str) -> None:
    async def work() -> None:
        async with Memory.open(url) as memory:
            await memory.retain_text("Ana lives in Lisbon. She likes dark roast.", source_id="a.md")
            (moved,) = await memory.add("Ana moved to Porto.")
            facts = {one.fact.text: one.fact for one in await memory.facts()}
            assert facts["Ana lives in Lisbon"].superseded_by == moved.fact.fact_id
            preview = await memory.facts.preview_forget(moved.fact.fact_id)
            assert preview.restored == ("Ana lives in Lisbon",)
            await memory.facts.forget(moved.fact.fact_id)
            assert [one.source_id for one in await memory.sources()] == ["a.md"]
            facts = {one.fact.text: one.fact for one in await memory.facts()}
            assert facts["Ana lives in Lisbon"].superseded_by is None

    asyncio.run(work())


def test_a_correction_holds_after_a_rebuild(url: str) -> None:
    async def work() -> None:
        async with Memory.open(url) as memory:
            await memory.retain_text("Ana likes dark roast.", source_id="a.md")
            (old,) = await memory.facts()
            with pytest.raises(InputError, match="the same fact"):
                await memory.facts.correct(old.fact.fact_id, " Ana likes dark  roast. ")
            (new,) = await memory.facts.correct(old.fact.fact_id, "tea is what Ana takes")
            await memory.banks.rebuild()
            facts = {one.fact.fact_id: one.fact for one in await memory.facts()}
            assert facts[old.fact.fact_id].superseded_by == new.fact.fact_id
            hits = await memory.recall("What does Ana like?", kinds=["fact"])
            assert old.fact.fact_id not in {hit.fact_id for hit in hits}

    asyncio.run(work())


def test_corrections_to_and_fro_leave_the_last_one_standing(url: str) -> None:
    async def work() -> None:
        async with Memory.open(url) as memory:
            (first,) = await memory.add("the key is under the mat")
            (second,) = await memory.facts.correct(first.fact.fact_id, "the key is in the shed")
            (third,) = await memory.facts.correct(second.fact.fact_id, "the key is under the mat")
            (fourth,) = await memory.facts.correct(third.fact.fact_id, "the key is in the shed")
            current = [one for one in await memory.facts() if one.fact.superseded_by is None]
            assert current == [fourth]

    asyncio.run(work())


def test_a_correction_that_is_older_than_the_fact_is_refused(url: str) -> None:
    async def work() -> None:
        async with Memory.open(url) as memory:
            (old,) = await memory.add("Ana lives in Lisbon")
            long_ago = datetime(2001, 1, 1, tzinfo=UTC)
            with pytest.raises(InputError, match="give a later date"):
                await memory.facts.correct(old.fact.fact_id, "no", reference_date=long_ago)
            assert len(await memory.facts()) == 1

    asyncio.run(work())


def test_a_file_below_facts_with_one_fact_is_no_stated_fact(url: str) -> None:
    async def work() -> None:
        async with Memory.open(url) as memory:
            text = "# Ana\n\nWell, so it was.\n\nAna lives in Lisbon.\n"
            await memory.retain_text(text, source_id="facts/ana.md")
            (cited,) = await memory.facts()
            await memory.facts.forget(cited.fact.fact_id)
            assert "so it was" in (await memory.sources.text("facts/ana.md") or "")

    asyncio.run(work())


@pytest.mark.parametrize("text", ["", " \n", "x" * 2_001, "\ud800", "a\0b"], ids=range(5))
def test_what_is_no_statement_is_refused(url: str, text: str) -> None:
    async def work() -> None:
        async with Memory.open(url) as memory:
            with pytest.raises(InputError):
                await memory.add(text)
            assert await memory.banks() == {}

    asyncio.run(work())


def test_the_commands_add_correct_and_show_context(cli: CommandLine) -> None:
    assert cli("add", "Ana lives in Lisbon.").out == "added to bank default: Ana lives in Lisbon\n"
    (fact,) = cli("facts", "--json").json
    cli("add", "Ana has left Lisbon for good", "--replaces", fact["fact_id"])
    shown = cli("context", "Where does Ana live?", "--max-tokens", "100").out
    assert shown.startswith("[1] facts/")
    assert "for good" in shown
    assert "Ana lives in Lisbon" not in shown
