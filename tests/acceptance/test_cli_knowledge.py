"""What a user of the command line is told of facts, entities and the states of a run."""

import re

import pytest
from tests.commandline import CommandLine

PEOPLE = """---
date: 2024-01-14
---
# People

## Ines Okafor

Ines lives in Lisbon. Ines works at Atelier Voss.

## Rui

Rui moved to Porto on 3 March 2023. How are you? Rui owns a boat.
"""
LATER = "---\ndate: 2025-03-09\n---\n# Later\n\nInes moved to Faro in February 2025.\n"

FACT_KEYS = {
    *("source_id", "fact_id", "section_id", "type", "text", "quote", "span", "entities"),
    *("subject", "slot", "value", "mentioned_at", "occurred_start", "occurred_end"),
    *("confidence", "superseded_by"),
}


@pytest.fixture
def people(cli: CommandLine) -> CommandLine:
    cli.write("people.md", PEOPLE)
    cli.write("later.md", LATER)
    cli.retained("people.md", "later.md")
    return cli


# facts


def test_facts_tell_their_type_words_place_slot_and_names(people: CommandLine) -> None:
    lines = people("facts", "people.md").out.splitlines()
    assert len(lines) == 8
    assert lines[2] == "world        Ines works at Atelier Voss"
    start = PEOPLE.index("Ines works")
    place = f"people.md:8 [{start}-{start + len('Ines works at Atelier Voss.')}]"
    assert lines[3] == f"             {place}; works at: Atelier Voss; Atelier Voss, Ines Okafor"
    assert "; on 2023-03-03; " in lines[5]


@pytest.mark.parametrize("command", ["facts", "entities", "pages"])
def test_the_pages_of_a_long_list_hold_each_item_once(people: CommandLine, command: str) -> None:
    every, cursor, found = people(command, "--json").json, [], []
    while cursor is not None:
        page = people(command, "--limit", "2", "--json", *cursor)
        found += page.json
        assert len(page.json) == 2 or not page.err
        more = page.err.split(f"2 of {len(every)} ")[1].split() if page.err else None
        cursor = more and more[-2:]
    assert len(every) > 2
    assert sorted(found, key=str) == sorted(every, key=str)
    last = people(command, "--limit", "1").out.splitlines()[-1]
    assert last.startswith(f"1 of {len(every)} ")
    assert "for the next ones, add --after " in last
    ended = people(command, "--after", "nonsense", code=2)
    assert "'nonsense' is no cursor" in ended.err


def test_facts_are_those_of_a_source_and_of_somebody_by_any_name(people: CommandLine) -> None:
    def texts(*words: str) -> list[str]:
        return [fact["text"] for fact in people("facts", "--json", *words).json]

    of_ines = ["Ines moved to Faro in February 2025", "Ines lives in Lisbon"]
    of_ines.append("Ines works at Atelier Voss")
    assert texts("--about", "Ines") == texts("--about", "INES okafor") == of_ines
    assert texts("people.md", "--about", "Ines") == of_ines[1:]
    assert texts("./later.md") == of_ines[:1]
    assert len(texts()) == 5


def test_facts_for_programs_point_into_the_source(people: CommandLine) -> None:
    facts = people("facts", "people.md", "--json").json
    assert all(fact.keys() >= FACT_KEYS for fact in facts)
    assert all(PEOPLE[slice(*fact["span"])] == fact["quote"] for fact in facts)
    moved = next(fact for fact in facts if "Porto" in fact["text"])
    assert (moved["subject"], moved["slot"], moved["value"]) == ("Rui", "lives in", "Porto")
    assert moved["type"] == "experience"
    assert moved["mentioned_at"] == "2024-01-14T00:00:00Z"
    assert moved["occurred_start"] == "2023-03-03T00:00:00Z"


def test_facts_tell_what_replaced_them(people: CommandLine) -> None:
    assert "Ines lives in Lisbon  (superseded)\n" in people("facts", "people.md").out
    (newer,) = people("facts", "later.md", "--json").json
    facts = people("facts", "people.md", "--json").json
    replaced = {fact["text"]: fact["superseded_by"] for fact in facts if fact["superseded_by"]}
    assert replaced == {"Ines lives in Lisbon": newer["fact_id"]}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--about", "Nobody"], "no facts about Nobody in bank default"),
        (["people.md", "--about", "Faro"], "no facts of people.md about Faro in bank default"),
        (["--bank", "empty"], "no facts in bank empty"),
    ],
)
def test_no_facts_are_told_by_what_was_asked(
    people: CommandLine, words: list[str], told: str
) -> None:
    assert people("facts", *words).out.startswith(told)
    assert people("facts", *words, "--json").json == []


