"""Databases of earlier releases: they say what they said, and go on from there."""

import gzip
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.asking import MODEL
from tests.data.databases.texts import EDITED, JUDGED, NOTES, TALK, TURNS
from tests.nursery import Done, Nursery, nursery

from retain.testing.modelserver import ModelServer

DATABASES = Path(__file__).parents[1] / "data" / "databases"
WHOLE = ("notes", "chat", "judged")
"""The databases without a run that has stopped."""
NEWS = """---
date: 2026-01-05
---
# News

{} lives in Vienna.
"""


class Opened:
    """A copy of a database of an earlier release, and what it answered then.

    Args:
        name: Which.
        folder: Where the copy goes.
        commands: What runs commands over it.
    """

    def __init__(self, name: str, folder: Path, commands: Nursery) -> None:
        self.folder, self._commands = folder, commands
        for packed in DATABASES.glob(f"{name}.*sqlite.gz"):
            file = packed.name.replace(name, "memory", 1).replace(".sqlite.gz", ".db")
            (folder / file).write_bytes(gzip.decompress(packed.read_bytes()))
        told = json.loads(gzip.decompress((DATABASES / f"{name}.json.gz").read_bytes()))
        self.answers = [(tuple(one["command"]), one["printed"]) for one in told["answers"]]

    def run(self, *words: str) -> Done:
        done = self._commands.run(self.folder, *words)
        assert done.code == 0, done
        return done

    def ask(self, *words: str) -> Any:
        """What a command prints for programs."""
        return self.run(*words, "--json").json

    def then(self, *words: str) -> Any:
        """What the command printed at the earlier release."""
        return next(printed for command, printed in self.answers if command == words)

    def says_what_it_said(self, answers: Sequence[tuple[Sequence[str], Any]]) -> None:
        for command, printed in answers:
            again, before = noticed(command, self.ask(*command)), noticed(command, printed)
            if command[0] == "recall":  # how hits are ranked is no matter of the database
                again, before = [hit for hit in again if hit in before[:1]], before[:1]
            assert again == before, command

    def ingest(self, name: str, text: str, *options: str) -> dict[str, Any]:
        """The run that retains a text."""
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        (run,) = self.ask("ingest", str(path), *options)
        assert run["status"] == "completed", run
        return run

    def facts(self, *words: str) -> list[Any]:
        return facts(self.ask("facts", *words))


def facts(printed: Any) -> list[Any]:
    """What each fact says, of whom, since when, where that stands, and what superseded it."""
    texts = {fact["fact_id"]: fact["text"] for fact in printed}
    kept = ("source_id", "type", "text", "quote", "span", "line", "subject", "slot", "value")
    dates = ("mentioned_at", "occurred_start", "occurred_end")
    return [
        {
            **{name: fact[name] for name in (*kept, *dates)},
            "entities": sorted(fact["entities"]),
            "superseded_by": texts.get(fact["superseded_by"]),
        }
        for fact in printed
    ]


def entities(printed: Any) -> list[Any]:
    return sorted(
        (one["name"], one["kind"], sorted(one["aliases"]), one["mentions"]) for one in printed
    )


def recall(printed: Any) -> list[Any]:
    """The hits in their order."""
    kept = ("source_id", "kind", "text", "span", "path", "lines", "speaker", "mentioned_at")
    return [
        ({name: hit[name] for name in kept}, hit["superseded_by"] is not None) for hit in printed
    ]


def pages(printed: Any) -> list[Any]:
    """Entities' pages; topics are what clustering finds."""
    return sorted(page["title"] for page in printed if page["kind"] == "entity")


def log(printed: Any) -> list[Any]:
    kept = ("action", "source_id", "version", "sections", "came", "went")
    return [{name: entry[name] for name in kept} for entry in printed]


def history(printed: Any) -> list[Any]:
    kept = ("number", "source_id", "version", "came", "went")
    return [{name: revision[name] for name in kept} for revision in printed]


def runs(printed: Any) -> list[Any]:
    return [(run["bank_id"], run["source_id"], run["status"]) for run in printed]


def show(printed: Any) -> list[Any]:
    source = printed["source"]
    return [source[name] for name in ("source_id", "version", "title", "characters", "sections")]


