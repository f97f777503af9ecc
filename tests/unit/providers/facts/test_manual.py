import pytest

from retain.memory.model import Limits
from retain.providers.local.facts import extract
from retain.sources.reader import parse_text

CODE = "\n\n```\nstart()\n```\n"


def texts(text):
    sections = parse_text(text, source_id="note.md", reference_date=None, limits=Limits()).sections
    return [fact.text for fact in extract(text, sections).facts]


@pytest.mark.parametrize(
    "words",
    [
        "The error message says that the lid is open.",
        "In this example, the pump is red.",
        "Let's look at the pump.",
        "After running the code, the pump is red.",
        "With these changes, the program works.",
        "Listing 10-6 shows the pump.",
        "The value x is less than the limit.",
        "The pump noticed that the lid is open.",
        "You should see a red light.",
    ],
)
def test_what_is_true_of_an_example_alone_is_not_kept(words):
    assert texts(words + CODE) == []


def test_what_is_true_of_the_subject_is_kept():
    words = "A lease is a claim that expires. The renew option sets how long a lease lasts."
    assert texts(words + CODE) == [
        "A lease is a claim that expires",
        "The renew option sets how long a lease lasts",
    ]


def test_it_stands_for_the_subject_before_it():
    assert texts("The limit option sets how many rows come back. Its default is 50.") == [
        "The limit option sets how many rows come back",
        "The limit option's default is 50",
    ]
    assert texts("The lease starts on 1 August 2024; it ends on 31 July 2026.")[-1] == (
        "The lease ends on 31 July 2026"
    )


@pytest.mark.parametrize(
    "words",
    [
        "The pump stops at night. It is possible to change the hours.",
        "The pump stops at night. It rains there often.",
        "The pump and the valve stop at night. It has a red light.",
    ],
)
def test_it_stands_for_nothing_where_that_is_not_clear(words):
    assert not any("pump" in text.lower() for text in texts(words)[1:])


def test_a_fragment_of_a_list_is_no_statement():
    assert texts("- the set and let commands\n- the cut of the lid\n- The pump is red.\n") == [
        "The pump is red"
    ]


def test_a_very_long_sentence_is_cut_at_its_clauses():
    parts = [f"the north valve opens at {n} degrees" for n in range(40)]
    found = texts("The pump is red, and " + ", and ".join(parts) + ".")
    assert found[0] == "The pump is red"
    assert sum("opens at 7 degrees" in text for text in found) == 1
    assert all(len(text) <= 700 for text in found)


def test_a_sentence_ends_after_a_number_or_a_short_word():
    assert texts("The default level is 0. The lid is made of fine art. The pump is red.") == [
        "The default level is 0",
        "The lid is made of fine art",
        "The pump is red",
    ]
