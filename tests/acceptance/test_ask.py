"""Questions to a bank, and answers that say where they are from."""

from pathlib import Path

from tests.commandline import CommandLine

from retain.testing.modelserver import ModelServer

NOTE = "---\ndate: 2024-05-01\n---\n# Notes\n\nAna Silva lives in Porto. Bob Reis has a cat.\n"


def asked(folder: Path, server: ModelServer, *words: str) -> CommandLine:
    cli = CommandLine(folder)
    cli.write("notes/notes.md", NOTE)
    cli("ingest", "notes")
    cli.env |= {"RETAIN_MODEL": "openai-compatible:test", "RETAIN_BASE_URL": server.url}
    return cli


def test_an_answer_cites_the_line_that_says_it(tmp_path: Path) -> None:
    with ModelServer() as server:
        cli = asked(tmp_path, server)
        first, empty, *rest = cli("ask", "Who lives in Porto?").out.splitlines()
        told = cli("ask", "Who lives in Porto?", "--json").json
    assert (first, empty) == ("Ana Silva lives in Porto [1].", "")
    assert rest[0].startswith(" 1. Ana Silva lives in Porto")
    assert rest[1].startswith("    notes.md:6  Notes")
    assert told["known"] is True
    assert told["sentences"] == [{"text": "Ana Silva lives in Porto.", "numbers": [1]}]
    assert told["hits"][0]["source_id"] == "notes.md"
    assert server.log.counts.total == 1  # the second time, the journal answers


def test_what_is_not_in_memory_is_said_to_be_not(tmp_path: Path) -> None:
    with ModelServer() as server:
        cli = asked(tmp_path, server)
        assert cli("ask", "Whose zeppelin flies to Madagascar?").out == "not in memory\n"
        assert cli("ask", "Whose zeppelin flies to Madagascar?", "--json").json["known"] is False


def test_the_command_needs_a_model(tmp_path: Path) -> None:
    cli = CommandLine(tmp_path)
    cli.write("notes/notes.md", NOTE)
    cli("ingest", "notes")
    told = cli("ask", "Who lives in Porto?", code=2).err
    assert told == (
        "retain: answering a question needs a language model, and none is configured; "
        "give --model PROVIDER:NAME or set RETAIN_MODEL\n"
    )
