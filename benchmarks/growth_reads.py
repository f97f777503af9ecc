"""What it costs to work with a bank, by its size; see `benchmarks.growth`."""

from __future__ import annotations

import argparse
import asyncio
import statistics
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import ceil
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from benchmarks.commands import Commands, cpu_ms, within, write
from benchmarks.growth_data import FACTS_A_NOTE, Note, person, questions, some_notes
from benchmarks.growth_table import Table

if TYPE_CHECKING:
    from retain import Memory

CALLERS = 8
PARALLEL = ("--jobs", "4")
BEGINNING = "runs, empty database"
_LAST = "forget a note"
START_UP = {"--version": ("--version",), BEGINNING: ("runs",)}


@dataclass(frozen=True)
class Round:
    """A note that comes into a bank, is edited, read and forgotten.

    Args:
        number: Which round it is.
        note: The note.
        edited: The note with another last section.
        folder: Where files go.
    """

    number: int
    note: Note
    edited: str
    folder: Path

    @property
    def file(self) -> Path:
        return self.folder / self.note.name

    @property
    def name(self) -> str:
        """Somebody whom the note tells of."""
        people = (name for name in self.note.subjects if not name.startswith("the "))
        return next(people, person(0))

    @property
    def question(self) -> str:
        return f"Where does {self.name} live?"

    def out(self, kind: str) -> Path:
        """Where an export goes."""
        return self.folder / f"{kind}-{self.number}"

    def write(self) -> None:
        """Bring the note, edited if it is there already."""
        text = self.edited if self.file.exists() else self.note.text
        self.file.write_text(text, encoding="utf-8")


@dataclass(frozen=True)
class Operation:
    """Something that users do, as a command and as a call.

    Args:
        title: What.
        words: The command for a round and the id of a fact of its note.
        call: The same on a `Memory`.
        changes: Whether the note's file is written before, which is not measured.
    """

    title: str
    words: Callable[[Round, str], tuple[str | Path, ...]]
    call: Callable[[Memory, Round, str], Awaitable[object]]
    changes: bool = False


def _page(title: str) -> Operation:
    return Operation(
        title, lambda of, _: ("page", of.name), lambda it, of, _: it.wiki.page(of.name)
    )


def _index(title: str) -> Operation:
    return Operation(title, lambda _, __: ("index",), lambda it, _, __: it.wiki.index())


def _change(title: str) -> Operation:
    return Operation(
        title, lambda of, _: ("ingest", of.file), lambda it, of, _: it.retain(of.file), changes=True
    )


OPERATIONS = (
    _change("add a note"),
    _index("index, after a change"),
    _index("index, fresh"),
    _change("edit a note"),
    _page("page, after a change"),
    _page("page, fresh"),
    Operation(
        "recall",
        lambda of, _: ("recall", of.question),
        lambda it, of, _: it.recall(of.question),
    ),
    Operation(
        "facts --about",
        lambda of, _: ("facts", "--about", of.name),
        lambda it, of, _: it.facts(about=of.name),
    ),
    Operation("entities", lambda _, __: ("entities",), lambda it, _, __: it.entities()),
    Operation("lint", lambda _, __: ("lint",), lambda it, _, __: it.banks.lint()),
    Operation(
        "export to a folder",
        lambda of, _: ("export", of.out("pages")),
        lambda it, of, _: it.banks.export_markdown(of.out("pages")),
    ),
    Operation(
        "export --jsonl",
        lambda of, _: ("export", "--jsonl", of.out("jsonl")),
        lambda it, of, _: it.banks.export(of.out("jsonl")),
    ),
    Operation(
        "forget --fact",
        lambda _, fact_id: ("forget", "--fact", fact_id),
        lambda it, _, fact_id: it.facts.forget(fact_id),
    ),
    Operation(
        _LAST,
        lambda of, _: ("forget", of.note.name),
        lambda it, of, _: it.forget(of.note.name),
    ),
)

Times = Mapping[str, Sequence[float]]
"""CPU milliseconds of each operation, round by round."""


