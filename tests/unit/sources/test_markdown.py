import re
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retain.errors import SourceError
from retain.memory.model import Limits
from retain.sources.reader import parse_text

WRITTEN = datetime(2024, 1, 1, tzinfo=UTC)


def parse(text, reference_date=None, **limits):
    return parse_text(
        text, source_id="a.md", reference_date=reference_date, limits=Limits(**limits)
    )


def texts(text):
    return [text[one.start : one.end] for one in parse(text).sections]


def paths(text):
    return [one.path for one in parse(text).sections]


def test_each_heading_is_a_section_with_its_own_body():
    text = "# A\n\none\n\n## B\n\ntwo\n\n## C\n\nthree\n"
    assert texts(text) == ["# A\n\none", "## B\n\ntwo", "## C\n\nthree"]
    assert paths(text) == [("A",), ("A", "B"), ("A", "C")]
    assert [one.level for one in parse(text).sections] == [1, 2, 2]
    assert [(one.line_start, one.line_end) for one in parse(text).sections] == [
        (1, 3),
        (5, 7),
        (9, 11),
    ]


def test_text_before_the_first_heading_is_a_section():
    text = "\n\nhello\n\n# A\none"
    assert texts(text) == ["hello", "# A\none"]
    assert parse(text).sections[0].level == 0
    assert parse(text).sections[0].path == ()
    assert parse(text).sections[0].line_start == 3


def test_text_without_headings_is_one_section():
    assert texts("one\n\n- two\n- three\n\n> four\n") == ["one\n\n- two\n- three\n\n> four"]


def test_a_heading_over_other_headings_is_in_their_paths_only():
    text = "# A\n\n## B\n\n### C\n\nwords\n\n# D\n"
    assert texts(text) == ["### C\n\nwords", "# D"]
    assert paths(text) == [("A", "B", "C"), ("D",)]


def test_underlined_headings_count():
    text = "A\n===\n\none\n\nB\nmore\n---\n\ntwo"
    assert paths(text) == [("A",), ("A", "B more")]
    assert texts(text) == ["A\n===\n\none", "B\nmore\n---\n\ntwo"]


def test_levels_that_are_left_out_and_come_back():
    assert paths("### C\nx\n# A\nx\n#### D\nx\n## B\nx") == [("C",), ("A",), ("A", "D"), ("A", "B")]


@pytest.mark.parametrize(
    "text",
    [
        "# A\n\n```sh\n# comment\n```\n\nend",
        "# A\n\n~~~\n# comment\n\n# more\n",
        "# A\n\n    # indented code\n\nend",
        "# A\n\n> # quoted\n\nend",
        "# A\n\n- # in a list\n\n  ## deeper\n\nend",
        "# A\n\n<!--\n# in a comment\n-->\n\nend",
        "# A\n\n#hashtag\n\n####### seven\n\n\\# escaped",
        "# A\n\n| a | b |\n|---|---|\n| # c | d |\n\nend",
    ],
)
def test_what_looks_like_a_heading_and_is_none(text):
    assert paths(text) == [("A",)]
    assert texts(text) == [text.rstrip()]


@pytest.mark.parametrize(
    ("heading", "plain"),
    [
        ("# The `code` and *stress* of **it** #", "The code and stress of it"),
        ("# [a link](http://x) ![a photo](y.png) &amp; more", "a link a photo & more"),
        ("# one <b>two</b>", "one two"),
        ("# snake_case_name", "snake_case_name"),
        ("# 5 \\* 3", "5 * 3"),
    ],
)
def test_headings_lose_their_markup_in_paths(heading, plain):
    assert paths(heading + "\n\nx") == [(plain,)]


def test_an_empty_heading_is_no_part_of_a_path():
    assert paths("# A\nx\n##\ny\n### C\nz") == [("A",), ("A",), ("A", "C")]


def test_spans_count_the_characters_of_the_text_as_given():
    text = "\r\n# Zoë 🏡\r\n\r\nin Łódź\r\n\r\n## B\r\n\r\nend\r\n"
    assert texts(text) == ["# Zoë 🏡\r\n\r\nin Łódź", "## B\r\n\r\nend"]
    assert [(one.line_start, one.line_end) for one in parse(text).sections] == [(2, 4), (6, 8)]
    assert texts("# A\rx\r# B\ry") == ["# A\rx", "# B\ry"]


def test_a_mark_at_the_beginning_hides_no_heading():
    text = "\ufeff# A\n\nx"
    assert paths(text) == [("A",)]
    assert texts(text) == ["# A\n\nx"]
    assert parse("\ufeff---\ntitle: T\n---\nx").title == "T"


