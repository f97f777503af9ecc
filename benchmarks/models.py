"""What a model behind the pipeline costs: ``python -m benchmarks.models [WHAT …] --book FOLDER``.

All of it asks the scripted server, which runs in a process of its own and answers by the local
rules. A model's answers are ready before anything is measured, since a real server would not use
this machine's processors.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

from tests.asking import MODEL, answers_of, shelves
from tests.crash.model_kills import MODULES, Killing, server
from tests.crash.nursery import nursery

from retain.stores.sqlite.journal import SQLiteJournal
from retain.testing.modelserver import Counts, served

RETAIN = Path(sys.executable).with_name("retain")
CHAPTERS = 20
LATENCY_S, CONCURRENCY = 0.2, 32
ALLOWANCE = 1.2
"""How much longer than its calls alone a run may take, beside what the local pipeline takes."""
REPETITIONS = 5
KILLS, KILL_LATENCY_S, SEED = 100, 0.02, 7
FAULT_RATE, FAULT_SOURCES, FAULT_TIMEOUT_S = 0.3, 100, 2
PRICE = "2/8"


@dataclass(frozen=True)
class Ended:
    """A command that has ended.

    Args:
        code: Its exit code.
        wall_s: How long it took.
        cpu_s: The time that processors gave to it.
        out: What it printed.
        err: What it printed on stderr.
    """

    code: int
    wall_s: float
    cpu_s: float
    out: str
    err: str


class Place:
    """A folder with a database and sources, for one measurement.

    Args:
        folder: Empty.
        url: The server's base URL; None: no model.
    """

    def __init__(self, folder: Path, url: str | None = None, **more: str) -> None:
        self.folder = folder
        self.sources = folder / "sources"
        self.sources.mkdir(parents=True)
        model = {} if url is None else {"RETAIN_MODEL": MODEL, "RETAIN_BASE_URL": url}
        db = {"RETAIN_DB": f"sqlite:///{folder}/memory.db"}
        # An installed package has its bytecode, whatever this shell says of writing it.
        left_out = ("RETAIN_", "PYTHONDONTWRITEBYTECODE")
        kept = {k: v for k, v in os.environ.items() if not k.startswith(left_out)}
        self.environ = {**kept, **db, **model, **more}

    def run(self, *words: str, code: int = 0) -> Ended:
        """Run a command to its end."""
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
        ran = subprocess.run([RETAIN, *words], **self.options(), check=False)
        wall_s, after = perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        if ran.returncode != code:
            raise SystemExit(f"{words} ended with {ran.returncode}: {ran.stdout}{ran.stderr}")
        return Ended(ran.returncode, wall_s, cpu_s, ran.stdout, ran.stderr)

    def options(self) -> dict[str, Any]:
        """What a process is started with."""
        return {"cwd": self.folder, "env": self.environ, "text": True, "capture_output": True}


def log_of(url: str) -> Counts:
    """What a server was asked."""
    with urllib.request.urlopen(f"{url.removesuffix('/v1')}/log") as response:
        return Counts(**json.load(response))


def fill(place: Place, book: Path) -> None:
    """Copy the largest chapters."""
    chapters = sorted(book.glob("ch*.md"), key=lambda one: -one.stat().st_size)[:CHAPTERS]
    if len(chapters) < CHAPTERS:
        raise SystemExit(f"{book}: no {CHAPTERS} chapters ch*.md there")
    for chapter in chapters:
        shutil.copy(chapter, place.sources)


def wall(folder: Path, book: Path) -> None:
    """Ingest the chapters with the model and without, in turns."""
    with served("--latency", str(LATENCY_S)) as url:
        local: list[Ended] = []
        asked: list[Ended] = []
        for n in range(REPETITIONS + 1):  # the first has the server compute its answers
            for name, to, runs in (("local", None, local), ("model", url, asked)):
                place = Place(folder / f"{name} {n}", to, RETAIN_CONCURRENCY=str(CONCURRENCY))
                fill(place, book)
                runs.append(place.run("ingest", "sources"))
        calls = log_of(url).total // (REPETITIONS + 1)
    alone = statistics.median(one.wall_s for one in local[1:])
    took = statistics.median(one.wall_s for one in asked[1:])
    bound = ALLOWANCE * calls * LATENCY_S / CONCURRENCY + alone
    for name, runs in (("local", local), ("model", asked)):
        walls = ", ".join(f"{one.wall_s:.2f}" for one in runs[1:])
        cpu = statistics.median(one.cpu_s for one in runs[1:])
        print(f"  {name}: {walls} s wall; {cpu:.2f} s of processors")
    print(f"  {calls} calls; median {took:.2f} s, bound {bound:.2f} s: {verdict(took <= bound)}")
    print(f"  load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")


def kills(folder: Path, book: Path) -> None:
    """Kill the ingest of the chapters at random instants, resume it, and compare the banks."""
    start = Place(folder / "start")
    fill(start, book)
    with ExitStack() as stack:
        processes = stack.enter_context(nursery(*MODULES))
        asked = stack.enter_context(server(folder, KILL_LATENCY_S))
        killing = Killing(folder / "start", asked, processes, CONCURRENCY)
        killing.until(KILLS, folder / "banks", random.Random(SEED))
    told = killing.counted
    print(f"  {told.kills} kills of {told.banks} banks, each equal to an uninterrupted one")
    print(f"  {told.requests} requests <= {told.distinct} distinct + {told.in_flight} in flight: ")
    print(f"  {verdict(told.requests <= told.distinct + told.in_flight)}; next states:")
    print(f"  {dict(told.states.most_common())}")


def unchanged(folder: Path, book: Path) -> None:
    """Ingest the chapters twice."""
    with served() as url:
        place = Place(folder / "twice", url, RETAIN_CONCURRENCY=str(CONCURRENCY))
        fill(place, book)
        place.run("ingest", "sources")
        first = log_of(url).total
        again = place.run("ingest", "sources")
        print(f"  {first} requests, then {log_of(url).total - first} in {again.wall_s:.2f} s")


def edit(folder: Path, book: Path) -> None:
    """Edit one section of a document of 100."""
    with served() as url:
        place = Place(folder / "edited", url)
        document = place.sources / "shelves.md"
        document.write_text(shelves(100), encoding="utf-8")
        place.run("ingest", "sources")
        before = log_of(url).purposes
        document.write_text(shelves(100).replace("Box 50 on", "Crate 50 on"), encoding="utf-8")
        place.run("ingest", "sources")
        after = log_of(url).purposes
        print(f"  first {before}, then { ({k: after[k] - before.get(k, 0) for k in after}) }")


def faults(folder: Path, book: Path) -> None:
    """Ingest sources while many calls fail, and go on until all is in."""
    options = ("--fault-rate", str(FAULT_RATE), "--seed", str(SEED))
    with served(*options) as url:
        timeout = {"RETAIN_TIMEOUT": str(FAULT_TIMEOUT_S)}
        place = Place(folder / "faults", url, RETAIN_CONCURRENCY=str(CONCURRENCY), **timeout)
        for n in range(FAULT_SOURCES):
            text = shelves(3, box=f"Box {n}")
            (place.sources / f"{n}.md").write_text(text, encoding="utf-8")
        began = perf_counter()
        ran = subprocess.run([RETAIN, "ingest", "sources"], **place.options(), check=False)
        resumes = 0
        while ran.returncode and resumes < 5:
            command = [RETAIN, "resume", "--all"]
            ran = subprocess.run(command, **place.options(), check=False)
            resumes += 1
        took = perf_counter() - began
        statuses = {run["status"] for run in json.loads(place.run("runs", "--json").out)}
        facts = len(json.loads(place.run("facts", "--json").out))
        told = log_of(url)
    print(f"  {FAULT_SOURCES} sources {statuses}, {facts} facts, {resumes} resumes, {took:.1f} s")
    print(f"  {told.total} requests: {told.outcomes}; ledger: {ledger(place.folder)}")
    print(f"  server: {told.input_tokens} tokens read, {told.output_tokens} written")


def ledger(folder: Path) -> str:
    """What the journal counts."""

    async def look() -> str:
        book = SQLiteJournal(folder / "memory.journal.db")
        lines = [line.spending for line in await book.costs()]
        await book.close()
        calls, read = sum(one.calls for one in lines), sum(one.input_tokens for one in lines)
        return f"{calls} calls, {read} tokens read, {sum(x.output_tokens for x in lines)} written"

    return asyncio.run(look())


def interrupt(folder: Path, book: Path) -> None:
    """Stop a command that has as many calls in flight as it may."""
    times: list[float] = []
    with served("--latency", "5") as url:
        for n in range(REPETITIONS):
            place = Place(folder / f"stopped {n}", url, RETAIN_CONCURRENCY=str(CONCURRENCY))
            document = place.sources / "shelves.md"
            document.write_text(shelves(100, box=f"Box {n}"), encoding="utf-8")
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            at = {"cwd": place.folder, "env": place.environ}
            process = subprocess.Popen([RETAIN, "ingest", "sources"], **at, **quiet)
            while log_of(url).in_flight < CONCURRENCY:
                sleep(0.01)
            began = perf_counter()
            process.send_signal(signal.SIGINT)
            assert process.wait() == 130
            times.append(perf_counter() - began)
            assert len(answers_of(place.folder)) == 1, "the first call goes alone"
            while log_of(url).in_flight:
                sleep(0.01)
    shown = ", ".join(f"{one:.2f}" for one in times)
    print(f"  exit after {shown} s with {CONCURRENCY} in flight: {verdict(max(times) < 2)}")


def dry_run(folder: Path, book: Path) -> None:
    """Compare what a dry run tells with what the run uses."""
    with served() as url:
        place = Place(folder / "dry", url, RETAIN_PRICE=PRICE, RETAIN_CONCURRENCY=str(CONCURRENCY))
        fill(place, book)
        dry = place.run("ingest", "sources", "--dry-run", "--json")
        told = json.loads(dry.out)
        assert log_of(url).total == 0
        place.run("ingest", "sources")
        used = log_of(url)
    read, written = (float(dollars) for dollars in PRICE.split("/"))
    cost = (read * used.input_tokens + written * used.output_tokens) / 1e6
    pairs = {
        "calls": (told["calls"], used.total),
        "tokens read": (told["input_tokens"], used.input_tokens),
        "tokens written": (told["output_tokens"], used.output_tokens),
        "dollars": (told["cost"], cost),
    }
    for name, (before, after) in pairs.items():
        share = before / after - 1
        print(f"  {name}: told {before:,.6g}, used {after:,.6g}: {share:+.1%}")
    within = all(abs(before / after - 1) <= 0.15 for before, after in pairs.values())
    print(f"  told in {dry.wall_s:.1f} s: {verdict(within)}")


def verdict(well: bool) -> str:
    return "within the bar" if well else "OVER THE BAR"


WHAT: dict[str, Callable[[Path, Path], None]] = {
    "wall": wall,
    "kills": kills,
    "unchanged": unchanged,
    "edit": edit,
    "faults": faults,
    "interrupt": interrupt,
    "dry-run": dry_run,
}


def main() -> None:
    """Measure what is named, or all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.models", description=__doc__)
    parser.add_argument("what", nargs="*", metavar="WHAT", help=f"{', '.join(WHAT)}; all if none")
    parser.add_argument("--book", type=Path, default=Path("../shared/data/book"), metavar="FOLDER")
    parser.add_argument("--dir", type=Path, help="where databases go: the disk that is measured")
    args = parser.parse_args()
    if unknown := set(args.what) - WHAT.keys():
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    for name in args.what or WHAT:
        print(f"{name}: {WHAT[name].__doc__}")
        with tempfile.TemporaryDirectory(dir=args.dir, prefix="retain-models-") as folder:
            WHAT[name](Path(folder), args.book.resolve())


if __name__ == "__main__":
    main()
