"""Names in texts as a user would point at them."""

from __future__ import annotations

from itertools import pairwise

import pytest

from retain.memory.model import Limits
from retain.providers.local.entities import extract_mentions
from retain.sources.reader import parse_text


def mentions(text, source_id="a.md"):
    document = parse_text(text, source_id=source_id, reference_date=None, limits=Limits())
    text = document.decoded or text
    found = extract_mentions(text, document.sections)
    assert all(text[one.start : one.end] in (one.name, "") for one in found)
    assert all(a.end <= b.start for a, b in pairwise(found))
    return [(one.name, one.kind) for one in found]


def names(text):
    return [name for name, _ in mentions(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I met Priya Patel there.", [("Priya Patel", "person")]),
        ("She moved to Trondheim in May.", [("Trondheim", "place")]),
        ("He works for Nordvik Ltd.", [("Nordvik Ltd.", "organisation")]),
        ("It was built at the University of Coimbra.", [("University of Coimbra", "organisation")]),
        ("We talked to Mr. van der Berg.", [("Mr. van der Berg", "person")]),
        ("The house on Mill Street is old.", [("Mill Street", "place")]),
        ("I saw Priya's brother.", [("Priya", "person")]),
        ("Wait in Room 101, please.", [("Room 101", "place")]),
    ],
)
def test_a_name_has_the_kind_that_its_words_tell(text, expected):
    assert mentions(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Nothing happened. Perhaps tomorrow.",
        "On Monday I leave. It is May, and English is spoken.",
        "# Getting Started With Servers\n\nThe server speaks HTTP.",
        "See `Vec::New` and `Foo Bar`.",
        "```\nclass Foo extends Bar\n```\n\nthat was it",
        "see [the guide](Https/Example/Guide) and https://Example.com/Foo/Bar",
        "<Div Class='Foo Bar'>text</Div> and Foo_Bar, Foo::Bar, Foo.Bar()",
        "- [Reading Large Files](a.md)\n- [Two Small Steps](b.md)\n\nno name here",
        "I\u2019m late. We\u2019ve left. They said I\u2019m late.",
        "the IDEs and APIs of CPU-bound tasks, in UTF-8",
        "Chapter 4, Figure 2 and Listing 4-1 show it. I know that I do.",
    ],
)
def test_a_capital_letter_alone_is_no_name(text):
    assert mentions(text) == []


def test_a_word_that_begins_a_sentence_is_a_name_where_the_source_shows_it():
    assert names("Curlew is old. Everybody wants the Curlew.") == ["Curlew", "Curlew"]
    assert names("Boats are old. Everybody wants boats.") == []


def test_a_name_that_goes_over_a_line_end_keeps_its_span():
    assert names("the partner of Ines\nOkafor came") == ["Ines\nOkafor"]


def test_accents_may_be_characters_of_their_own():
    assert names("I met Ine\u0301s Mari\u0301a there") == ["In\u00e9s Mar\u00eda"]


def test_speakers_are_persons_and_roles_are_not():
    chat = "**Zev:** hello there\n\n**Quill:** yes\n\n**Zev:** good"
    assert mentions(chat) == [("Zev", "person"), ("Quill", "person"), ("Zev", "person")]
    assert mentions("**user:** hello\n\n**assistant:** yes\n\n**user:** good") == []


def test_speakers_of_json_messages_are_found_beside_the_message():
    chat = '[{"speaker": "Zev", "text": "hello"}, {"text": "a \\"b\\"\\nyes", "speaker": "Quill"}]'
    assert mentions(chat, "a.json") == [("Zev", "person"), ("Quill", "person")]


def test_one_name_has_one_kind_in_a_source():
    found = mentions("I asked Reyle about it. I believe that Reyle knows. My friend Reyle left.")
    assert found == [("Reyle", "person")] * 3
