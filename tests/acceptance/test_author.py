"""Who wrote a note, and what is said of it as it is given."""

import asyncio
from pathlib import Path

import pytest
from tests.commandline import CommandLine

from retain import Memory
from retain.errors import InputError

NOTE = "# Journal\n\nI live in Ghent. My favourite band is Low.\n"
OWN = f"---\nauthor: Bea\n---\n{NOTE}"


def texts(cli: CommandLine) -> set[str]:
    return {fact["text"] for fact in cli("facts", "--json").json}


def test_what_a_note_says_in_the_first_person_is_of_its_author(cli: CommandLine) -> None:
    cli.write("note.md", NOTE)
    cli("ingest", "note.md", "--author", "Ann Marsh")
    facts = {fact["text"]: fact["subject"] for fact in cli("facts", "--json").json}
    assert facts == {
        "Ann Marsh lives in Ghent": "Ann Marsh",
        "Ann Marsh's favourite band is Low": "Ann Marsh",
    }
    for asked in ("Where do I live?", "Where does Ann live?", "Where does Ann Marsh live?"):
        [hit, *_] = cli("recall", asked, "--json").json
        assert "Ghent" in hit["text"], asked


def test_front_matter_comes_before_the_option_and_that_before_the_setting(cli: CommandLine) -> None:
    cli.write("notes/own.md", OWN)
    cli.write("notes/other.md", NOTE.replace("Ghent", "Bruges"))
    cli.env["RETAIN_AUTHOR"] = "Cleo"
    cli("ingest", "notes")
    assert {"Bea lives in Ghent", "Cleo lives in Bruges"} <= texts(cli)
    cli("ingest", "notes", "--author", "Ann")
    assert {"Bea lives in Ghent", "Ann lives in Bruges"} <= texts(cli)
    assert "Cleo lives in Bruges" not in texts(cli)


def test_a_later_note_of_the_author_supersedes_the_earlier(cli: CommandLine) -> None:
    cli.write("a.md", NOTE)
    cli.write("b.md", "My favourite band is now Slint.\n")
    cli("ingest", "a.md", "--author", "Ann")
    cli("ingest", "b.md", "--author", "Ann")
    [first, *_] = cli("recall", "What is my favourite band?", "--json").json
    assert "Slint" in first["text"]
    assert not any("Low" in hit["text"] for hit in cli("recall", "favourite band", "--json").json)


def test_who_wrote_a_source_stays_when_a_fact_of_it_is_forgotten(cli: CommandLine) -> None:
    cli.write("note.md", NOTE)
    cli("ingest", "note.md", "--author", "Ann", "--meta", "mood=calm")
    cli("prune", "--older-than", "0m")
    [liked] = [one for one in cli("facts", "--json").json if "Low" in one["text"]]
    cli("forget", "--fact", liked["fact_id"])
    assert texts(cli) == {"Ann lives in Ghent"}
    assert cli("recall", "Who lives in Ghent?", "--meta", "mood=calm", "--json").json


def test_a_text_that_is_given_with_another_author_is_retained_again(cli: CommandLine) -> None:
    cli.write("note.md", NOTE)
    for author in ("Ann", "Bea"):
        cli("ingest", "note.md", "--author", author)
        assert f"{author} lives in Ghent" in texts(cli)
    assert "unchanged" in cli("ingest", "note.md", "--author", "Bea").out


def test_properties_that_are_given_limit_recall(cli: CommandLine) -> None:
    cli.write("a.md", "The mast is made of spruce.\n")
    cli.write("b.md", "---\nproject: refit\n---\nThe mast is made of larch.\n")
    cli("ingest", "a.md", "--meta", "project=survey", "--meta", "tags=wood, boat")
    cli("ingest", "b.md", "--meta", "project=survey")

    def found(*words: str) -> list[str]:
        hits = cli("recall", "What is the mast made of?", *words, "--json").json
        return sorted(hit["source_id"] for hit in hits)

    assert found("--meta", "project=survey") == ["a.md"]
    assert found("--meta", "project=refit") == ["b.md"]
    assert found("--tag", "boat") == ["a.md"]
    wrong = cli("ingest", "a.md", "--meta", "project", code=2)
    assert "KEY=VALUE" in wrong.err


def test_programs_give_the_author_and_properties_too(tmp_path: Path) -> None:
    async def work() -> None:
        async with Memory.open(f"sqlite:///{tmp_path}/memory.db") as memory:
            await memory.retain_text(NOTE, source_id="n", author="Ann", metadata={"trip": "north"})
            assert any(one.fact.text == "Ann lives in Ghent" for one in await memory.facts())
            asked = "Where does Ann live?"
            assert await memory.recall(asked, metadata={"trip": "north"})
            assert not await memory.recall(asked, metadata={"trip": "south"})
            with pytest.raises(InputError, match="the author is empty"):
                await memory.retain_text(NOTE, source_id="n", author=" ")

    asyncio.run(work())
