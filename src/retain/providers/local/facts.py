"""Facts of a source by rules: the statements of its sections, typed and dated."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from retain.memory.model import Extraction, Fact, Section
from retain.providers.local.paragraphs import paragraphs
from retain.providers.local.persons import is_instruction, speaker, writer
from retain.providers.local.plain import plain, plain_json
from retain.providers.local.properties import begins, facts_of_properties
from retain.providers.local.quoted import read_words
from retain.providers.local.reader import Reader, fact_of_row
from retain.providers.local.topics import topic_of
from retain.providers.local.whole import Source

__all__ = ["Source", "extract", "extract_facts", "extract_from", "verified"]


_OF_OTHERS = frozenset(
    (
        "references",
        "bibliography",
        "external links",
        "further reading",
        "works cited",
        "see also",
        "table of contents",
        "contents",
        "literature",
    )
)
"""Headings of lists that name the works of others and tell nothing."""


def extract_facts(text: str, sections: Sequence[Section]) -> Sequence[Fact]:
    """The verified facts of `sections`, which are sections of the source `text`."""
    return extract(text, sections).facts


def extract(
    text: str, sections: Sequence[Section], *, among: Sequence[Section] | None = None
) -> Extraction:
    """The same with what could not be verified; `among` are all sections of the source."""
    return extract_from(Source.of(text, among or sections), sections)


def extract_from(source: Source, sections: Sequence[Section]) -> Extraction:
    """The verified facts of some sections of `source`, and what could not be verified."""
    good: list[Fact] = []
    doubtful: list[Fact] = []
    for section in sections:
        for fact in _of_section(source, section):
            (good if verified(source.text, section, fact) else doubtful).append(fact)
    return Extraction(tuple(good), tuple(doubtful))


def verified(text: str, section: Section, fact: Fact) -> bool:
    """Whether the quote stands in the section where the fact says, and is not empty."""
    inside = section.start <= fact.start < fact.end <= section.end
    return inside and bool(fact.quote.strip()) and text[fact.start : fact.end] == fact.quote


def _of_section(source: Source, section: Section) -> Iterator[Fact]:
    if begins(source.text, section):
        yield from facts_of_properties(source.text, section)
        return
    by = author = None
    if section.speaker and section.kind == "turn":
        if is_instruction(section.speaker):
            return
        by = speaker(section.speaker, source.speakers)
    elif section.speaker:
        author = writer(section.speaker)
    if not by and section.path and section.path[-1].casefold() in _OF_OTHERS:
        return
    topic = None if by else topic_of(section.path, source.text[section.start : section.end])
    for paragraph in paragraphs(source.text, section):
        if paragraph.form == "row":
            if (row := fact_of_row(source.text, section, paragraph)) is not None:
                yield row
            continue
        read = plain_json if paragraph.form == "json" else plain
        words = read(source.text, paragraph.start, paragraph.end)
        yield from read_words(Reader(source, section, paragraph, words, by, topic, author))
