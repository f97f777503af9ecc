"""What looks equal is equal, whichever program wrote it."""

import unicodedata
from pathlib import Path

from tests.commandline import CommandLine

NAME = "café.md"
APART = unicodedata.normalize("NFD", NAME)
SAID = "# Café\n\nJosé Muñoz lives in Évora.\n"


def ids(cli: CommandLine) -> list[str]:
    return [run["source_id"] for run in cli("runs", "--json").json]


def test_a_file_that_comes_with_its_name_in_another_form_is_the_same_source(
    cli: CommandLine,
) -> None:
    cli.write(f"notes/{APART}", SAID)
    cli("ingest", "notes")
    (cli.folder / "notes" / APART).rename(cli.folder / "notes" / NAME)
    assert "unchanged" in cli("ingest", "notes").out
    assert "unchanged" in cli("ingest", f"notes/{NAME}").out
    assert ids(cli) == [NAME]
    for name in (NAME, APART, f"notes/{APART}"):
        assert cli("show", name, "--json").json["source"]["source_id"] == NAME
    assert cli("recall", "Where does José live?", "--source", APART, "--json").json


def test_two_files_of_one_name_in_two_forms_are_one_source(cli: CommandLine) -> None:
    for name in (NAME, APART):
        cli.write(f"notes/{name}", SAID)
    cli("ingest", "notes")
    assert ids(cli) == [NAME]
    cli.write(f"notes/{APART}", "# Other\n\nAna lives in Faro.\n")
    told = cli("ingest", "notes", code=1)
    assert "another form of Unicode, and another content: rename one" in told.err
    assert ids(cli) == [NAME]


def test_facts_and_names_of_both_forms_are_equal(cli: CommandLine) -> None:
    cli.write("a.md", SAID)
    cli.write("b.md", unicodedata.normalize("NFD", "José Muñoz moved to Braga.\n"))
    cli("ingest", "a.md", "--date", "2026-01-01")
    cli("ingest", "b.md", "--date", "2026-04-01")
    facts = cli("facts", "--json").json
    assert {fact["text"]: fact["superseded_by"] is None for fact in facts} == {
        "José Muñoz lives in Évora": False,
        "José Muñoz moved to Braga": True,
    }
    text = Path(cli.folder / "b.md").read_text(encoding="utf-8")
    [new] = [fact for fact in facts if fact["source_id"] == "b.md"]
    assert unicodedata.normalize("NFC", text[slice(*new["span"])]) == new["quote"]
    people = [one["name"] for one in cli("entities", "--json").json if one["kind"] == "person"]
    assert people == ["José Muñoz"]
    question = unicodedata.normalize("NFD", "Where does José Muñoz live?")
    assert "Braga" in cli("recall", question, "--json").json[0]["text"]