def costs(printed: Any) -> list[Any]:
    kept = ("bank_id", "source_id", "purpose", "model", "calls", "input_tokens", "cost")
    return [{name: line[name] for name in kept} for line in printed["costs"]]


NOTICED: dict[str, Callable[[Any], list[Any]]] = {
    "facts": facts,
    "entities": entities,
    "recall": recall,
    "pages": pages,
    "page": history,
    "log": log,
    "runs": runs,
    "show": show,
    "costs": costs,
}


def noticed(command: Sequence[str], printed: Any) -> list[Any]:
    """What a user would notice of what a command printed: no scores, ids or times of work."""
    return NOTICED[command[0]](printed)


@pytest.fixture(scope="module")
def commands() -> Iterator[Nursery]:
    with nursery() as processes:
        yield processes


@pytest.fixture
def opened(tmp_path: Path, commands: Nursery) -> Callable[[str], Opened]:
    return lambda name: Opened(name, tmp_path, commands)


def model(server: ModelServer) -> tuple[str, ...]:
    return ("--model", MODEL, "--base-url", server.url)


@pytest.mark.parametrize("name", WHOLE)
def test_a_database_says_what_it_said(name: str, opened: Callable[[str], Opened]) -> None:
    bank = opened(name)
    bank.says_what_it_said(bank.answers)
    bank.run("doctor")


def test_runs_that_were_stopped_anywhere_resume_and_complete(
    opened: Callable[[str], Opened], server: ModelServer
) -> None:
    bank = opened("interrupted")
    stopped, requests, *after = bank.answers
    bank.says_what_it_said([stopped])
    bank.run("resume", "--all", "--bank", "asked", "--jobs", "1", *model(server))
    asked = server.log.counts.purposes
    paid_for = {purpose: asked.get(purpose, 0) for purpose in ("facts", "names", "supersedes")}
    assert paid_for == {purpose: requests[1][purpose] for purpose in paid_for}
    bank.run("resume", "--all", "--jobs", "1")
    assert {run["status"] for run in bank.ask("runs")} == {"completed"}
    bank.says_what_it_said(after)
    assert server.log.counts.purposes == asked
    bank.run("doctor")


@pytest.mark.parametrize(
    ("name", "file", "text"),
    [
        ("notes", "journal.md", NOTES["journal.md"]),
        ("notes", "people.md", EDITED),
        ("chat", "ana-and-bob.md", TALK),
    ],
)
def test_a_source_that_has_not_changed_costs_nothing(
    name: str, file: str, text: str, opened: Callable[[str], Opened]
) -> None:
    bank = opened(name)
    assert bank.ingest(file, text)["unchanged"]
    assert bank.facts() == facts(bank.then("facts", "--bank", "default"))


def test_a_new_note_supersedes_what_was_said_and_goes_again(
    opened: Callable[[str], Opened],
) -> None:
    bank = opened("notes")
    then = bank.facts()
    bank.ingest("news.md", NEWS.format("Ines Okafor"))
    replaced = {fact["text"]: fact["superseded_by"] for fact in bank.facts()}
    assert replaced["Ines Okafor lives in Almada now"] == "Ines Okafor lives in Vienna"
    told = [hit["text"] for hit in bank.ask("recall", "Where does Ines live?")]
    assert any("Ines Okafor lives in Vienna" in text for text in told)
    assert "Ines Okafor lives in Almada now" not in told
    assert "Vienna" in bank.ask("page", "Ines Okafor")["text"]
    bank.run("forget", "news.md")
    assert bank.facts() == then
    bank.run("forget", "changed.md")
    replaced = {fact["text"]: fact["superseded_by"] for fact in bank.facts()}
    assert replaced["Ines lives in Lisbon"] is None
    assert "Almada" not in bank.run("page", "Ines Okafor").out


def test_a_source_is_edited_and_a_forgotten_fact_stays_forgotten(
    opened: Callable[[str], Opened],
) -> None:
    bank = opened("notes")
    bank.ingest("people.md", EDITED.replace("grey cat", "white cat"))
    assert bank.ask("show", "people.md")["source"]["version"] == 4
    texts = [fact["text"] for fact in bank.facts("people.md")]
    assert "Ines owns a white cat" in texts
    assert not any("grey cat" in text or "phoned" in text for text in texts)
    assert len(bank.ask("page", "Ines Okafor", "--history")) == 7


