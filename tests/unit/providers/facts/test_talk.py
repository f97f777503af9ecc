from datetime import UTC, datetime

import pytest

from retain.memory.model import Section
from retain.providers.local.facts import extract_facts

WEDNESDAY = datetime(2024, 5, 15, 9, tzinfo=UTC)


def told(*turns):
    text, sections = "", []
    for number, (who, words) in enumerate(turns):
        turn = f"**{who}:** {words}"
        span = (len(text), len(text) + len(turn))
        sections.append(Section(f"s{number}", number, "turn", 0, (), *span, 1, 1, who, WEDNESDAY))
        text += turn + "\n\n"
    return [fact.text for fact in extract_facts(text, sections)]


def said(words):
    return told(("Ines", words), ("Rui", "Okay."))


@pytest.mark.parametrize(
    "words",
    [
        "The view was amazing and so peaceful.",
        "Spending time with loved ones is important.",
        "Kindness is key.",
        "Music can be so powerful.",
        "I'm so proud of everything you do!",
        "We can definitely make a difference together.",
        "I'll keep pushing and stay positive.",
        "I love how it turned out.",
        "I printed it last Friday.",
        "They always motivate me.",
        "Just remember to breathe.",
        "I haven't tried it yet.",
        "Super excited for the next adventure!",
        "I 100% agree, Rui.",
    ],
)
def test_praise_reactions_and_pointers_are_not_kept(words):
    assert said(words) == []


@pytest.mark.parametrize(
    ("words", "fact"),
    [
        ("We painted the kitchen on Sunday.", "Ines painted the kitchen on Sunday"),
        ("We've adopted a kitten.", "Ines has adopted a kitten"),
        ("My brother and I run a bakery.", "Ines's brother and Ines run a bakery"),
        ("I wanna open a small bakery.", "Ines wants to open a small bakery"),
        ("I gotta fix the boiler on Monday.", "Ines has to fix the boiler on Monday"),
        ("I first sang in the choir in 2019.", "Ines first sang in the choir in 2019"),
        ("By the way, I signed up for a pottery class.", "Ines signed up for a pottery class"),
        ("I wanted to let you know that I joined a choir.", "Ines joined a choir"),
        ("I just adopted this cute puppy from a shelter.", None),
    ],
)
def test_what_somebody_did_or_has_to_do_is_kept(words, fact):
    facts = said(words)
    assert facts == [fact] if fact else len(facts) == 1


def test_we_takes_in_whom_the_speaker_has_just_named():
    facts = said("I went camping with my cousins last weekend. We climbed a glacier.")
    assert facts[-1] == "Ines and Ines's cousins climbed a glacier"


def test_we_stays_several_where_it_must_be():
    assert said("We're getting married on 14 June 2025!") == [
        "Ines and others are getting married on 14 June 2025"
    ]


def test_a_pronoun_stands_for_the_one_who_was_named():
    assert said("My sister Clara moved to Bergen. She works as a welder.")[-1] == (
        "Ines's sister Clara works as a welder"
    )
    assert said("I adopted a dog two years ago. His name is Bolt.")[-1] == "The dog's name is Bolt"


def test_a_pronoun_that_may_mean_two_stands_for_nobody():
    facts = said("My sister met my aunt in Bergen. She bought a sailing boat.")
    assert not any("boat" in fact and fact.startswith("Ines") for fact in facts)


def test_who_is_spoken_to_is_no_subject_of_the_word_behind():
    facts = said("I sent the parcel of books to you sooner than planned.")
    assert facts == ["Ines sent the parcel of books to Rui sooner than planned"]


def test_what_somebody_keeps_or_grows_is_a_fact():
    assert said("I keep bees.") == ["Ines keeps bees"]
    assert said("We grow hops on the balcony.") == ["Ines grows hops on the balcony"]
    assert said("I keep going.") == []


def test_a_prompt_and_a_tool_tell_nothing_of_anybody():
    prompt = "You are a travel agent. The company is Globex. You live in Paris."
    turns = [(role, prompt) for role in ("system", "developer", "Tool", "function")]
    assert told(*turns, ("user", "I live in Ghent.")) == ["The user lives in Ghent"]


def test_we_among_more_than_two_is_the_speaker_and_others():
    turns = [("Ines", "We use Terraform in all repos."), ("Rui", "Okay."), ("Ana", "Fine.")]
    assert told(*turns) == ["Ines and others use Terraform in all repos"]
    turns[0] = ("Ines", "Our bill was 31,000 euros in June.")
    assert told(*turns) == ["Ines and others' bill was 31,000 euros in June"]
    turns[0] = ("Ines", "We live in Ghent.")
    assert told(*turns) == ["Ines lives in Ghent"]


@pytest.mark.parametrize(
    ("words", "fact"),
    [
        ("One more thing, the lease ends on 30 June.", "The lease ends on 30 June"),
        ("fyi the lease ends on 30 June", "The lease ends on 30 June"),
        ("I sold my red car lol", "Ines sold Ines's red car"),
        ("I sold my red car, by the way.", "Ines sold Ines's red car"),
        ("I sold my red car 🚗", "Ines sold Ines's red car"),
    ],
)
def test_what_stands_before_and_behind_a_statement_is_left_out(words, fact):
    assert said(words) == [fact]


def test_two_statements_with_a_comma_between_are_two_facts():
    assert said("I quit smoking, I moved to Galway in March.") == [
        "Ines quit smoking",
        "Ines moved to Galway in March",
    ]
    assert said("I got the job at the museum!!! I start in June.") == [
        "Ines got the job at the museum",
        "Ines starts in June",
    ]


def test_a_nationality_is_no_name_of_kin():
    text = "**Ines:** My mother is Danish."
    turn = Section("s0", 0, "turn", 0, (), 0, len(text), 1, 1, "Ines", WEDNESDAY)
    assert [(fact.slot, fact.subject) for fact in extract_facts(text, [turn])] != [
        ("mother", "Danish")
    ]
