"""A question about somebody finds the fact that fills the slot it asks for."""

import asyncio

import pytest

from retain import Memory, Settings
from retain.memory.model import RELEVANT, Fact
from retain.recall.asked import fills, slots_of
from retain.recall.cues import understood


def fact(slot, value, subject):
    return Fact("f", "s", "world", "x", "x", 0, 1, subject=subject, slot=slot, value=value)


@pytest.mark.parametrize(
    ("question", "slot"),
    [
        ("Where does Ben live?", "lives in"),
        ("In which city is Ben living now?", "lives in"),
        ("Where does Ben work?", "works at"),
        ("What does Ben do for a living?", "works as"),
        ("How old is Ben?", "age"),
        ("Who is Ben married to?", "married to"),
        ("What is Ben allergic to?", "allergic to"),
    ],
)
def test_what_a_question_asks_of_somebody(question, slot):
    asked = understood(question, None)
    assert slot in asked.slots
    assert fills(fact(slot, "v", "Ben"), asked.slots, asked.words)
    assert fills(fact(slot, "v", "Ben Holm"), asked.slots, asked.words)
    assert not fills(fact(slot, "v", "Ana"), asked.slots, asked.words)
    assert not fills(fact(slot, "not v", "Ben"), asked.slots, asked.words)
    assert not fills(fact(slot, "v", "Ben's sister"), asked.slots, asked.words)


def test_a_question_about_kin_is_about_kin():
    asked = understood("Where does Ben's sister live?", None)
    assert fills(fact("lives in", "v", "Ben's sister"), asked.slots, asked.words)
    assert not fills(fact("lives in", "v", "Ben"), asked.slots, asked.words)


def test_my_is_of_the_user():
    asked = understood("Where do I live?", None)
    assert fills(fact("lives in", "v", "The user"), asked.slots, asked.words)
    assert not fills(fact("lives in", "v", "Ben"), asked.slots, asked.words)


@pytest.mark.parametrize("question", ["Does Ben like live music?", "Who saw the live concert?"])
def test_other_questions_ask_for_no_slot(question):
    assert not slots_of(question)


def test_what_fills_the_slot_is_found_first_and_is_relevant(tmp_path):
    said = (
        "**Ben:** I love live music, I saw a live concert of Low in Antwerp last week.\n\n"
        "**Ana:** Live music is the best. Ben, do you still live alone?\n\n"
        "**Ben:** I moved to Ghent in March. My sister has a bakery.\n\n"
        "**Ana:** Where you live matters a lot for your mood, Ben.\n"
    )

    async def first():
        settings = Settings(db=f"sqlite:///{tmp_path}/memory.db", embedder="static")
        async with Memory.open(settings=settings) as memory:
            await memory.retain_text(said, source_id="talk.md")
            return (await memory.recall("Where does Ben live?", k=1))[0]

    hit = asyncio.run(first())
    assert "moved to Ghent" in hit.text
    assert hit.relevance >= RELEVANT
