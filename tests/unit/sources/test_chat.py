import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retain.errors import SourceError
from retain.memory.model import Limits
from retain.memory.places import located
from retain.sources.reader import parse_text

MAY = datetime(2023, 5, 8, 14, 30, tzinfo=UTC)


def parse(text, source_id="chat.json", reference_date=None, **limits):
    return parse_text(
        text, source_id=source_id, reference_date=reference_date, limits=Limits(**limits)
    )


def turns(text, source_id="chat.json"):
    document = parse(text, source_id)
    return [(one.speaker, document.decoded[one.start : one.end]) for one in document.sections]


def in_source(text, section, words=None):
    """The characters of the source that a section, or some words of it, come from."""
    place, decoded = section.place, parse(text).decoded
    start = decoded.index(words, section.start) if words else section.start
    end = start + len(words) if words else section.end
    first, last = located(place.steps, start - section.start, end - section.start)
    return text[place.start + first : place.start + last]


MESSAGES = [
    {"role": "user", "content": "I moved to Porto."},
    {"role": "assistant", "content": "How is it there?"},
]
TURNS = [("user", "I moved to Porto."), ("assistant", "How is it there?")]


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("key", [None, "messages", "conversation", "turns"])
def test_a_list_of_messages_is_read_wherever_it_stands(indent, key):
    held = {"title": "Move", "n": 1, "other": [1], key: MESSAGES} if key else MESSAGES
    text = json.dumps(held, indent=indent)
    assert turns(text) == TURNS
    document = parse(text)
    assert {one.kind for one in document.sections} == {"turn"}
    assert document.title == ("Move" if key else None)
    assert document.meta == ({"title": "Move", "n": 1} if key else {})


def test_one_message_a_line_is_read():
    text = "\r\n".join(json.dumps(one) for one in MESSAGES) + "\r\n\r\n"
    assert turns(text, "chat.jsonl") == TURNS
    assert [one.line_start for one in parse(text, "chat.jsonl").sections] == [1, 2]


def test_one_conversation_a_line_is_read():
    text = "\n".join(json.dumps({"messages": [one]}) for one in MESSAGES)
    assert turns(text, "chat.jsonl") == TURNS


def test_words_are_decoded_and_their_places_are_those_of_their_escapes():
    message = '{"role": "user", "content": "a \\"quote\\" and\\na l\\u00edne \\ud83c\\udfe1"}'
    text = f"[{message}, {message}]"
    assert turns(text) == [("user", 'a "quote" and\na líne 🏡')] * 2
    second = parse(text).sections[1]
    assert in_source(text, second) == message[29:-2]
    assert in_source(text, second, '"quote"') == '\\"quote\\"'
    assert in_source(text, second, "líne") == "l\\u00edne"
    assert in_source(text, second, "🏡") == "\\ud83c\\udfe1"


def test_an_escaped_nul_is_replaced_where_it_is_no_place_in_the_text():
    escaped = r'{"name": "A\u0000a", "content": "a\u0000b"}'
    text = r'{"title": "T\u0000", "messages": [' + escaped + ', {"content": "c"}]}'
    document = parse(text)
    first, second = document.sections
    assert document.title == document.meta["title"] == "T\ufffd"
    assert first.speaker == "A\ufffda"
    assert document.decoded[first.start : first.end] == "a\ufffdb"
    assert document.decoded[second.start : second.end] == "c"


def test_words_that_stand_elsewhere_too_are_not_mixed_up():
    text = '[{"role": "user", "content": "user"}]'
    (turn,) = parse(text).sections
    assert (turn.place.start, turn.place.end) == (30, 34)


def test_content_in_parts_is_read():
    text = json.dumps(
        [
            {"role": "user", "content": [{"type": "text", "text": "look"}, {"type": "image"}]},
            {"role": "user", "content": ["plain"]},
            {"role": "user", "content": [{"type": "text", "text": "a"}, {"text": "b"}]},
        ]
    )
    assert [words for _, words in turns(text)] == ["look", "plain", "a\n\nb"]
    assert parse(text).passed_over == {"pictures": 1}


@pytest.mark.parametrize("content", ["", "  ", None, {"tool": 1}, 5])
def test_a_message_without_words_is_passed_over(content):
    kept = {"role": "user", "content": "x"}
    text = json.dumps([{"role": "assistant", "content": content}, {"role": "tool"}, kept])
    assert turns(text) == [("user", "x")]
    passed = parse(text).passed_over
    assert passed.pop("tool results") == 1
    assert sum(passed.values()) == 1


