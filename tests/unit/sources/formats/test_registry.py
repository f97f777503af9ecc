"""Which format reads a source, and that a package can bring its own."""

import pytest

from retain.errors import InputError
from retain.memory.model import Limits, Provenance
from retain.sources import formats
from retain.sources.drafts import Draft, Outline
from retain.sources.formats import Sample, by_name, file_format, text_format
from retain.sources.reader import parse_text
from retain.sources.suffixes import suffixes


class Recipe:
    """What another package might bring: `RECIPE` and then a line for each step."""

    name = "recipe"
    suffixes = frozenset({".recipe"})

    def detect(self, sample):
        return sample.text.startswith("RECIPE\n")

    def read(self, source):
        start = source.text.index("\n") + 1
        return Outline("Soup", {}, [Draft(start, len(source.text))], passed_over={"headers": 1})


class _Point:
    def load(self):
        return Recipe


@pytest.fixture
def with_recipes(monkeypatch):
    monkeypatch.setattr(formats, "entry_points", lambda group: [_Point()])
    formats.formats.cache_clear()
    yield
    formats.formats.cache_clear()


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.md", "# A", "markdown"),
        ("a", "words", "markdown"),
        ("a.json", '[{"content": "x"}]', "chat"),
        ("a.json", "words", "markdown"),
        ("a.md", "[a link](b)", "markdown"),
    ],
)
def test_content_decides_first_and_the_suffix_second(name, text, expected):
    assert text_format(Sample(name, text=text)).name == expected


def test_a_pdf_is_known_by_its_content_whatever_it_is_called():
    assert file_format(Sample("a.txt", b"%PDF-1.7\n")).name == "pdf"
    assert file_format(Sample("a.docx", b"PK")).name == "docx"
    assert file_format(Sample("a.txt", b"words")) is None


def test_an_unknown_format_is_refused_with_those_that_there_are():
    with pytest.raises(InputError, match=r"'word': choose one of asciidoc, .*markdown"):
        by_name("word")


@pytest.mark.usefixtures("with_recipes")
def test_a_package_brings_a_format_of_its_own():
    text = "RECIPE\nChop."
    document = parse_text(text, source_id="a.txt", reference_date=None, limits=Limits())
    (section,) = document.sections
    assert text[section.start : section.end] == "Chop."
    assert document.passed_over == {"headers": 1}
    assert ".recipe" in suffixes()


@pytest.mark.usefixtures("with_recipes")
def test_a_format_can_be_asked_for_by_name():
    as_text = Provenance("markdown", passed_over={"pictures": 2})
    document = parse_text(
        "RECIPE\nChop.", source_id="a", reference_date=None, limits=Limits(), provenance=as_text
    )
    assert document.passed_over == {"pictures": 2}
    assert document.title is None
