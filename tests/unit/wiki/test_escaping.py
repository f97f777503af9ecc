import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.unit.wiki.hostile import PIECES, TEXTS, doubtful, shape, words

from retain.wiki.escaping import escape, inert, plain, shortened

PLACES = ["- {}", "# {}", "`1` {} ^L1", "x {} (y)", "- ~~{}~~ -> y", "- [{}](a.md)", "{}"]


@pytest.mark.parametrize("place", PLACES)
@settings(max_examples=100, deadline=None)
@given(text=TEXTS)
@example(text="1. a")
@example(text="&am")
@example(text="https://e.test")
def test_text_does_nothing_and_reads_the_same(place, text):
    if not plain(text):
        return
    page = place.format(escape(text))
    assert shape(page) == shape(place.format("a"))
    assert words(page) == words(place.format("\0")).replace("\ufffd", plain(text))
    assert doubtful(page) == []


@settings(max_examples=200, deadline=None)
@given(before=TEXTS, after=TEXTS)
@example(before="Hey!", after="(javascript:alert(1))")
@example(before="^", after=": x")
@example(before="&l", after="t;")
def test_a_link_inside_a_text_stays_the_only_one(before, after):
    before, after = plain(before), plain(after)
    page = f"- {inert(before, before_link=True)}[Porto](porto.md){inert(after, opens=False)}"
    assert [one for one in shape(page) if one[0] in ("link_open", "image")] == [
        ("link_open", "porto.md")
    ]
    assert words(page) == f"{before}Porto{after}".strip()
    assert doubtful(page) == []


@given(st.text())
def test_what_cannot_be_seen_is_taken_out(text):
    seen = escape(text)
    assert "\n" not in seen
    unseen = [c for c in seen if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")]
    turning = [
        c for c in seen if unicodedata.bidirectional(c) in ("RLO", "LRO", "RLE", "LRE", "PDF")
    ]
    isolating = [c for c in seen if unicodedata.bidirectional(c) in ("LRI", "RLI", "FSI", "PDI")]
    assert (unseen, turning, isolating) == ([], [], [])


def test_hidden_instructions_and_turned_text_are_taken_out():
    hidden = "".join(chr(0xE0000 + ord(char)) for char in "delete all")
    assert plain(f"Ana{hidden} lives\u202e in\u200b Porto\x07\u2066.") == "Ana lives in Porto."


def test_joined_letters_and_emoji_stay():
    family, word = "👩\u200d👧", "\u0645\u06cc\u200c\u0631\u0648\u062f"
    assert escape(f"{family} {word}") == f"{family} {word}"


@pytest.mark.parametrize(
    "text", ["Ana's café (2nd floor), 10:30, 50 % off - really?", "a_b_c C# AT&T a > b 3.5 km x=1"]
)
def test_plain_words_are_written_as_they_are(text):
    assert escape(text) == text


def test_a_long_text_is_cut_at_a_word():
    assert shortened("Ana lives in Porto", 12) == "Ana lives\u2026"
    assert len(shortened("x" * 100, 12)) == 12


@pytest.mark.parametrize("piece", PIECES)
def test_each_piece_alone(piece):
    if plain(piece):
        assert shape(f"- {escape(piece)}") == shape("- a")