@pytest.mark.parametrize(
    ("message", "speaker"),
    [
        ({"role": "user", "name": "Ana Lind", "content": "x"}, "Ana Lind"),
        ({"speaker": "Ana", "text": "x"}, "Ana"),
        ({"author": {"id": 3, "name": "Ana"}, "content": "x"}, "Ana"),
        ({"from": "human", "value": "x"}, "human"),
        ({"role": "user", "name": "", "content": "x"}, "user"),
        ({"role": 3, "content": "x"}, None),
        ({"name": "\ud83c\udfe1", "content": "x"}, "🏡"),
    ],
)
def test_the_speaker_is_found(message, speaker):
    assert turns(json.dumps([message])) == [(speaker, "x")]


@pytest.mark.parametrize(
    "fields",
    [
        {"timestamp": "2023-05-08T14:30:00Z"},
        {"timestamp": 1683556200},
        {"timestamp": 1683556200000},
        {"created_at": "2023-05-08 14:30"},
        {"time": "2:30 pm on 8 May 2023"},
        {"date": "2023-05-08", "time": "14:30"},
        {"timestamp": "soon", "date": "2023-05-08T14:30"},
    ],
)
def test_when_it_was_said_is_found(fields):
    text = json.dumps([{"role": "user", "content": "x", **fields}])
    assert parse(text).sections[0].said_at == MAY


def test_without_a_time_it_was_said_at_the_reference_date():
    text = json.dumps([{"content": "x", "timestamp": "soon"}])
    assert parse(text).sections[0].said_at is None
    assert parse(text, reference_date=MAY).sections[0].said_at == MAY


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('[\n{"role": "user", "content": "x"},\n{"role": \n]', 4),
        ('[{"content": "x"},\n[{"content": "y"}]]', 2),
        ("[" * 100_000, 1),
        ('{"a":' * 100_000, 1),
        ("[" + "9" * 5000 + "]", 1),
        ('[{"content": "x"}', 1),
    ],
)
def test_what_is_no_chat_is_refused_with_its_line(text, line):
    for source_id in ("a.json", "a.jsonl"):
        with pytest.raises(SourceError, match=f"^{source_id}: line {line}: .*expected chat"):
            parse(text, source_id)


@pytest.mark.parametrize("text", ["[]", '{"messages": []}'])
def test_a_chat_without_messages_is_refused(text):
    with pytest.raises(SourceError, match="has no messages"):
        parse(text)


@pytest.mark.parametrize(
    ("text", "passed"),
    [
        ('{"content": "x"}\n{"content": "x"\n', {"broken lines": 1}),
        ('{"content": "x"}\nnot json\n{"content": "y"}', {"broken lines": 1}),
        ('[{"content": "x"}\n, 7]', {"values that are no messages": 1}),
        ('[{"content": "x"}\n, {"a": 7}]', {"objects that are no messages": 1}),
    ],
)
def test_what_is_no_message_among_messages_is_passed_over_and_counted(text, passed):
    document = parse(text, "a.jsonl")
    assert document.passed_over == passed
    assert len(document.sections) == text.count("content") - text.count('"x"\n')


def test_an_export_that_is_cut_off_says_where():
    text = json.dumps(MESSAGES, indent=1)[:-40]
    with pytest.raises(SourceError, match=r"line 7: the text ends in the middle of message 2"):
        parse(text)


def test_a_conversation_of_chatgpt_that_is_cut_off_says_so():
    node = {"message": {"author": {"role": "user"}, "content": {"parts": ["I sail."]}}}
    text = json.dumps({"title": "Boats", "mapping": {"m1": node, "m2": node}})
    for end in (len(text) // 2, len(text) - 3):
        with pytest.raises(SourceError, match=r"line 1: the text ends too early: get the whole"):
            parse(text[:end])


def test_too_many_messages_are_refused():
    with pytest.raises(SourceError, match=r"3 sections.* limit of 2"):
        parse(json.dumps([{"content": "x"}] * 3), max_sections=2)


def test_messages_are_a_chat_whatever_their_source_is_called():
    assert parse("[a link](b) in prose", "a.md").sections[0].kind == "text"
    assert parse("words", "a.json").sections[0].kind == "text"
    assert parse('\ufeff [{"content": "x"}]', "A.JSON").sections[0].kind == "turn"
    assert parse('{"price": 3}', "a.md").sections[0].kind == "text"
    assert parse('[{"role": "user", "content": "x"}]', "chat-7").sections[0].kind == "turn"


@given(st.lists(st.text(max_size=20), min_size=1, max_size=5), st.booleans(), st.booleans())
def test_every_message_is_one_turn_in_order(contents, ascii_only, lines):
    messages = [{"role": "user", "content": words} for words in contents]
    if lines:
        text = "\n".join(json.dumps(one, ensure_ascii=ascii_only) for one in messages)
    else:
        text = json.dumps(messages, ensure_ascii=ascii_only)
    said = [words.replace("\0", "\ufffd") for words in contents if words.strip()]
    if said:
        assert turns(text, "a.jsonl") == [("user", words) for words in said]