# entities


def test_entities_tell_their_kind_how_often_they_are_named_and_their_aliases(
    people: CommandLine,
) -> None:
    lines = people("entities").out.splitlines()
    assert re.fullmatch(r"Ines Okafor +person +4 x  also: Ines", lines[0])
    first = people("entities", "--json").json[0]
    assert first.keys() == {"entity_id", "name", "kind", "aliases", "reasons", "mentions"}
    assert (first["name"], first["kind"], first["mentions"]) == ("Ines Okafor", "person", 4)
    assert set(first["aliases"]) == {"Ines", "Ines Okafor"}
    assert first["reasons"]
    assert people("entities", "--bank", "empty").out.startswith("no names in bank empty; ")
    assert people("entities", "--bank", "empty", "--json").json == []


def test_a_correction_holds_for_what_comes_later(people: CommandLine) -> None:
    told = people("entities", "split", "Ines", "Ines Okafor").out
    assert told == (
        "Ines and Ines Okafor are different entities in bank default, in later sources too\n"
    )
    people.write("more.md", "# More\n\nInes sings. Ines Okafor paints.\n")
    people("ingest", "more.md")
    aliases = {tuple(one["aliases"]) for one in people("entities", "--json").json}
    assert {("Ines",), ("Ines Okafor",)} <= aliases
    merged = people("entities", "--json", "merge", "Ines", "Rui").json
    assert merged == {"bank_id": "default", "correction": "merge", "names": ["Ines", "Rui"]}
    people.write("more.md", "# More\n\nRui sings. Ines Okafor paints.\n")
    people("ingest", "more.md")
    together = [one["aliases"] for one in people("entities", "--json").json]
    assert ["Ines", "Rui"] in [sorted(names) for names in together]
    assert ["Ines Okafor"] in together


def test_a_correction_of_a_bank_is_not_one_of_another(people: CommandLine) -> None:
    people("ingest", "people.md", "--bank", "other")
    people("entities", "split", "Ines", "Ines Okafor")
    other = people("entities", "--bank", "other", "--json").json
    assert any(set(one["aliases"]) == {"Ines", "Ines Okafor"} for one in other)


# graph


def test_a_run_is_drawn_with_its_times_and_colours(people: CommandLine) -> None:
    out = people("graph", "--run", "people.md").out
    assert re.search(r'state "STORE - \d+ ms" as (s\d+)\n', out)
    stored = re.search(r'state "STORE - [^"]*" as (s\d+)', out)
    assert stored is not None
    assert f"class {stored[1]} done\n" in out
    assert not re.search(r"class s\d+ (failed|running)", out)
    assert people("graph", "--run", "people.md", "--json").json == {"mermaid": out}
    assert "classDef" not in people("graph").out


def test_a_failed_run_is_drawn_with_the_state_that_failed(cli: CommandLine) -> None:
    cli.write("empty.md", "")
    cli.retained("empty.md")
    out = cli("graph", "--run", "empty.md").out
    (failed,) = re.findall(r"class (s\d+) failed", out)
    assert re.search(rf'state "INIT[^"]*" as {failed}\n', out)
    assert not re.search(r"class s\d+ done", out)


# wrong input


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["facts", "nosuch.md"], "no source 'nosuch.md' in bank 'default'"),
        (["facts", "--about", ""], "--about is empty: give a name"),
        (["facts", "--about"], "requires an argument"),
        (["facts", "a.md", "b.md"], "unexpected extra argument"),
        (["entities", "nosuch"], "No such command 'nosuch'"),
        (["entities", "merge", "Ines"], "Missing argument 'OTHER'"),
        (["entities", "merge", "Ines", "Nobody"], "has no name 'Nobody'"),
        (["entities", "split", "Ines", "Ines"], "'Ines' is one name: give two"),
        (["entities", "merge", "Ines", "Rui", "--bank", "empty"], "has no name 'Ines'"),
        (["graph", "--run", "nosuch.md"], "no source 'nosuch.md' in bank 'default'"),
        (["recall", "Ines", "--kind", ""], "ask for fact or section"),
        (["recall", "Ines", "--kind", "facts"], "--kind is 'facts': ask for fact or section"),
    ],
)
def test_wrong_input_ends_with_2_and_says_what_is_wrong(
    people: CommandLine, words: list[str], told: str
) -> None:
    for json in ([], ["--json"]):
        if words[-1] == "--about" and json:
            continue
        ended = people(*words, *json, code=2)
        assert told in ended.err
        assert ended.out == ""
