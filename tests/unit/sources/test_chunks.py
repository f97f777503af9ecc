import json
import time
from datetime import UTC, datetime

import pytest

from retain.errors import SourceError
from retain.memory.model import Limits
from retain.sources.chunks import MAX_TOKENS, estimate_tokens
from retain.sources.reader import parse_text


def parse(text, name="a.md", **limits):
    return parse_text(text, source_id=name, reference_date=None, limits=Limits(**limits)).sections


def prose(first, count):
    return "\n\n".join(
        f"Paragraph {n} says what the ones beside it do not say. " * 4 for n in range(first, count)
    )


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("", 0), ("a", 1), ("four", 1), ("five5", 2), ("数据库", 3), ("ひらがな", 4), ("🏡", 1)],
)
def test_tokens_are_counted_without_a_tokenizer(text, tokens):
    assert estimate_tokens(text) == tokens


def test_a_section_that_fits_is_left_whole():
    text = "# A\n\n" + "x" * (4 * MAX_TOKENS - 5)
    assert [(one.start, one.end) for one in parse(text)] == [(0, len(text))]


def test_pieces_keep_the_place_and_the_date_of_their_section():
    text = f"# Diary\n\n## 8 May 2023\n\n{prose(0, 100)}\n\n## Next\n\nend"
    *pieces, last = parse(text)
    assert len(pieces) > 5
    assert {one.path for one in pieces} == {("Diary", "8 May 2023")}
    assert {one.said_at for one in pieces} == {datetime(2023, 5, 8, tzinfo=UTC)}
    assert {one.level for one in pieces} == {2}
    assert [one.ordinal for one in pieces] == list(range(len(pieces)))
    assert last.path == ("Diary", "Next")
    assert all(text[one.start :].startswith(("## 8 May", "Paragraph")) for one in pieces)


def test_a_table_or_code_that_fits_is_not_cut():
    code = "```py\n" + "\n\n".join(f"def f{n}():\n    return {n}" for n in range(180)) + "\n```"
    table = "| a | b |\n|---|---|\n" + "\n".join(f"| {n} | word {n} |" for n in range(250))
    text = f"# A\n\n{prose(0, 30)}\n\n{code}\n\n{prose(30, 60)}\n\n{table}\n\n{prose(60, 90)}"
    parts = [text[one.start : one.end] for one in parse(text)]
    assert len(parts) > 4
    assert any(code in part for part in parts)
    assert any(table in part for part in parts)


def test_code_that_is_too_long_is_cut_between_its_paragraphs():
    code = "\n\n".join(f"def f{n}():\n    return {n}" for n in range(900))
    text = f"# A\n\n```py\n{code}\n```\n"
    parts = [text[one.start : one.end] for one in parse(text)]
    assert len(parts) > 2
    assert all(part.startswith("def ") for part in parts[1:])


def test_a_long_list_is_cut_between_its_items():
    text = "\n".join(f"- item {n}\n\n  more of item {n}\n" for n in range(900))
    parts = [text[one.start : one.end] for one in parse(text)]
    assert len(parts) > 2
    assert all(part.startswith("- item") for part in parts)


def test_a_long_line_is_cut_between_sentences():
    text = " ".join(f"Sentence number {n} is here." for n in range(2000))
    parts = [text[one.start : one.end] for one in parse(text)]
    assert len(parts) > 5
    assert all(part.startswith("Sentence") and part.endswith(".") for part in parts)
    chinese = "".join(f"这是第{n}句话。" for n in range(3000))
    assert all(chinese[one.start : one.end].endswith("。") for one in parse(chinese))


def test_a_long_message_is_cut_and_stays_its_speakers():
    said = prose(0, 80)
    text = json.dumps([{"role": "user", "name": "Ana", "content": said}, {"content": "ok"}])
    *pieces, last = parse(text, "a.json")
    assert len(pieces) > 3
    assert {(one.kind, one.speaker) for one in pieces} == {("turn", "Ana")}
    assert all(text[one.place.start :].startswith("Paragraph") for one in pieces[1:])
    assert text[last.place.start : last.place.end] == "ok"


def test_an_escape_in_a_message_stays_whole():
    text = json.dumps([{"role": "user", "content": "é\n" * 9000}])
    for one in parse(text, "a.json")[1:]:
        assert text[one.place.start - 2 : one.place.start] == r"\n"


@pytest.mark.parametrize(
    "text",
    [
        "x" * 1_000_000,
        "word " * 200_000,
        "数" * 1_000_000,
        "\u05e9\u05dc\u05d5\u05dd " * 100_000,
        "🏡" * 250_000,
        "a" + " " * 1_000_000 + "b",
        "a\n\n" * 100_000,
        "- a\n" * 50_000,
        "a\ufffd" * 200_000,
        "\\" * 500_000,
    ],
    ids=["letters", "words", "chinese", "hebrew", "emoji", "blanks", "lines", "items", "nul", "\\"],
)
def test_what_no_author_writes_is_cut_in_a_moment(text):
    began = time.process_time()
    found = parse(text)
    assert time.process_time() - began < 20
    kept = "".join(text[one.start : one.end] for one in found)
    assert "".join(kept.split()) == "".join(text.split())
    assert all(estimate_tokens(text[one.start : one.end]) <= MAX_TOKENS for one in found)


def test_the_pieces_count_towards_the_limit():
    with pytest.raises(SourceError, match="sections, more than the limit of 3"):
        parse(prose(0, 100), max_sections=3)