def test_what_users_said_of_names_holds_for_names_that_come_later(
    opened: Callable[[str], Opened],
) -> None:
    bank = opened("notes")
    bank.ingest(
        "news.md", NEWS.format("Kate") + "\nAtelier Voss is closed. Katherine is in Oslo.\n"
    )
    aliases = [set(one["aliases"]) for one in bank.ask("entities")]
    assert {"Harbour Labs", "Atelier Voss"} in aliases
    assert {"Kate"} in aliases
    bank.run("entities", "split", "Harbour Labs", "Atelier Voss")
    bank.run("entities", "merge", "Kate", "Katherine Miller")
    aliases = [set(one["aliases"]) for one in bank.ask("entities")]
    assert {"Atelier Voss"} in aliases
    assert any({"Kate", "Katherine Miller"} <= names for names in aliases)


def test_an_id_that_was_printed_then_names_its_fact(opened: Callable[[str], Opened]) -> None:
    bank = opened("notes")
    printed = bank.then("facts", "--bank", "default")
    (almada,) = [one["fact_id"] for one in printed if one["text"].endswith("lives in Almada now")]
    bank.run("forget", "--fact", almada)
    facts = {fact["text"]: fact["superseded_by"] for fact in bank.facts()}
    assert "Ines Okafor lives in Almada now" not in facts
    assert facts["Ines lives in Lisbon"] is None


def test_a_chat_grows_by_a_turn(opened: Callable[[str], Opened]) -> None:
    bank = opened("chat")
    then = bank.facts("ana.jsonl")
    turns = [*TURNS, ("user", "Clara moved to Vienna.", "2026-01-05T09:00:00Z")]
    keys = ("role", "content", "timestamp")
    lines = [json.dumps(dict(zip(keys, turn, strict=True))) for turn in turns]
    bank.ingest("ana.jsonl", "\n".join(lines) + "\n")
    assert bank.ask("show", "ana.jsonl")["source"]["version"] == 6
    told = bank.facts("ana.jsonl")
    assert [fact["text"] for fact in told[:-1]] == [fact["text"] for fact in then]
    assert told[-1]["text"] == "Clara moved to Vienna"


def test_no_answer_of_a_model_is_paid_for_again(
    opened: Callable[[str], Opened], server: ModelServer
) -> None:
    bank = opened("judged")
    assert bank.ingest("old.md", JUDGED["old.md"], *model(server))["unchanged"]
    assert server.log.counts.total == 0
    more = "\n## Later\n\nRui Antunes owns a red boat.\n"
    bank.ingest("old.md", JUDGED["old.md"] + more, *model(server))
    asked = server.log.counts.purposes
    assert asked["facts"] == 1
    assert asked.get("names", 0) == 0
    assert [set(one["aliases"]) for one in bank.ask("entities") if one["mentions"] > 6] == [
        {"Kate Miller", "Katherine Miller"}
    ]
    replaced = {fact["text"] for fact in bank.facts() if fact["superseded_by"]}
    then = facts(bank.then("facts", "--bank", "default"))
    assert replaced == {fact["text"] for fact in then if fact["superseded_by"]}


@pytest.mark.parametrize("name", WHOLE)
def test_a_database_is_exported_and_what_was_exported_then_is_imported(
    name: str, opened: Callable[[str], Opened]
) -> None:
    bank = opened(name)
    told = ("facts", "entities", "log")
    answers = [one for one in bank.answers if one[0][0] in told or one[0][-1] == "--superseded"]
    banks = {command[command.index("--bank") + 1] for command, _ in answers}
    for one in banks:
        exported = bank.folder / f"{one}.jsonl"
        bank.run("export", "--jsonl", str(exported), "--bank", one)
        bank.run("export", str(bank.folder / f"{one}-pages"), "--bank", one)
        assert (bank.folder / f"{one}-pages" / "index.md").exists()
        then = gzip.decompress((DATABASES / f"{name}.{one}.jsonl.gz").read_bytes())
        (bank.folder / f"{one}-then.jsonl").write_bytes(then)
    for which in ("", "-then"):
        for file in bank.folder.glob("memory*"):
            file.unlink()
        for one in banks:
            bank.run("import", str(bank.folder / f"{one}{which}.jsonl"), "--bank", one)
        bank.says_what_it_said(answers)
