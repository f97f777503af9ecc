"""Retain's main job, shown on the example documents. Run it with `make demo`."""

import asyncio
import contextlib
import os
import shlex
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from retain import Memory, Run

EXAMPLES = Path(__file__).parent
RETAIN = Path(sys.executable).parent / "retain"


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="retain-demo-") as folder:
        os.environ["RETAIN_DB"] = f"sqlite:///{folder}/memory.db"
        os.environ["RETAIN_BANK"] = "demo"
        os.chdir(EXAMPLES.parent)

        say("Notes, a chat and a manual go in.")
        show("ingest", "examples")
        say("Again: what has not changed costs nothing.")
        show("ingest", "examples")
        say("What was retained is found again, with its place in the source.")
        for query in QUERIES:
            show("recall", query, "-k", "2")
        say("Every hit can say why it was found.")
        show("recall", QUERIES[0], "-k", "1", "--explain")
        say("What the sources say, as facts with their quotes and places.")
        show("facts", "--about", "Ines", first=10)
        say("Who and what they name, under which names.")
        show("entities", first=10)
        say("Every source tells how it came in.")
        show("show", SHOWN)
        crash(Path(folder))
        say("The machine that drives each source, as Mermaid:")
        show("graph")
        print(
            "\nThat was a throw-away bank. Retain documents of your own:\n"
            f"  {shlex.quote(os.path.relpath(RETAIN))} ingest PATH…\n"
            f"  {shlex.quote(os.path.relpath(RETAIN))} recall QUESTION"
        )


def crash(folder: Path) -> None:
    """Kill an ingest half-way, for real, and resume it."""
    notes = folder / "notes"
    notes.mkdir()
    for n in range(300):
        text = f"# Note {n}\n\n" + f"Shelf {n} holds the letters of year {1500 + n}.\n\n" * 8
        (notes / f"{n:03}.md").write_text(text, encoding="utf-8")
    say("Now 300 notes, and the process is killed (SIGKILL) half-way.")
    print(f"$ retain ingest {notes} --bank archive &", flush=True)
    ingest = subprocess.Popen(
        [RETAIN, "ingest", notes, "--bank", "archive"], stdout=subprocess.DEVNULL
    )
    while ingest.poll() is None and statuses()["completed"] < 100:
        continue
    with contextlib.suppress(ProcessLookupError):
        os.kill(ingest.pid, signal.SIGKILL)
    ingest.wait()
    print(f"$ kill -9 {ingest.pid}")
    tell_runs()
    show("resume", "--all")
    tell_runs()
    show("recall", "Where are the letters of year 1750?", "--bank", "archive", "-k", "1")


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


def show(*words: str, first: int | None = None) -> None:
    """Run a command as a user would; print all of its lines, or the first of them."""
    print(f"$ retain {shlex.join(words)}", flush=True)
    if first is None:
        subprocess.run([RETAIN, *words], check=True)
        return
    ran = subprocess.run([RETAIN, *words], check=True, capture_output=True, text=True)
    lines = ran.stdout.splitlines()
    print("\n".join(lines[:first]))
    if len(lines) > first:
        print(f"… and {len(lines) - first} more lines", flush=True)


QUERIES = ("Who bought the bakery?", "What does a dash on the display mean?")
SHOWN = "notes/2024-05-journal.md"

if __name__ == "__main__":
    main()
