import asyncio
from datetime import UTC, datetime

import pytest

from retain.memory.model import Extraction, Limits, Section
from retain.providers.local.extractor import LocalExtractor
from retain.providers.local.facts import (
    Source,
    extract,
    extract_facts,
    verified,
)
from retain.providers.local.plain import plain_json
from retain.sources.reader import parse_text

WEDNESDAY = datetime(2024, 5, 15, 9, tzinfo=UTC)


def sections_of(text, source_id="note.md", reference_date=WEDNESDAY):
    return parse_text(
        text, source_id=source_id, reference_date=reference_date, limits=Limits()
    ).sections


def facts_of(text, **options):
    return extract_facts(text, sections_of(text, **options))


def texts(text, **options):
    return [fact.text for fact in facts_of(text, **options)]


def turn(words, speaker="Ines"):
    text = f"**{speaker}:** {words}"
    section = Section("s", 0, "turn", 0, (), 0, len(text), 1, 1, speaker, WEDNESDAY)
    return extract_facts(text, [section])


def test_a_quote_is_what_stands_in_the_source_marks_and_line_breaks_included():
    text = "# Pump\n\nThe *main* pump runs\nfor `ten` minutes. It is **old**.\n"
    fact = facts_of(text)[0]
    assert fact.text == "The main pump runs for ten minutes"
    assert fact.quote == "The *main* pump runs\nfor `ten` minutes."
    assert text[fact.start : fact.end] == fact.quote


def test_code_headings_and_raw_html_give_nothing():
    text = (
        "# The pump is red\n\n```\nThe code is here.\n```\n\n"
        "<script>\nvar x = 'The script is here.';\n</script>\n"
    )
    assert texts(text) == []


def test_a_code_fence_that_never_ends_hides_the_rest():
    assert texts("The pump is red.\n\n```\nThe pump is blue.\n") == ["The pump is red"]


def test_first_and_second_person_become_names_in_a_talk_of_two():
    text = "**Ines:** I really like your garden.\n\n**Rui:** I planted my roses in March.\n"
    first, second = facts_of(text)
    assert first.text == "Ines really likes Rui's garden"
    assert second.text == "Rui planted Rui's roses in March"
    assert (first.subject, second.subject) == ("Ines", "Rui")


def test_a_heading_that_names_a_person_stands_for_the_pronoun():
    text = "# Petra Voss\n\nOwns a workshop in Ghent. She never answers messages in the evening.\n"
    assert texts(text) == [
        "Petra Voss owns a workshop in Ghent",
        "Petra Voss never answers messages in the evening",
    ]


def test_an_assistant_only_makes_assistant_statements():
    (fact,) = turn("The refund takes three days.", speaker="Support Bot")
    assert fact.type == "assistant_statement"


def test_what_somebody_no_longer_does_does_not_read_as_what_he_does():
    (fact,) = turn("I no longer work at Acme.")
    assert (fact.slot, fact.value) == ("works at", "not Acme")


def test_escaped_words_of_a_json_message_are_read_as_they_are_meant():
    text = '[{"role": "user", "content": "I moved to \\"Porto\\".\\nMy dog Bolt hates the rain."}]'
    chat = parse_text(text, source_id="chat.json", reference_date=None, limits=Limits())
    facts = list(extract_facts(chat.decoded, chat.sections))
    assert [fact.text for fact in facts][-1] == "The user's dog Bolt hates the rain"
    assert all(chat.decoded[fact.start : fact.end] == fact.quote for fact in facts)


def test_a_fact_whose_quote_is_not_in_its_section_is_not_verified():
    text = "The pump is red.\n"
    (section,) = sections_of(text)
    (fact,) = extract_facts(text, [section])
    assert verified(text, section, fact)
    assert not verified(text.replace("red", "tin"), section, fact)


@pytest.mark.parametrize(
    "text",
    [
        "x" * 1_000_000,
        "ab. " * 100_000,
        "[" * 100_000,
        "`" * 99_999 + " a",
        "<" * 100_000 + "a",
        "**" * 100_000 + "The pump is red.",
        "انتقلت إلى بورتو الأسبوع الماضي. " * 5_000,
        "我上周搬到了波尔图。" * 20_000,
        "🙂 The pump is red. " * 5_000,
        "The pump\x00 is red. <b onclick='x()'>The lid is blue.</b> " * 3_000,
        "I said that and " * 20_000,
        "the pump is red and the lid is blue, " * 20_000 + ".",
        "".join(f"Valve {n} opens at {n} degrees.\n\n" for n in range(10_000)),
    ],
    ids=lambda text: ascii(text[:12]),
)
def test_hostile_texts_are_read_in_linear_time(text):
    whole = Section("s", 0, "text", 0, (), 0, len(text), 1, 1, None, WEDNESDAY)
    found = extract(text, [whole])
    assert not found.quarantined
    assert all(text[fact.start : fact.end] == fact.quote for fact in found.facts)


def test_the_extractor_gives_the_same_in_chunks():
    text = "".join(f"## Part {n}\n\nThe pump number {n} is red.\n\n" for n in range(150))
    sections = sections_of(text)
    extraction = asyncio.run(LocalExtractor().extract(text, sections, among=sections))
    assert isinstance(extraction, Extraction)
    assert extraction.facts == extract_facts(text, sections)
    assert len(extraction.facts) == 150


def test_a_section_alone_gives_the_same_facts_among_the_others():
    text = "**Ines:** I really like your garden.\n\n**Rui:** I planted my roses in March.\n"
    sections = sections_of(text)
    alone = extract(text, sections[:1], among=sections).facts
    assert alone == extract_facts(text, sections)[:1]
    setting = Source.of(text, sections).setting
    manual = "\nIf you run your pump:\n\n```\nrun\n```\n"
    assert setting != Source.of(text + manual, sections).setting
    assert setting != Source.of(text, sections[:1]).setting


def test_the_verb_after_the_one_who_is_helped_stays():
    text = "**Ines:** This map can help you.\n\n**Rui:** My maps of Ghent help you find your way.\n"
    assert facts_of(text)[-1].text == "Rui's maps of Ghent help Ines find Ines's way"


def test_a_nul_that_a_message_escapes_is_in_no_fact():
    source = r"Ana lives in Lis\u0000bon."
    words = plain_json(source, 0, len(source))
    assert words.text == "Ana lives in Lis\ufffdbon."
    assert words.source_span(13, 20) == (13, len(source) - 1)


@pytest.mark.parametrize("role", ["user", "human", "customer", "Me", "USER"])
def test_the_subject_of_what_an_unnamed_user_says_is_the_user(role):
    said = "I work as a hydrologist. I love green tea."
    text = f"**{role}:** {said}\n\n**assistant:** I prefer squash merges.\n\n**{role}:** Thanks.\n"
    subjects = {fact.text: fact.subject for fact in facts_of(text)}
    assert subjects == {
        "The user works as a hydrologist": "The user",
        "The user loves green tea": "The user",
        "The assistant prefers squash merges": "The assistant",
    }