def test_a_text_with_nul_is_refused_with_the_cure():
    with pytest.raises(SourceError, match=r"NUL .* at character 6, .*: replace that character"):
        texts("# A\n\na\0b\n\n# B")


def test_indented_code_at_the_beginning_keeps_its_indent():
    assert texts("\n    code\n") == ["    code"]


def test_front_matter_is_meta_and_not_text():
    text = "---\ntitle: The move\ndate: 2024-03-01\ntags: [a, b]\n---\n\n# Other\n\nx\n"
    document = parse(text)
    assert document.title == "The move"
    assert document.meta == {"title": "The move", "date": "2024-03-01", "tags": ["a", "b"]}
    assert texts(text) == ["# Other\n\nx"]
    assert document.sections[0].line_start == 7
    assert document.sections[0].said_at == datetime(2024, 3, 1, tzinfo=UTC)


def test_front_matter_that_is_broken_costs_nothing_but_itself():
    document = parse("---\ntitle: [x\n---\n\n# A\n\nx\n", WRITTEN)
    assert document.title == "A"
    assert document.meta["front_matter"] == "title: [x"
    assert document.meta["front_matter_error"]
    assert [one.said_at for one in document.sections] == [WRITTEN]


@pytest.mark.parametrize("date", ["2024-13-45", "soon", "2024", "[1, 2]", "{a: b}", "true"])
def test_a_wrong_date_in_the_front_matter_is_harmless(date):
    document = parse(f"---\ntitle: T\ndate: {date}\n---\nx", WRITTEN)
    assert document.title == "T"
    assert document.sections[0].said_at == WRITTEN


def test_a_text_between_rules_is_text():
    text = "---\n\nA thought, not a setting.\n\n---\n\nAnother."
    assert texts(text) == [text]
    assert parse(text).meta == {}


def test_a_rule_that_is_never_closed_hides_nothing():
    assert texts("---\ntitle: x\n\nwords") == ["---\ntitle: x\n\nwords"]


def test_front_matter_alone_is_refused():
    with pytest.raises(SourceError, match="front matter but no text"):
        parse("---\ntitle: x\n---\n\n")


def test_the_title_is_the_first_heading_of_level_1():
    assert parse("## B\nx\n# The *one*\n## C\nx\n# D").title == "The one"
    assert parse("## B\nx").title is None
    assert parse("---\ntitle: 1984\n---\n# A").title == "1984"
    assert parse("---\ntitle: ''\n---\n# A").title == "A"


def test_notes_under_a_dated_heading_were_written_then():
    text = (
        "# Journal\n\nx\n\n## 8 May 2023\n\nx\n\n### 14:30\n\nx\n\n### Lunch\n\nx\n\n## Ideas\n\nx"
    )
    assert [one.said_at for one in parse(text, WRITTEN).sections] == [
        WRITTEN,
        datetime(2023, 5, 8, tzinfo=UTC),
        datetime(2023, 5, 8, 14, 30, tzinfo=UTC),
        datetime(2023, 5, 8, tzinfo=UTC),
        WRITTEN,
    ]


def test_a_section_keeps_its_id_when_others_change():
    before = parse("# A\n\none\n\n## B\n\ntwo\n\n# C\n\nthree").sections
    after = parse("Hi\n\n# A\n\nother\n\n## B\n\ntwo\n\n# C\n\nthree").sections
    assert [one.section_id for one in before[1:]] == [one.section_id for one in after[2:]]
    assert before[0].section_id != after[1].section_id
    assert [one.ordinal for one in after] == [0, 1, 2, 3]


def test_sections_that_are_the_same_have_ids_of_their_own():
    found = parse("# A\nx\n# A\nx\n# A\nx").sections
    assert len({one.section_id for one in found}) == 3
    assert all(re.fullmatch("[0-9a-f]{16}", one.section_id) for one in found)


def test_a_section_that_moves_under_another_heading_is_another():
    (one,), (two,) = parse("# A\n## B\nx").sections, parse("# C\n## B\nx").sections
    assert one.section_id != two.section_id


def test_too_many_sections_are_refused():
    assert len(parse("# h\n" * 5, max_sections=5).sections) == 5
    with pytest.raises(SourceError, match=r"6 sections.* limit of 5.*RETAIN_MAX_SECTIONS"):
        parse("# h\n" * 6, max_sections=5)
    with pytest.raises(SourceError, match=r"6 sections.* limit of 5"):
        parse("**Ana:** x\n\n**Ben:** y\n\n" * 3, max_sections=5)


