import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

from tests.unit.wiki.bank import ana, bank, entity, fact, index, pages

from retain.memory.model import LogEntry, LogFact, SourceNote, Topic
from retain.wiki import log, log_entry, source_page

AT = datetime(2024, 5, 3, 12, tzinfo=UTC)


def told(text):
    return LogFact("notes/ana.md", f"id-{text}", text)


def entry(**fields):
    return replace(LogEntry(AT, "ingest", "notes/ana.md", 1, 4), **fields)


def test_the_index_lists_what_the_bank_knows():
    view = ana()
    view = replace(view, sources=(SourceNote("notes/ana.md", "Ana's notes", 4, 9),))
    text = re.sub(r"\]\([^)]*\)", "]", index(view))
    assert text == (
        "# Index: ana\n\n"
        "1 source, 11 facts (1 replaced), 6 pages. What came and when: [log].\n\n"
        "## People\n\n"
        "- [Ana]: 11 facts, named 12 times\n"
        "- [Maria Costa] (also Maria): 5 facts, named 5 times\n\n"
        "## Places\n\n"
        "- [Porto]: 3 facts, named 3 times\n"
        "- [Lisbon]: 2 facts, named once\n"
        "- and 1 name without a page\n\n"
        "## Organisations\n\n"
        "- [Northwind]: 1 fact\n\n"
        "## Topics\n\n"
        "- [City, move]: 2 sections, 2 sources\n\n"
        "## Sources\n\n"
        "- [notes/ana.md] (Ana's notes): 4 sections, 9 facts\n"
    )


def test_the_index_of_a_large_bank_lists_the_first_and_says_how_many_more_there_are():
    names = [f"Ana {n:03}" for n in range(250)]
    told = [
        fact(f"{name} saw {n}", at=n + 1, entities=(name,), source=f"{name}.md")
        for at, name in enumerate(names)
        for n in range(2 + at % 3)
    ]
    topics = [
        Topic(f"topic-{n:03}", f"Topic {n:03}", (), (("Ana 000.md", f"s{n}"),)) for n in range(103)
    ]
    few = [entity(f"Bo {n}") for n in range(3)]
    view = bank(*told, entities=[*map(entity, names), *few], topics=tuple(topics))
    text = re.sub(r"\]\([^)]*\)", "]", index(view))
    lines = text.split("\n")
    people = lines[lines.index("## People") + 2 : lines.index("## Topics") - 1]
    assert len(people) == 102
    assert people[:2] == ["- [Ana 002]: 4 facts", "- [Ana 005]: 4 facts"]
    assert people[99:] == [
        "- [Ana 049]: 3 facts",
        "- and 150 more: `retain entities`",
        "- and 3 names without a page",
    ]
    assert "- [Topic 099]: 1 section, 1 source\n- and 3 more: `retain pages`\n" in text
    assert text.endswith("- and 150 more: `retain runs`\n")
    assert text.split("\n")[2].startswith("250 sources, 749 facts, 353 pages.")


def test_an_entry_says_what_came_what_went_and_what_was_superseded():
    found = log_entry(
        entry(
            came=(told("Ana lives in Lisbon"), told("Ana likes tea")),
            went=(told("Ana likes milk"),),
            superseded=((told("Ana lives in Lisbon"), told("Ana lives in Porto")),),
            pages=("Lisbon", "Ana", "Somebody"),
        ),
        {page.title: page.page_id for page in pages(ana())},
    )
    assert found == (
        "## [2024-05-03] ingest | notes/ana.md\n\n"
        "- version 1 of [notes/ana.md](sources/notes-ana-md-45a958625ecd.md), 4 sections\n"
        "- 2 facts came\n"
        "  - Ana lives in Lisbon\n"
        "  - Ana likes tea\n"
        "- 1 fact went\n"
        "  - Ana likes milk\n"
        "- 1 fact superseded\n"
        "  - ~~Ana lives in Porto~~ -> Ana lives in Lisbon\n"
        "- 3 pages touched: [Ana](pages/ana.md), [Lisbon](pages/lisbon.md), Somebody\n"
    )


def test_an_update_is_called_so():
    assert log_entry(entry(action="update", version=2), {}).startswith(
        "## [2024-05-03] update | notes/ana.md\n"
    )


def test_the_day_is_that_of_utc():
    late = datetime(2024, 5, 3, 23, tzinfo=timezone(-timedelta(hours=4)))
    assert log_entry(entry(at=late), {}).startswith("## [2024-05-04]")


def test_at_most_ten_facts_are_quoted():
    found = log_entry(entry(came=tuple(told(f"Ana saw {n}") for n in range(25))), {})
    assert "- 25 facts came\n" in found
    assert found.count("  - Ana saw") == 10
    assert "  - and 15 more\n" in found


def test_the_log_is_its_entries_the_oldest_first():
    first, second = entry(), entry(at=AT + timedelta(days=1), action="update", version=2)
    whole = log([second, first], {})
    assert whole == f"# Log\n\n{log_entry(first, {})}\n{log_entry(second, {})}"
    assert whole.startswith(log([first], {}))


def test_grep_reads_the_log():
    whole = log([entry(source_id="a\nb.md"), entry(source_id="x|## [2020-01-01] ingest")], {})
    heads = [line for line in whole.split("\n") if line.startswith("## [")]
    assert len(heads) == 2
    assert all(re.fullmatch(r"## \[2024-05-03\] ingest \| \S.*", head) for head in heads)


def test_a_source_has_each_line_under_its_number():
    note = SourceNote("notes/ana.md", "Notes", 1, 2)
    assert source_page(note, [(3, "    run *fast*"), (1, "# Ana"), (2, "  ")]) == (
        "# notes/ana.md\n\n"
        "1 section, 2 facts. Notes. [Index](../index.md)\n\n"
        "`1` \\# Ana ^L1\n\n"
        "`3` \u00a0\u00a0\u00a0\u00a0run \\*fast\\* ^L3\n"
    )


def test_citations_land_on_lines_of_the_source():
    view = ana()
    lines = {note.source_id: [(n, "text") for n in range(1, 20)] for note in view.sources}
    ids = {note.source_id: source_page(note, lines[note.source_id]) for note in view.sources}
    cited = {place for one in pages(view) for place in re.findall(r"\[([^\]]+):(\d+)\]", one.text)}
    assert cited
    assert all(f" ^L{line}\n" in ids[source] for source, line in cited)