def operations(args: argparse.Namespace, folder: Path) -> list[Table]:
    """Work with a note in banks of every size: each command a process, and in one process.

    The smallest bank has one note: what an operation costs there is no matter of the bank's size.
    """
    apart = Table("CPU ms, a process each, beyond that of `runs` on an empty database")
    together = Table("CPU ms, in one process that has done it before")
    by_size: dict[str, tuple[Times, Times]] = {}
    for facts, bank in _banks({FACTS_A_NOTE, *args.facts}, args, folder):
        size = f"{facts:,} facts"
        notes, number = ceil(facts / FACTS_A_NOTE), args.repetitions + 1
        rounds = _rounds(notes, number, folder / size)
        in_processes = _in_processes(
            bank.copy(folder / f"{facts}.db"), rounds[1:], folder, args.only
        )
        rounds = _rounds(notes, number, folder / f"{size}, again")
        copy = bank.copy(folder / f"{facts}-again.db")
        work = partial(_in_one_process, rounds=rounds, only=args.only)
        in_one = within(copy.db, work, args.embedder)
        by_size[size] = (in_processes, in_one)
    for title in START_UP:
        costs = {size: statistics.median(times[title]) for size, (times, _) in by_size.items()}
        apart.rows.append({"operation": f"start-up: {title}, in all", **costs})
    for operation in _chosen(args.only):
        beyond: dict[str, float] = {}
        inside: dict[str, float] = {}
        for size, (times, in_one) in by_size.items():
            pairs = zip(times[operation.title], times[BEGINNING], strict=True)
            beyond[size] = statistics.median(took - start for took, start in pairs)
            inside[size] = statistics.median(in_one[operation.title])
        apart.rows.append({"operation": operation.title, **beyond})
        together.rows.append({"operation": operation.title, **inside})
    return [apart, together]


def _rounds(notes: int, number: int, folder: Path) -> list[Round]:
    """Rounds with notes that a bank of `notes` notes does not have."""
    folder.mkdir(exist_ok=True)
    fresh = some_notes(2 * number, start=notes)
    return [
        Round(n, note, _with_section_of(note, other), folder)
        for n, (note, other) in enumerate(zip(fresh[:number], fresh[number:], strict=True))
    ]


def _with_section_of(note: Note, other: Note) -> str:
    """The note's text with the last section of another one in the place of its own."""
    kept, _, _ = note.text.rpartition("## ")
    return f"{kept}## {other.text.rpartition('## ')[2]}"


def _chosen(only: Sequence[str]) -> list[Operation]:
    """Those that are measured; what makes and forgets the note is done in any case."""
    return [one for one in OPERATIONS if not only or one.changes or one.title in (*only, _LAST)]


def _in_processes(
    bank: Commands, rounds: Sequence[Round], folder: Path, only: Sequence[str]
) -> Times:
    """What commands cost, and what they cost that do nothing."""
    empty = Commands(folder / "empty.db")
    empty.run("runs")
    took: defaultdict[str, list[float]] = defaultdict(list)
    for one in rounds:
        for title, words in START_UP.items():
            took[title].append(1e3 * empty.run(*words).cpu_s)
        for operation in _chosen(only):
            if operation.changes:
                one.write()
            fact_id = ""
            if operation.title == "forget --fact":
                fact_id = bank.run("facts", one.note.name, "--json").json[0]["fact_id"]
            codes = (0, 1) if operation.title == "lint" else (0,)  # 1: there are findings
            ended = bank.run(*operation.words(one, fact_id), codes=codes)
            took[operation.title].append(1e3 * ended.cpu_s)
    return took


async def _in_one_process(memory: Memory, rounds: Sequence[Round], only: Sequence[str]) -> Times:
    """What calls cost; the first round, which loads the rest of what they need, does not count."""
    took: defaultdict[str, list[float]] = defaultdict(list)
    for one in rounds:
        for operation in _chosen(only):
            if operation.changes:
                one.write()
            fact_id = ""
            if operation.title == "forget --fact":
                fact_id = (await memory.facts(source_id=one.note.name))[0].fact.fact_id
            took[operation.title].append(await cpu_ms(operation.call(memory, one, fact_id)))
    return {title: times[1:] for title, times in took.items()}


