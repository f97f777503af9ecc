"""Make the databases of this folder, and write down what commands printed of them.

They were made with Retain 0.1.0. A later release does not make them again: they are what users of
0.1.0 have, and `tests/acceptance/test_migration.py` opens them with the code of the day. To add
databases of another release, copy this folder and run, with that release installed:

    python tests/data/databases/make.py [notes] [chat] [judged] [interrupted]

See README.md for the files.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from texts import (
    CHAT_QUESTIONS,
    EDITED,
    JUDGED,
    JUDGED_QUESTIONS,
    NOTES,
    OTHER,
    QUESTIONS,
    TALK,
    TURNS,
)

from retain import Memory, __version__
from retain.engine import Event, StepStarted
from retain.testing.modelserver import ModelServer, Plan, Rule, Status

HERE = Path(__file__).parent
RETAIN = Path(sys.executable).with_name("retain")
MODEL = "openai-compatible:scripted"

STATES = (
    "INIT",
    "READ",
    "parallel:DEDUPE_FACTS",
    "parallel:NORMALIZE_ENTITIES",
    "parallel:EMBED",
    "LINK",
    "STORE",
    "BUILD_SUPERSEDES_GRAPH",
    "IDENTIFY_AFFECTED_WIKIS",
    "parallel:WRITE_NEW_WIKIS",
    "UPDATE_INDEX_MD",
    "APPEND_LOG_MD",
    "COMPLETE",
)
"""A run is killed at the start of each."""

CITIES = ("Porto", "Faro", "Braga", "Lisbon", "Almada", "Sintra", "Oslo", "Bergen", "Tromsø")


def main() -> None:
    """Make the databases that are named, or all."""
    for name in sys.argv[1:] or list(MAKERS):
        with tempfile.TemporaryDirectory() as folder:
            MAKERS[name](Place(Path(folder).resolve(), name))


class Place:
    """A folder with a database in it, and commands over that."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.name = folder, name
        self.db = folder / "memory.db"
        self.printed: list[dict[str, Any]] = []
        kept = {k: v for k, v in os.environ.items() if not k.startswith("RETAIN_")}
        mine = {"RETAIN_DB": f"sqlite:///{self.db}", "RETAIN_EMBEDDER": "static", "TZ": "UTC"}
        self.environ = {**kept, **mine}

    def run(self, *words: str, code: int = 0) -> str:
        """Run a command to its end; what it printed."""
        ran = subprocess.run(
            [RETAIN, *words],
            cwd=self.folder,
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == code, f"{words}: {ran}"
        return ran.stdout

    def write(self, folder: str, texts: dict[str, str]) -> None:
        for name, text in texts.items():
            path = self.folder / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def ask(self, *words: str) -> None:
        """Write down what a command prints."""
        printed = json.loads(self.run(*words, "--json"))
        self.printed.append({"command": words, "printed": printed})

    def ask_all(self, bank: str, questions: Sequence[str], pages: Sequence[str] = ()) -> None:
        """Write down what the bank says of everything."""
        of = ("--bank", bank)
        for command in ("facts", "entities", "pages", "log", "runs"):
            self.ask(command, *of)
        for page in pages:
            self.ask("page", page, "--history", *of)
        for question in questions:
            self.ask("recall", question, *of, "-k", "5")
            self.ask("recall", question, *of, "-k", "5", "--superseded")
            self.ask("recall", question, *of, "-k", "5", "--as-of", "2024-06-30")

    def fact_of(self, text: str) -> str:
        """The id of the fact that says `text`."""
        facts = json.loads(self.run("facts", "--json"))
        (fact_id,) = [fact["fact_id"] for fact in facts if text in fact["text"]]
        return fact_id

    def export(self, *banks: str) -> None:
        for bank in banks:
            self.run("export", "--jsonl", "bank.jsonl", "--force", "--bank", bank)
            packed(HERE / f"{self.name}.{bank}.jsonl.gz", (self.folder / "bank.jsonl").read_bytes())

    def keep(self) -> None:
        """Copy the database and the journal, without what a write-ahead log holds apart."""
        for path in sorted(self.folder.glob("memory*.db")):
            copy = self.folder / "copy"
            copy.unlink(missing_ok=True)
            with closing(sqlite3.connect(path)) as there, closing(sqlite3.connect(copy)) as here:
                there.backup(here)
                here.execute("PRAGMA journal_mode = DELETE")
                if path == self.db:  # expired, also where the clock is behind this machine's
                    here.execute("UPDATE lease SET expires_at = 0")
                    here.commit()
            what = path.name.removeprefix("memory").removesuffix("db")
            packed(HERE / f"{self.name}{what}sqlite.gz", copy.read_bytes())

    def keep_answers(self) -> None:
        answers = {"release": __version__, "answers": self.printed}
        packed(HERE / f"{self.name}.json.gz", json.dumps(answers, indent=1).encode())


def packed(path: Path, content: bytes) -> None:
    """Write `content` compressed, without a time or a name."""
    path.write_bytes(gzip.compress(content, 9, mtime=0))


def notes(place: Place) -> None:
    """Notes read by rules, with everything that a user does to them; and another bank."""
    place.write("notes", NOTES)
    place.run("ingest", "notes", "--jobs", "1")
    place.run("pages")
    place.write("notes", {"people.md": EDITED})
    place.run("ingest", "notes", "--jobs", "1")
    place.run("forget", "secret.md")
    place.run("forget", "--fact", place.fact_of("prefers to be phoned before ten"))
    place.run("entities", "merge", "Harbour Labs", "Atelier Voss")
    place.run("entities", "split", "Katherine Miller", "Kate")
    place.write("elsewhere", {"ines.md": OTHER})
    place.run("ingest", "elsewhere", "--bank", "other")
    place.run("index")
    place.ask_all("default", QUESTIONS, ("Ines Okafor", "Petra Lind"))
    place.ask_all("other", QUESTIONS[:1])
    place.export("default", "other")
    place.keep()
    place.keep_answers()


def chat(place: Place) -> None:
    """A conversation in five versions, each some turns longer, and a transcript in two."""
    turns = [
        json.dumps({"role": role, "content": text, "timestamp": at}) for role, text, at in TURNS
    ]
    for count in (2, 4, 6, 7, 9):
        place.write("chats", {"ana.jsonl": "\n".join(turns[:count]) + "\n"})
        talk = TALK if count > 4 else TALK[: TALK.index("## Session 2")]
        place.write("chats", {"ana-and-bob.md": talk})
        place.run("ingest", "chats", "--jobs", "1")
    place.run("pages")
    place.ask_all("default", CHAT_QUESTIONS, ("Clara",))
    place.ask("show", "ana.jsonl")
    place.export("default")
    place.keep()
    place.keep_answers()


def judged(place: Place) -> None:
    """Notes read by a model, which also judged names and facts, and wrote leads."""
    with ModelServer() as server:
        place.environ |= {"RETAIN_MODEL": MODEL, "RETAIN_BASE_URL": server.url}
        place.environ |= {"RETAIN_PRICE": "2/8"}
        place.write("notes", JUDGED)
        for name in JUDGED:
            place.run("ingest", f"notes/{name}")
        place.run("pages")
    asked = server.log.counts.purposes
    assert min(asked[purpose] for purpose in ("facts", "names", "supersedes", "lead")) > 0, asked
    place.ask_all("default", JUDGED_QUESTIONS, ("Kate Miller",))
    place.ask("costs")
    place.export("default")
    place.keep()
    place.keep_answers()


def interrupted(place: Place) -> None:
    """Runs that were killed at every state, that failed, and that ran out of money.

    What is written down is what commands print after all of them have been resumed.
    """
    place.write("notes", NOTES)
    place.run("ingest", "notes", "--jobs", "1")
    for number, state in enumerate(STATES):
        text = f"---\ndate: 2025-06-{number + 1:02}\n---\n# Note {number}\n\n" + said(number)
        killed_at(state, place, "retain", f"note-{number}.md", text)
    killed_at("STORE", place, "retain", "people.md", EDITED)
    killed_at("FORGET", place, "forget", "secret.md")
    killed_at("RENDER_AGAIN", place, "forget", "old-plans.md")
    bakery = place.fact_of("plans to open a bakery")
    killed_at("FORGET_FACT", place, "forget fact", bakery)
    killed_at("STORE", place, "forget fact", place.fact_of("budget is 18,400"))
    with ModelServer() as server:
        place.environ |= {"RETAIN_MODEL": MODEL, "RETAIN_BASE_URL": server.url}
        place.environ |= {"RETAIN_PRICE": "2/8"}
        place.write("asked", JUDGED)
        place.run("ingest", "asked/old.md", "--bank", "asked")
        server.plan = Plan(rules=[Rule([Status(400)], containing="fond of sailing")])
        place.run("ingest", "asked/mid.md", "--bank", "asked", code=1)
        server.plan = Plan()
        place.run("ingest", "asked/new.md", "--bank", "asked", "--max-tokens", "10", code=1)
    place.ask("runs")
    statuses = {run["status"] for run in place.printed[0]["printed"]}
    assert statuses == {"completed", "failed", "interrupted", "suspended"}, statuses
    place.keep()
    with ModelServer() as server:
        place.environ |= {"RETAIN_BASE_URL": server.url}
        place.run("resume", "--all", "--bank", "asked", "--jobs", "1")
    place.printed.append({"command": ["requests"], "printed": server.log.counts.purposes})
    for name in ("RETAIN_MODEL", "RETAIN_BASE_URL", "RETAIN_PRICE"):
        del place.environ[name]
    place.run("resume", "--all", "--jobs", "1")
    place.ask_all("default", QUESTIONS)
    place.ask_all("asked", JUDGED_QUESTIONS)
    place.keep_answers()


def said(number: int) -> str:
    """What a note tells, so that each supersedes something of the one before."""
    home, job = CITIES[number % len(CITIES)], CITIES[(number + 3) % len(CITIES)]
    return (
        f"Lena Brandt lives in {home}. Lena Brandt works at {job} Labs.\n\n## Boxes\n\n"
        f"Box {number} belongs to Rui Antunes. Rui Antunes owns {number + 2} bicycles.\n"
    )


def killed_at(state: str, place: Place, what: str, name: str, text: str = "") -> None:
    """Have a process begin something, and kill it when a step of `state` starts."""
    job = json.dumps({"state": state, "what": what, "name": name, "text": text})
    ran = subprocess.run([sys.executable, __file__, "--job", job], env=place.environ, check=False)
    assert ran.returncode == -signal.SIGKILL, (state, what, name, ran)


def begin(job: dict[str, str]) -> None:
    """Be the process that is killed."""

    def observe(event: Event) -> None:
        if isinstance(event, StepStarted) and event.state == job["state"]:
            os.kill(os.getpid(), signal.SIGKILL)

    async def work() -> None:
        async with Memory.open() as memory:
            memory.subscribe(observe)
            for machine in (memory._parts._forgetting, memory._parts._forgetting_facts):
                machine.subscribe(observe)  # 0.1.0 tells observers of runs that retain only
            match job["what"]:
                case "retain":
                    await memory.retain_text(job["text"], source_id=job["name"])
                case "forget":
                    await memory.forget(job["name"])
                case _:
                    await memory.forget_fact(job["name"])

    asyncio.run(work())


MAKERS = {"notes": notes, "chat": chat, "judged": judged, "interrupted": interrupted}

if __name__ == "__main__":
    if sys.argv[1:2] == ["--job"]:
        begin(json.loads(sys.argv[2]))
    else:
        main()
