"""The same content under several names is recalled once, and every place is cited."""

import json

import pytest
from tests.commandline import CommandLine

MESSAGES = [
    {"role": "user", "name": "Tove", "content": "I work as a bookbinder in Bergen."},
    {"role": "assistant", "content": "Which leather do you like?"},
    {"role": "user", "name": "Tove", "content": "Goat.\nMy cat is called Nils, after my uncle."},
]
NOTE = "# Keys\n\nThe spare key of the boathouse hangs behind the blue door.\n\nThe \
alarm code is changed each May.\n"


def timed(messages: list[dict[str, str]]) -> list[dict[str, str]]:
    return [{**one, "timestamp": f"2024-03-01T10:0{n}:00Z"} for n, one in enumerate(messages)]


@pytest.mark.parametrize("kind", ["section", "fact", None])
@pytest.mark.parametrize("with_times", [True, False])
def test_a_chat_exported_twice_gives_each_message_once(
    cli: CommandLine, kind: str | None, with_times: bool
) -> None:
    messages = timed(MESSAGES) if with_times else MESSAGES
    cli.write("march.json", json.dumps(messages[:2]))
    cli.write("april.jsonl", "".join(json.dumps(one) + "\n" for one in messages))
    cli("ingest", "march.json")
    cli("ingest", "april.jsonl")
    asked = ("recall", "What does Tove work as?", *(("--kind", kind) if kind else ()))
    hits = cli(*asked, "--json").json
    [first] = [hit for hit in hits if "bookbinder" in hit["text"]]
    places = {first["source_id"], *(copy["source_id"] for copy in first["copies"])}
    assert places == {"march.json", "april.jsonl"}
    texts = {"march.json": json.dumps(messages[:2]), "april.jsonl": json.dumps(messages[0])}
    for place in (first, *first["copies"]):
        assert "bookbinder in Bergen" in texts[place["source_id"]][slice(*place["span"])]
    assert f"also in {first['copies'][0]['source_id']}:1" in cli(*asked).out


def test_a_file_copied_into_another_folder_is_recalled_once(cli: CommandLine) -> None:
    cli.write("home/keys.md", NOTE)
    cli.write("home/backup/2024/keys.md", NOTE)
    cli("ingest", "home")
    hits = cli("recall", "Where does the spare key of the boathouse hang?", "--json").json
    assert len(hits) == 1
    names = {hits[0]["source_id"], *(copy["source_id"] for copy in hits[0]["copies"])}
    assert names == {"keys.md", "backup/2024/keys.md"}
    assert {tuple(copy["lines"]) for copy in hits[0]["copies"]} == {tuple(hits[0]["lines"])}
    cli("forget", hits[0]["source_id"])
    [left] = cli("recall", "Where does the spare key of the boathouse hang?", "--json").json
    assert (left["source_id"], left["copies"]) == (hits[0]["copies"][0]["source_id"], [])


def test_the_same_line_of_two_days_is_recalled_twice(cli: CommandLine) -> None:
    for day in ("2024-05-01", "2024-05-02"):
        cli.write(f"days/{day}.md", "# Morning\n\nWalked the dog to the lighthouse.\n")
    cli("ingest", "days")
    hits = cli("recall", "Who walked to the lighthouse?", "--json").json
    assert {(hit["source_id"], len(hit["copies"])) for hit in hits} == {
        ("2024-05-01.md", 0),
        ("2024-05-02.md", 0),
    }


def test_what_one_source_says_twice_is_recalled_twice(cli: CommandLine) -> None:
    said = "**Ann:** The ferry leaves at nine.\n\n**Bob:** Thanks.\n\n"
    cli.write("chat.md", said + "**Bob:** When was it again?\n\n" + said)
    cli("ingest", "chat.md")
    hits = cli("recall", "When does the ferry leave?", "--speaker", "Ann", "--json").json
    assert [hit["copies"] for hit in hits] == [[], []]
