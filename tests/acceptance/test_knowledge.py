"""What a bank knows of its sources: facts with their places, names with their aliases."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path

import pytest

from retain import Memory
from retain.errors import InputError, NotFoundError

PEOPLE = """---
date: 2024-01-14
---
# People

## Ines Okafor

Ines lives in Lisbon. Ines works at Atelier Voss.

## Rui

Rui moved to Porto on 3 March 2023. How are you? Rui owns a boat.
"""
CHAT = "## 8 May 2024\n\n**Ana:** I live in Braga.\n\n**Rui:** Hello!\n\n**Ana:** I love tea.\n"


def within(folder: Path, work):
    async def opened():
        async with Memory.open(f"sqlite:///{folder}/memory.db") as memory:
            return await work(memory)

    return asyncio.run(opened())


def test_facts_stand_in_the_text_where_they_say(tmp_path: Path) -> None:
    async def work(memory: Memory):
        await memory.retain_text(PEOPLE, source_id="people.md")
        return await memory.facts(source_id="people.md")

    found = within(tmp_path, work)
    assert found
    assert all(PEOPLE[k.fact.start : k.fact.end] == k.fact.quote for k in found)
    slots = {(k.fact.slot, k.fact.value) for k in found}
    assert {("lives in", "Lisbon"), ("works at", "Atelier Voss")} <= slots
    assert not any("How are you" in k.fact.text for k in found)
    moved = next(k.fact for k in found if "moved to Porto" in k.fact.text)
    assert moved.occurred_start == datetime(2023, 3, 3, tzinfo=UTC)


def test_the_first_person_is_the_speaker_and_the_time_that_of_the_session(tmp_path: Path) -> None:
    async def work(memory: Memory):
        await memory.retain_text(CHAT, source_id="chat.md")
        return [known.fact for known in await memory.facts()]

    home, tea = within(tmp_path, work)
    assert (home.subject, home.slot, home.value) == ("Ana", "lives in", "Braga")
    assert home.mentioned_at == datetime(2024, 5, 8, tzinfo=UTC)
    assert tea.type == "preference"


def test_facts_about_somebody_are_found_by_any_name(tmp_path: Path) -> None:
    async def work(memory: Memory):
        await memory.retain_text(PEOPLE, source_id="people.md")
        by_alias = await memory.facts(about="Ines")
        assert by_alias == await memory.facts(about="ines okafor")
        assert not any(known.fact.subject == "Rui" for known in by_alias)
        return by_alias

    assert len(within(tmp_path, work)) == 2


def test_every_section_has_an_outcome(tmp_path: Path) -> None:
    async def work(memory: Memory):
        await memory.retain_text(PEOPLE + "\n## Empty talk\n\nHello!\n", source_id="people.md")
        return await memory.show("people.md")

    view = within(tmp_path, work)
    outcomes = view.context.outcomes
    assert [o.section_id for o in outcomes] == [row.section.section_id for row in view.sections]
    assert [outcome.kind for outcome in outcomes] == ["facts", "facts", "no facts"]
    assert sum(outcome.facts for outcome in outcomes) == view.facts + view.merged


def test_only_what_changed_is_extracted_again_and_facts_keep_their_ids(tmp_path: Path) -> None:
    changed = PEOPLE.replace("# People\n", "# People\n\nAll of them are friends of Petra.\n")
    changed = changed.replace("owns a boat", "owns a red boat")

    async def delta(memory: Memory):
        await memory.retain_text(PEOPLE, source_id="people.md")
        before = {k.fact.text: k.fact.fact_id for k in await memory.facts()}
        await memory.retain_text(changed, source_id="people.md")
        ctx = (await memory.show("people.md")).context
        return before, ctx.outcomes, await memory.facts(), await memory.entities()

    async def anew(memory: Memory):
        await memory.retain_text(changed, source_id="people.md")
        return await memory.facts(), await memory.entities()

    before, outcomes, facts, entities = within(tmp_path, delta)
    assert [outcome.reused for outcome in outcomes] == [False, True, False]
    kept = {k.fact.text: k.fact.fact_id for k in facts}
    assert all(kept[text] == fact_id for text, fact_id in before.items() if "boat" not in text)
    assert all(changed[k.fact.start : k.fact.end] == k.fact.quote for k in facts)
    (tmp_path / "anew").mkdir()
    assert within(tmp_path / "anew", anew) == (facts, entities)


def test_a_statement_that_is_made_twice_is_one_fact_also_after_a_change(tmp_path: Path) -> None:
    twice = (
        "# A\n\nThe old pump runs for ten minutes.\n\n# B\n\nThe old pump runs for ten minutes.\n"
    )

    async def work(memory: Memory):
        await memory.retain_text(twice, source_id="pump.md")
        first = await memory.facts()
        await memory.retain_text(twice.split("# B")[1], source_id="pump.md")
        return first, await memory.facts()

    first, second = within(tmp_path, work)
    assert [k.fact.text for k in first] == [k.fact.text for k in second]
    assert len(first) == 1
    assert first[0].fact.fact_id == second[0].fact.fact_id


def test_the_order_of_the_sources_does_not_matter(tmp_path: Path) -> None:
    texts = {"people.md": PEOPLE, "chat.md": CHAT, "more.md": "# More\n\nDr. Okafor knows Ana.\n"}

    def bank(order: tuple[str, ...], folder: Path):
        async def work(memory: Memory):
            for source_id in order:
                await memory.retain_text(texts[source_id], source_id=source_id)
            facts = await memory.facts()
            said = [replace(one, fact=replace(one.fact, came_in=None)) for one in facts]
            return said, await memory.entities()

        folder.mkdir()
        return within(folder, work)

    banks = [bank(order, tmp_path / "-".join(order)) for order in permutations(texts)]
    assert all(other == banks[0] for other in banks)


def test_a_correction_of_names_holds_for_good(tmp_path: Path) -> None:
    async def work(memory: Memory):
        await memory.retain_text(PEOPLE, source_id="people.md")
        await memory.entities.split("Ines", "Ines Okafor")
        await memory.retain_text(PEOPLE + "\nInes sings.\n", source_id="people.md")
        apart = {k.entity.name for k in await memory.entities()}
        await memory.entities.merge("Ines Okafor", "Ines")
        together = [k.entity for k in await memory.entities() if "Ines" in k.entity.aliases]
        return apart, together

    apart, together = within(tmp_path, work)
    assert {"Ines", "Ines Okafor"} <= apart
    assert [entity.name for entity in together] == ["Ines Okafor"]
    assert together[0].reasons


def test_a_correction_of_names_that_are_not_there_is_refused(tmp_path: Path) -> None:
    async def work(memory: Memory):
        await memory.retain_text(PEOPLE, source_id="people.md")
        with pytest.raises(NotFoundError, match="no name 'Nobody'"):
            await memory.entities.merge("Ines", "Nobody")
        with pytest.raises(InputError, match="give two"):
            await memory.entities.split("Ines", "Ines")

    within(tmp_path, work)


def test_what_is_forgotten_leaves_no_fact_and_no_name(tmp_path: Path) -> None:
    async def work(memory: Memory):
        await memory.retain_text(PEOPLE, source_id="people.md", bank_id="ana")
        await memory.retain_text(CHAT, source_id="chat.md", bank_id="rui")
        await memory.forget("people.md", bank_id="ana")
        assert await memory.facts(bank_id="ana") == []
        assert await memory.entities(bank_id="ana") == []
        assert await memory.facts(bank_id="rui")

    within(tmp_path, work)
