"""Words and names are in NFC, and their spans are those of the text that was given."""

import json
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retain.memory.model import Document, Limits
from retain.memory.places import located
from retain.memory.unicode import changes, composed
from retain.providers.local.facts import extract_facts
from retain.sources.reader import parse_text

NAME = "José Muñoz"
SAID = "I live in Évora. I love crème brûlée."


def apart(text: str) -> str:
    return unicodedata.normalize("NFD", text)


def read(text: str, source_id: str = "note.md") -> Document:
    return parse_text(text, source_id=source_id, reference_date=None, limits=Limits())


TEXTS = {
    "note.md": f"---\nauthor: {NAME}\n---\n# Évora\n\n{SAID}\n\nAinda não: 한국어 텍스트 여기.\n",
    "talk.md": f"**{NAME}:** I live in Évora.\n\n**Ana:** Olá, José! {SAID}\n",
    "chat.json": json.dumps(
        [{"role": "user", "name": apart(NAME), "content": apart(SAID)}], ensure_ascii=False
    ),
    "escaped.json": json.dumps([{"role": "user", "name": apart(NAME), "content": apart(SAID)}]),
}


@pytest.mark.parametrize("name", TEXTS)
def test_what_a_source_says_is_composed_and_its_spans_are_exact(name: str) -> None:
    text = TEXTS[name] if name.endswith("json") else apart(TEXTS[name])
    whole = read(text, name)
    words = whole.decoded
    assert unicodedata.is_normalized("NFC", words)
    assert whole.meta == ({"author": NAME} if name == "note.md" else {})
    speakers = {one.speaker for one in whole.sections} - {None, "Ana"}
    assert speakers == {NAME}
    facts = extract_facts(words, whole.sections)
    assert facts
    for fact in facts:
        section = next(one for one in whole.sections if one.section_id == fact.section_id)
        place = section.place
        assert place is not None
        start, end = located(place.steps, fact.start - section.start, fact.end - section.start)
        given_words = text[place.start + start : place.start + end]
        if name == "escaped.json":
            given_words = json.loads(f'"{given_words}"')
        assert composed(given_words) == fact.quote


@pytest.mark.parametrize("name", ["note.md", "talk.md"])
def test_the_same_text_in_both_forms_gives_the_same_sections(name: str) -> None:
    one, other = read(TEXTS[name], name), read(apart(TEXTS[name]), name)
    assert [part.section_id for part in one.sections] == [p.section_id for p in other.sections]
    assert one.meta == other.meta


@given(
    st.text(
        st.sampled_from(
            "aeE \n1\u0301\u0327\u0323\u1100\u1161\u11a8가각\u212b\u0958é中\u09c7\u09be"
        )
    )
)
def test_text_is_composed_as_unicode_says_and_changes_say_where(text: str) -> None:
    assert composed(text) == unicodedata.normalize("NFC", text)
    made, done = "", 0
    for start, end, words in changes(text):
        made += text[done:start] + words
        done = end
    assert made + text[done:] == composed(text)


def test_accents_that_are_piled_up_take_no_more_than_their_number() -> None:
    def seconds(number: int) -> float:
        begun = time.process_time()
        composed("a" + "\u0301\u0316" * number)
        return time.process_time() - begun

    assert seconds(40_000) < 20 * max(seconds(10_000), 0.001)
