"""Retain's main job, shown on the example documents. Run it with `make demo`."""

import asyncio
import contextlib
import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from retain import Memory, Run

EXAMPLES = Path(__file__).parent / "examples"
RETAIN = Path(sys.executable).parent / "retain"


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="retain-demo-") as folder:
        os.environ["RETAIN_DB"] = f"sqlite:///{folder}/memory.db"
        os.environ["RETAIN_BANK"] = "demo"
        os.chdir(EXAMPLES.parent)

        say("Notes, chats and a manual go in.")
        show("ingest", "examples")
        say("Again: what has not changed costs nothing.")
        show("ingest", "examples")
        say("What was retained is found again: its place, its words, and why it was found.")
        for query in QUERIES:
            show("recall", query, "-k", "1", "--explain")
        say("A chat export, a transcript and a note of a vault: each is known by its content.")
        inbox = Path(folder) / "inbox"
        inbox.mkdir()
        for name, text in INBOX.items():
            (inbox / name).write_text(text, encoding="utf-8")
        show("ingest", str(inbox))
        for query in ASKED_OF_INBOX:
            show("recall", query, "-k", "1")
        say("What the sources say of somebody, as facts with their places.")
        show("facts", "--about", "Jonas", first=6)
        say("Whom and what they name, how often, and under which other names.")
        show("entities", first=8)
        say("A newer source says otherwise: what it replaces is left out, and kept.")
        show("recall", CHANGED, "-k", "1")
        show("recall", CHANGED, "-k", "1", "--as-of", "2024-12-31")
        say("Everybody and everything has a page, rendered from facts, each with its place.")
        show("page", "Jonas")
        show("page", "Jonas", "--history")
        say("The bank has an index, and a log of what came and what that replaced.")
        show("index", first=11)
        show("log", of="~~")
        say("Every source tells how it came in.")
        show("show", CANCELLED)
        say("What is forgotten leaves no trace, and what it had replaced holds again.")
        show("recall", TRIP, "-k", "1")
        show("forget", CANCELLED, "--dry-run")
        show("forget", CANCELLED)
        show("recall", TRIP, "-k", "1")
        crash(Path(folder))
        print(
            "\nThat was a throw-away bank. Retain documents of your own:\n"
            f"  {shlex.quote(os.path.relpath(RETAIN))} ingest PATH…\n"
            f"  {shlex.quote(os.path.relpath(RETAIN))} recall QUESTION\n"
            f"  {shlex.quote(os.path.relpath(RETAIN))} --help"
        )


def crash(folder: Path) -> None:
    """Kill an ingest half-way, for real, and resume it."""
    notes = folder / "notes"
    notes.mkdir()
    for n in range(NOTES):
        text = f"# Shelf {n}\n\nShelf {n} holds the letters of the year {1500 + n}, in one box.\n"
        (notes / f"{n:03}.md").write_text(text, encoding="utf-8")
    say(f"Now {NOTES} notes, and the process is killed (SIGKILL) half-way.")
    print(f"$ retain ingest {notes} --bank archive &", flush=True)
    ingest = subprocess.Popen(
        [RETAIN, "ingest", notes, "--bank", "archive"], stdout=subprocess.DEVNULL
    )
    while ingest.poll() is None and statuses()["completed"] < NOTES // 3:
        continue
    with contextlib.suppress(ProcessLookupError):
        os.kill(ingest.pid, signal.SIGKILL)
    ingest.wait()
    print(f"$ kill -9 {ingest.pid}")
    tell_runs()
    show("resume", "--all")
    tell_runs()
    show("recall", "Where are the letters of the year 1650?", "--bank", "archive", "-k", "1")


def tell_runs() -> None:
    told = ", ".join(f"{number} {status}" for status, number in sorted(statuses().items()))
    print(f"  the runs now: {told}", flush=True)


def statuses() -> Counter[str]:
    """How many runs of the archive stand how."""

    async def runs() -> list[Run]:
        async with Memory.open() as memory:
            return await memory.runs(bank_id="archive")

    return Counter(run.status for run in asyncio.run(runs()))


def say(line: str) -> None:
    print(f"\n# {line}", flush=True)


def show(*words: str, first: int | None = None, of: str = "") -> None:
    """Run a command as a user would; print its lines, the first of them, or those with `of`."""
    print(f"$ retain {shlex.join(words)}" + (f" | grep '{of}'" if of else ""), flush=True)
    if first is None and not of:
        subprocess.run([RETAIN, *words], check=True)
        return
    ran = subprocess.run([RETAIN, *words], check=True, capture_output=True, text=True)
    lines = [line for line in ran.stdout.splitlines() if of in line]
    print("\n".join(lines[:first]))
    if len(lines) > len(lines[:first]):
        print(f"… and {len(lines) - len(lines[:first])} more lines", flush=True)


INBOX = {
    "conversations.json": json.dumps(
        [
            {
                "uuid": "allotment",
                "name": "Allotment",
                "chat_messages": [
                    {
                        "sender": "human",
                        "text": "I rent an allotment in Skansen. What grows in the shade?",
                        "created_at": "2025-04-02T18:30:00Z",
                    },
                    {
                        "sender": "assistant",
                        "text": "Spinach, rhubarb and most herbs.",
                        "created_at": "2025-04-02T18:30:04Z",
                    },
                ],
            }
        ]
    ),
    "crew call.txt": (
        "Petra Lund  0:03\nI have booked the crane for the tenth of June.\n\n"
        "Sivert Moe  0:09\nGood. My cousin repairs the winch.\n\n"
        "Petra Lund  0:15\nThen we launch on Saturday.\n\n"
        "Transcribed by https://otter.ai\n"
    ),
    "Ragna.md": (
        "---\ntags: [person]\nphone: 555 0147\nworks at: Skarholm Chandlery\n---\n\n"
        "Ragna sells rope at the [[Skarholm Chandlery|chandlery]]. ==She is allergic to latex.==\n"
    ),
}
ASKED_OF_INBOX = (
    "Where is the allotment?",
    "Who booked the crane?",
    "What is Ragna allergic to?",
)
NOTES = 200
QUERIES = ("Who bought the bakery?", "What does a dash on the display mean?")
CHANGED = "What does Jonas work as?"
TRIP = "Is the trip to Trondheim on?"
CANCELLED = "notes/2025-05-not-in-june.md"

if __name__ == "__main__":
    main()