def recall(args: argparse.Namespace, folder: Path) -> list[Table]:
    """Ask questions of banks of every size: one caller, eight at once, and while notes come in.

    Milliseconds are wall time, which other work on the machine changes, but for CPU.
    """
    told = Table(f"recall, {args.embedder}, ms")
    for facts, cached in _banks(args.facts, args, folder):
        bank = cached.copy(folder / f"{facts}.db")
        notes = ceil(facts / FACTS_A_NOTE)
        asked = questions(args.queries, some_notes(notes))
        cold = [bank.run("recall", question) for question in asked[: args.repetitions]]
        row = within(bank.db, partial(_callers, asked=asked), args.embedder)
        busy = bank.copy(folder / f"busy-{facts}.db")
        part = write(some_notes(args.beside, start=notes), folder / f"beside-{facts}")
        times = within(busy.db, partial(_beside, asked=asked, bank=busy, part=part), args.embedder)
        told.rows.append(
            {
                "facts": facts,
                **row,
                "p50 beside an ingest": statistics.median(times),
                "p95 beside": _p95(times),
                "cold process": statistics.median(1e3 * ended.wall_s for ended in cold),
                "CPU of that": statistics.median(1e3 * ended.cpu_s for ended in cold),
            }
        )
    return [told]


async def _callers(memory: Memory, asked: Sequence[str]) -> dict[str, float]:
    """What one caller waits for, and how many times as much eight at once get."""
    await _ask(memory, iter(asked[:3]))
    times: list[float] = []
    began = perf_counter()
    cpu = await cpu_ms(_ask(memory, iter(asked), times))
    alone_s = perf_counter() - began
    shared = iter(asked)
    began = perf_counter()
    await asyncio.gather(*(_ask(memory, shared) for _ in range(CALLERS)))
    together_s = perf_counter() - began
    return {
        "p50": statistics.median(times),
        "p95": _p95(times),
        "CPU": cpu / len(asked),
        f"throughput of {CALLERS} callers, x one": alone_s / together_s,
    }


async def _beside(memory: Memory, asked: Sequence[str], bank: Commands, part: Path) -> list[float]:
    """What one caller waits for while another process puts notes into the bank."""
    await _ask(memory, iter(asked[:3]))
    times: list[float] = []
    ingest = bank.start("ingest", part, *PARALLEL)
    while ingest.runs:
        await _ask(memory, iter([asked[len(times) % len(asked)]]), times)
    ended = ingest.wait()
    assert ended.code == 0, ended
    return times


async def _ask(memory: Memory, asked: Iterator[str], times: list[float] | None = None) -> None:
    """Ask one question after the other; milliseconds of each go into `times`."""
    for question in asked:
        began = perf_counter()
        await memory.recall(question)
        if times is not None:
            times.append(1e3 * (perf_counter() - began))


def _p95(times: Sequence[float]) -> float:
    return sorted(times)[int(0.95 * len(times))]


def _banks(
    sizes: Iterable[int], args: argparse.Namespace, folder: Path
) -> Iterator[tuple[int, Commands]]:
    """Banks of about so many facts, each made of the one before it, or taken from the cache."""
    cache: Path = (args.cache or folder / "cache").resolve()
    cache.mkdir(parents=True, exist_ok=True)
    before: Commands | None = None
    notes_before = 0
    for facts in sorted(sizes):
        notes = ceil(facts / FACTS_A_NOTE)
        bank = Commands(cache / f"{args.embedder}-{notes}.db", args.embedder)
        if not bank.db.exists():
            made = Commands(folder / "made.db", args.embedder)
            if before is not None:
                made = before.copy(made.db)
            part = some_notes(notes - notes_before, start=notes_before)
            made.run("ingest", write(part, folder / f"notes-{notes}"), *PARALLEL)
            made.db.rename(bank.db)
        before, notes_before = bank, notes
        yield facts, bank
