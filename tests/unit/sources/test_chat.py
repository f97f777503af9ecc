import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retain.errors import SourceError
from retain.memory.model import Limits
from retain.sources.reader import parse_text

MAY = datetime(2023, 5, 8, 14, 30, tzinfo=UTC)


def parse(text, source_id="chat.json", reference_date=None, **limits):
    return parse_text(
        text, source_id=source_id, reference_date=reference_date, limits=Limits(**limits)
    )


def turns(text, source_id="chat.json"):
    return [(one.speaker, text[one.start : one.end]) for one in parse(text, source_id).sections]


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


def test_words_that_stand_otherwise_in_the_text_cover_the_whole_message():
    message = '{"role": "user", "content": "a \\"quote\\" and\\na line"}'
    assert turns(f"[{message}, {message}]") == [("user", message)] * 2


def test_an_escaped_nul_is_replaced_where_it_is_no_place_in_the_text():
    escaped = r'{"name": "A\u0000a", "content": "a\u0000b"}'
    text = r'{"title": "T\u0000", "messages": [' + escaped + ', {"content": "c"}]}'
    document = parse(text)
    first, second = document.sections
    assert document.title == document.meta["title"] == "T\ufffd"
    assert first.speaker == "A\ufffda"
    assert text[first.start : first.end] == escaped
    assert text[second.start : second.end] == "c"


def test_words_that_stand_elsewhere_too_are_not_mixed_up():
    text = '[{"role": "user", "content": "user"}]'
    (turn,) = parse(text).sections
    assert (turn.start, turn.end) == (30, 34)


def test_content_in_parts_is_read():
    text = json.dumps(
        [
            {"role": "user", "content": [{"type": "text", "text": "look"}, {"type": "image"}]},
            {"role": "user", "content": ["plain"]},
            {"role": "user", "content": [{"type": "text", "text": "a"}, {"text": "b"}]},
        ]
    )
    assert [words for _, words in turns(text)][:2] == ["look", "plain"]
    assert json.loads(turns(text)[2][1])["content"][1] == {"text": "b"}


@pytest.mark.parametrize("content", ["", "  ", None, {"tool": 1}, 5])
def test_a_message_without_words_is_kept_whole(content):
    text = json.dumps([{"role": "assistant", "content": content}, {"role": "tool"}])
    assert json.loads(turns(text)[0][1]) == {"role": "assistant", "content": content}
    assert turns(text)[1] == ("tool", '{"role": "tool"}')


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
        ('{"role": "user", "content": "x"}\n{"role": "user", "content": "x"\n', 3),
        ('{"role": "user", "content": "x"}\nnot json\n', 2),
        ('[{"content": "x"}\n, 7]', 2),
        ('[{"content": "x"},\n[{"content": "y"}]]', 2),
        ('\n{"price": 3}', 2),
        ('[{"key": "a", "value": "b"}]', 1),
        ("[" * 100_000, 1),
        ('{"a":' * 100_000, 1),
        ("[" + "9" * 5000 + "]", 1),
        ("[{}]", 1),
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


def test_too_many_messages_are_refused():
    with pytest.raises(SourceError, match=r"3 sections.* limit of 2"):
        parse(json.dumps([{"content": "x"}] * 3), max_sections=2)


def test_only_json_by_name_and_by_content_is_a_chat():
    assert parse("[a link](b) in prose", "a.md").sections[0].kind == "text"
    assert parse("words", "a.json").sections[0].kind == "text"
    assert parse('\ufeff [{"content": "x"}]', "A.JSON").sections[0].kind == "turn"


@given(st.lists(st.text(max_size=20), min_size=1, max_size=5), st.booleans(), st.booleans())
def test_every_message_is_one_turn_in_order(contents, ascii_only, lines):
    messages = [{"role": "user", "content": words} for words in contents]
    if lines:
        text = "\n".join(json.dumps(one, ensure_ascii=ascii_only) for one in messages)
    else:
        text = json.dumps(messages, ensure_ascii=ascii_only)
    found = turns(text, "a.jsonl")
    assert len(found) == len(contents)
    for (_, words), content in zip(found, contents, strict=True):
        assert words == content or json.loads(words)["content"] == content
