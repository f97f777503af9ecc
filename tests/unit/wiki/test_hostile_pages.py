from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import example, given, settings
from tests.unit.wiki.bank import ana, index, pages
from tests.unit.wiki.hostile import TEXTS, doubtful, shape

from retain.memory.model import LogEntry, LogFact, SourceNote
from retain.wiki import log, log_entry, source_page


def spoilt(view, text):
    """The view with the text in every place that a document's words reach."""

    def words(value):
        return f"{value} {text}"

    facts = []
    for one in view.facts:
        old = one.fact
        new = replace(
            old,
            text=f"{text}{old.text}!Maria{text}",
            value=old.value and words(old.value),
            slot=old.slot and words(old.slot),
            subject=old.subject and words(old.subject),
            entities=tuple(map(words, old.entities)),
        )
        facts.append(replace(one, fact=new, source_id=words(one.source_id)))
    return replace(
        view,
        bank_id=words(view.bank_id),
        facts=tuple(facts),
        entities=tuple(
            replace(one, name=words(one.name), aliases=(*map(words, one.aliases), "Maria"))
            for one in view.entities
        ),
        topics=tuple(
            replace(
                one,
                topic_id=words(one.topic_id),
                title=words(one.title),
                terms=tuple(map(words, one.terms)),
                sections=tuple((words(source), section) for source, section in one.sections),
            )
            for one in view.topics
        ),
        sources=tuple(
            replace(one, source_id=words(one.source_id), title=text) for one in view.sources
        ),
    )


def tokens_that_act(markdown):
    return {one[0] for one in shape(markdown)} & {
        "html_inline", "html_block", "image", "fence", "code_block", "table_open", "hr",
        "blockquote_open", "ordered_list_open", "footnote_ref", "math_inline", "math_block",
        "em_open", "hardbreak", "dl_open", "footnote_block_open", "math_inline_double",
    }  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(TEXTS)
@example("0")
@example("![x](http://e.test)")
def test_no_page_does_what_a_document_says(text):
    view = spoilt(ana(), text)
    rendered = pages(view)
    for one in (*(page.text for page in rendered), index(view)):
        assert tokens_that_act(one) == set()
        assert doubtful(one) == []
        headings = [token for token in shape(one) if token[0] == "heading_open"]
        assert len(headings) == sum(line.startswith("#") for line in one.split("\n"))
        assert headings[0][1] == "h1"
        assert all(heading[1] == "h2" for heading in headings[1:])


@settings(max_examples=80, deadline=None)
@given(TEXTS)
@example("0")
@example("![x](http://e.test)")
def test_no_source_does_what_it_says(text):
    note = SourceNote(f"notes/{text}.md", text, 1, 1)
    lines = [(1, text), (2, f"    {text}"), (3, "Ana"), (4, f"a {text} ^L3")]
    found = source_page(note, lines)
    plain = source_page(SourceNote("notes/a.md", "a", 1, 1), [(n, "a") for n, _ in lines])
    assert doubtful(found) == []
    assert tokens_that_act(found) == set()
    if len(found.split("\n\n")) == len(plain.split("\n\n")):
        assert len(shape(found)) == len(shape(plain))


@settings(max_examples=80, deadline=None)
@given(TEXTS)
@example("0")
@example("![x](http://e.test)")
def test_no_log_does_what_it_quotes(text):
    one, other = LogFact(text, "1", text), LogFact(text, "2", f"Ana {text}")
    entry = LogEntry(
        datetime(2024, 5, 3, tzinfo=UTC),
        "ingest",
        text,
        1,
        2,
        (one,),
        (other,),
        ((one, other),),
        (text,),
    )
    found = log_entry(entry, {})
    assert found.count("\n## ") == 0
    assert found.startswith("## [2024-05-03] ingest | ")
    assert tokens_that_act(found) == set()
    assert doubtful(found) == []
    assert sum(line.startswith("## ") for line in log([entry, entry], {}).split("\n")) == 2