def test_a_heading_after_deep_nesting_is_found():
    deep = "".join("  " * depth + "- a\n" for depth in range(60))
    assert paths(f"{deep}\n# After\n\nx")[-1] == ("After",)
    assert paths(">" * 60 + f" a\n\n{'- ' * 60}a\n\n# After\n\nx")[-1] == ("After",)


@pytest.mark.parametrize(
    "text",
    [
        "a" * 1_000_000,
        "[" * 1_000_000,
        "# " + "*a _b [c](" * 50_000 + "\n\nx",
        "".join(f"{'#' * (n % 6 + 1)} h{n}\n\n" for n in range(20_000)),
        "- " * 100_000 + "a",
        (">" * 500 + "a\n") * 200,
        "- > " * 10_000 + "a",
        "# a\n" + " " * 500_000 + "\n# b",
        "[a]: b\n" * 10_000,
        "**A:** x\n" * 10_000,
        "---\na: " + "[" * 60_000 + "\n---\nx",
    ],
    ids=lambda text: repr(text[:12]),
)
def test_strange_texts_take_no_strange_time(text):
    began = time.perf_counter()
    parse(text)
    assert time.perf_counter() - began < 20


LINES = st.sampled_from(
    [
        "",
        "   ",
        "\t",
        "\f",
        "words",
        "more words",
        "# One",
        "## Two",
        "### Three ###",
        "   # Indented",
        "    # code",
        "#",
        "===",
        "---",
        "```",
        "~~~",
        "# comment",
        "> quote",
        "> # quoted",
        "- item",
        "  - # item",
        "  continued",
        "| a | b |",
        "|---|---|",
        "<div>",
        "<!--",
        "-->",
        "[a]: b",
        "**Ana:** hello",
        "**Ben:** hi",
        "**Note:** careful",
        "title: x",
        "\ufffd",
        "\u2028",
        "🏡",
    ]
)
DOCUMENTS = st.tuples(st.lists(LINES, max_size=25), st.sampled_from(["\n", "\r\n", "\r"])).map(
    lambda drawn: drawn[1].join(drawn[0])
)


@given(DOCUMENTS)
def test_every_word_is_in_one_section_or_is_a_heading_over_others(text):
    try:
        document = parse(text)
    except SourceError:
        assert not text.strip() or text.startswith("---")
        return
    covered = [0] * len(text)
    for section in document.sections:
        body = text[section.start : section.end]
        assert body == body.rstrip()
        assert body.strip()
        for at in range(section.start, section.end):
            covered[at] += 1
    assert max(covered) == 1
    meta = front_matter_end(text, document.meta)
    left = "".join(c if not covered[at] and at >= meta else "\n" for at, c in enumerate(text))
    for line in re.split(r"[\r\n]+", left):
        assert not line.strip() or is_heading(line, document), line


def front_matter_end(text, meta):
    if not meta and not re.match(r"---(\r\n?|\n)(\s*?(\r\n?|\n))*?---", text):
        return 0
    closing = re.search(r"(?<=[\r\n])---(?=[\r\n]|\Z)", text)
    return closing.end() if closing else 0


def is_heading(line, document):
    """A heading over others: its words are in a path, or it is the line below them."""
    words = re.sub(r"^#+|#+$|\*\*", "", line.strip()).strip()
    in_paths = " ".join(part for one in document.sections for part in one.path)
    return not words or set(words) <= {"=", "-"} or words in in_paths or words == "[a]: b"


@given(DOCUMENTS)
def test_sections_come_in_order_with_the_lines_that_they_are_on(text):
    try:
        sections = parse(text).sections
    except SourceError:
        return
    ends = [0, *(one.end for one in sections)]
    for before, one in zip(ends, sections, strict=False):
        assert before <= one.start < one.end
        assert one.line_start == len(re.split(r"\r\n|\r|\n", text[: one.start]))
        assert one.line_end == len(re.split(r"\r\n|\r|\n", text[: one.end]))


def test_too_many_headings_are_refused_before_the_whole_text_is_read():
    text = "# A\n\nx\n\n" * 200_000
    began = time.process_time()
    with pytest.raises(SourceError, match="more than the limit of 1000"):
        parse(text, max_sections=1000)
    assert time.process_time() - began < 3


def test_headings_count_once_where_the_text_begins_with_a_rule():
    text = "---\n\nA thought.\n\n---\n\n# A\n\nx\n\n# B\n\nx"
    assert len(parse(text, max_sections=3).sections) == 3


def test_headings_with_headings_below_them_are_no_sections():
    assert len(parse("# A\n## B\n### C\n# D\n> # quoted\n>\n> # too", max_sections=2).sections) == 2
