"""Questions to a bank, and answers that say where they are from."""

import asyncio
import json
import re
from pathlib import Path

import pytest
from tests.commandline import CommandLine
from tests.scripted import Scripted

from retain import Memory
from retain.app.asking import Asking
from retain.cli.output import print_json
from retain.cli.reflect import say_reflection
from retain.memory.model import NOT_IN_MEMORY, Reflection
from retain.providers.llm.answering import Answerer

NOTE = "---\ndate: 2024-05-01\n---\n# Notes\n\nAna Silva lives in Porto. Bob Reis has a cat.\n"
_PIECE = re.compile(r"^\[(\d+)\] .*\n(.*)", re.MULTILINE)


def by_words(data: str) -> str:
    """Answer with the pieces that hold the last word of the question."""
    word = data.splitlines()[0].removeprefix("question: ").rstrip("?").split()[-1]
    told = [
        {"text": f"{text}.", "memories": [int(number)]}
        for number, text in _PIECE.findall(data)
        if word in text
    ]
    return json.dumps({"known": bool(told), "sentences": told})


def reflect(folder: Path, question: str, model: Scripted) -> Reflection:
    async def main() -> Reflection:
        async with Memory.open(f"sqlite:///{folder}/memory.db") as memory:
            await memory.retain_text(NOTE, source_id="notes.md")
            memory._asking = Asking(memory.recall, Answerer(model))
            return await memory.reflect(question)

    return asyncio.run(main())


def test_an_answer_cites_the_line_that_says_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = reflect(tmp_path, "Who lives in Porto?", Scripted(by_words))
    assert found.known
    assert found.text == "Ana Silva lives in Porto [1]."
    say_reflection(found)
    first, empty, *rest = capsys.readouterr().out.splitlines()
    assert (first, empty) == ("Ana Silva lives in Porto [1].", "")
    assert rest[0] == " 1. Ana Silva lives in Porto"
    assert rest[1].startswith("    notes.md:6  Notes")
    print_json(found)
    told = json.loads(capsys.readouterr().out)
    assert told["known"] is True
    assert told["sentences"] == [{"text": "Ana Silva lives in Porto.", "numbers": [1]}]
    assert told["hits"][0]["source_id"] == "notes.md"


def test_what_is_not_in_memory_is_said_to_be_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = reflect(tmp_path, "Who in Porto has a zeppelin?", Scripted(by_words))
    assert found == Reflection(False, NOT_IN_MEMORY)
    say_reflection(found)
    assert capsys.readouterr().out == "not in memory\n"


def test_the_command_needs_a_model(tmp_path: Path) -> None:
    cli = CommandLine(tmp_path)
    cli.write("notes/notes.md", NOTE)
    cli("ingest", "notes")
    told = cli("ask", "Who lives in Porto?", code=2).err
    assert told == ("retain: ask needs a model: give --model PROVIDER:NAME or set RETAIN_MODEL\n")
