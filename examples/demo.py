"""Retain's main job, shown on the example documents. Run it with `make demo`."""

import contextlib
import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

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
    for n in range(400):
        text = f"# Note {n}\n\n" + f"Shelf {n} holds the letters of year {1500 + n}.\n\n" * 40
        (notes / f"{n:03}.md").write_text(text, encoding="utf-8")
    say("Now 400 notes, and the process is killed (SIGKILL) half-way.")
    print(f"$ retain ingest {notes} --bank archive &")
    ingest = subprocess.Popen(
        [RETAIN, "ingest", notes, "--bank", "archive"], stdout=subprocess.DEVNULL
    )
    while ingest.poll() is None and statuses().get("completed", 0) < 100:
        time.sleep(0.01)
    with contextlib.suppress(ProcessLookupError):
        os.kill(ingest.pid, signal.SIGKILL)
    ingest.wait()
    print(f"$ kill -9 {ingest.pid}")
    found = statuses()
    print(f"  the runs now: {', '.join(f'{n} {status}' for status, n in sorted(found.items()))}")
    show("resume", "--all")
    found = statuses()
    print(f"  the runs now: {', '.join(f'{n} {status}' for status, n in sorted(found.items()))}")
    show("recall", "Where are the letters of year 1899?", "--bank", "archive", "-k", "1")


def statuses() -> dict[str, int]:
    """How many runs of the archive stand how."""
    told = subprocess.run(
        [RETAIN, "runs", "--bank", "archive", "--json"], capture_output=True, check=False
    )
    found: dict[str, int] = {}
    for run in json.loads(told.stdout or "[]"):
        found[run["status"]] = found.get(run["status"], 0) + 1
    return found


def say(line: str) -> None:
    print(f"\n# {line}", flush=True)


def show(*words: str) -> None:
    print(f"$ retain {shlex.join(words)}", flush=True)
    subprocess.run([RETAIN, *words], check=True)


QUERIES = ("Who bought the bakery?", "What does a dash on the display mean?")
SHOWN = "notes/2024-05-journal.md"

if __name__ == "__main__":
    main()
