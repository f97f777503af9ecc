"""What it costs to put things into a bank, by its size; see `benchmarks.growth`."""

from __future__ import annotations

import argparse
import random
import statistics
from collections import Counter
from collections.abc import Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import growth_data
from benchmarks.commands import Commands, Ended, cpu_ms, within, write
from benchmarks.growth_data import Note, some_notes
from benchmarks.growth_table import Table

if TYPE_CHECKING:
    from retain import Memory

JOBS = ("--jobs", "4")
EVERYTHING = ("--older-than", "0h")
LIKES, WORKS_AT = "{} likes {} stew", "{} works at {} Labs"


def ingest(args: argparse.Namespace, folder: Path) -> list[Table]:
    """Ingest notes into one bank, part by part, and look at it after each.

    The parts are folders; each is ingested by a process of its own, whose start is counted.
    """
    bank = Commands(folder / "memory.db")
    told = Table("ingest of N notes into one bank, static embedder, --jobs 4")
    done, cpu_s, wall_s = 0, 0.0, 0.0
    for size in sorted(args.notes):
        part = write(some_notes(size - done, start=done), folder / f"part-{size}")
        ended = bank.run("ingest", part, *JOBS)
        cpu_s, wall_s = cpu_s + ended.cpu_s, wall_s + ended.wall_s
        pruned = bank.copy(folder / "pruned.db")
        pruned.run("prune", *EVERYTHING)
        told.rows.append(
            {
                "notes": size,
                "CPU ms a note": 1e3 * cpu_s / size,
                "of the last part": 1e3 * ended.cpu_s / (size - done),
                "wall ms a note": 1e3 * wall_s / size,
                "peak MB": ended.peak_mb,
                "database KB a note": bank.size / size / 1e3,
                "after prune": pruned.size / size / 1e3,
            }
        )
        done = size
    return [told]


def chat(args: argparse.Namespace, folder: Path) -> list[Table]:
    """Add turns to a chat one by one; or with --whole, retain it anew with one more each time."""
    lines = list(islice(growth_data.turns(), args.turns))

    async def work(memory: Memory) -> list[float]:
        took: list[float] = []
        for n in range(1, args.turns + 1):
            if args.whole:
                text = "\n".join(lines[:n]) + "\n"
                run = memory.retain_text(text, source_id="chat.jsonl")
            else:
                run = memory.append(lines[n - 1] + "\n", source_id="chat.jsonl")
            took.append(await cpu_ms(run))
        return took

    took = within(folder / "memory.db", work)
    windows = range(0, args.turns, args.window)
    rows = [(start, took[start : start + args.window]) for start in windows]
    first = statistics.mean(rows[0][1])
    return [
        Table(
            f"a chat that {'is retained with' if args.whole else 'grows by'} a turn more, CPU ms",
            [
                {
                    "turns": f"{start + 1}-{start + len(times)}",
                    "mean": statistics.mean(times),
                    "median": statistics.median(times),
                    "x first": statistics.mean(times) / first,
                }
                for start, times in rows
            ],
        )
    ]


def banks(args: argparse.Namespace, folder: Path) -> list[Table]:
    """Retain the same notes into many banks and into one, in calls of as many notes."""
    told = Table(f"{args.banks:,} calls that retain {args.notes} notes each, CPU ms a note")
    parts = [
        write(some_notes(args.notes, start=n * args.notes), folder / f"part-{n}")
        for n in range(args.banks)
    ]
    for into, bank_of in (("banks of their own", "bank-{}"), ("one bank", "bank")):
        took = within(folder / f"{into}.db", partial(_retain_parts, parts=parts, bank_of=bank_of))
        tenth = max(len(took) // 10, 1)
        told.rows.append(
            {
                "into": into,
                "all": statistics.mean(took) / args.notes,
                "first tenth": statistics.mean(took[:tenth]) / args.notes,
                "last tenth": statistics.mean(took[-tenth:]) / args.notes,
            }
        )
    return [told]


def processes(args: argparse.Namespace, folder: Path) -> list[Table]:
    """Ingest notes with one process and with two at once, into one database.

    Throughput is wall time, which other work on the machine changes.
    """
    halves = [
        write(some_notes(args.notes, start=n * args.notes), folder / f"half-{n}") for n in (0, 1)
    ]
    both = write(some_notes(2 * args.notes), folder / "both")
    told = Table(f"{2 * args.notes:,} notes into one database")
    for title, jobs in (
        ("one process", [(both, "a")]),
        ("two, a bank each", [(halves[0], "a"), (halves[1], "b")]),
        ("two, the same bank", [(halves[0], "a"), (halves[1], "a")]),
    ):
        commands = Commands(folder / f"{title}.db")
        started = [commands.start("ingest", part, "--bank", bank, *JOBS) for part, bank in jobs]
        ended = [one.wait() for one in started]
        statuses = Counter(run["status"] for run in commands.run("runs", "--json").json)
        rate = 2 * args.notes / max(one.wall_s for one in ended)
        base = told.rows[0]["notes a second"] if told.rows else rate
        assert isinstance(base, float)
        told.rows.append(
            {
                "processes": title,
                "notes a second": rate,
                "x one": rate / base,
                "CPU ms a note": 1e3 * sum(one.cpu_s for one in ended) / (2 * args.notes),
                "exit codes": " ".join(str(one.code) for one in ended),
                "not completed": sum(statuses.values()) - statuses["completed"],
                "first error": _first_error(ended),
            }
        )
    return [told]


def document(args: argparse.Namespace, folder: Path) -> list[Table]:
    """Ingest one document, into a bank of its own."""
    told = Table("one document, beyond what a note of 784 bytes takes, a megabyte")
    note = write(some_notes(1), folder / "note")
    base = Commands(folder / "note.db").run("ingest", note)
    for size in args.megabytes:
        file = folder / f"document-{size}.md"
        file.write_text(growth_data.document(int(size * 1e6)), encoding="utf-8")
        commands = Commands(folder / f"document-{size}.db")
        ended = commands.run("ingest", file)
        told.rows.append(
            {
                "MB": size,
                "CPU s": (ended.cpu_s - base.cpu_s) / size,
                "peak MB": (ended.peak_mb - base.peak_mb) / size,
                "database MB": commands.size / 1e6 / size,
                "CPU s in all": ended.cpu_s,
                "peak MB in all": ended.peak_mb,
            }
        )
    return [told]


def hot(args: argparse.Namespace, folder: Path) -> list[Table]:
    """Add notes to a bank in which one person has very many values of one slot."""
    told = Table("one note more, where one slot of one person has many values, CPU ms")
    for values, form in ((0, LIKES), (args.values, LIKES), (args.values, WORKS_AT)):
        heat = partial(_heat, values=values, form=form, notes=args.notes)
        heating, others, more = within(folder / f"{values} {form.split()[1]}.db", heat)
        told.rows.append(
            {
                "values": values,
                "each says": form.format("X", "Y"),
                "unrelated note": statistics.median(others),
                "one value more": statistics.median(more),
                "a value, at first": heating / values if values else None,
            }
        )
    return [told]


def churn(args: argparse.Namespace, folder: Path) -> list[Table]:
    """Retain changed notes and forget notes, and compare the file with that of a fresh bank.

    Every fourth change forgets a note; the next one that changes that note brings it in again.
    """
    chance = random.Random(growth_data.SEED)
    held = {note.name: note.text for note in some_notes(args.notes)}
    fresh_texts = some_notes(args.changes, start=args.notes)

    async def work(memory: Memory) -> None:
        for name, text in held.items():
            await memory.retain_text(text, source_id=name)
        for number, note in enumerate(fresh_texts):
            name = f"note-{chance.randrange(args.notes):06}.md"
            if number % 4 == 3 and name in held:
                await memory.forget(name)
                del held[name]
            else:
                held[name] = note.text
                await memory.retain_text(note.text, source_id=name)

    async def afresh(memory: Memory) -> None:
        for name, text in sorted(held.items()):
            await memory.retain_text(text, source_id=name)

    churned, fresh = Commands(folder / "churned.db"), Commands(folder / "fresh.db")
    within(churned.db, work)
    within(fresh.db, afresh)
    told = Table(f"{args.changes} re-ingests and forgets in a bank of {args.notes} notes, KB")
    for title in ("as it is", "after prune"):
        if title == "after prune":
            churned.run("prune", *EVERYTHING)
            fresh.run("prune", *EVERYTHING)
        told.rows.append(
            {
                "database": title,
                "churned": churned.size / 1e3,
                "fresh": fresh.size / 1e3,
                "x fresh": churned.size / fresh.size,
            }
        )
    return [told]


async def _retain_parts(memory: Memory, parts: Sequence[Path], bank_of: str) -> list[float]:
    """Retain each folder with a call; the CPU milliseconds of each."""
    return [
        await cpu_ms(memory.retain(part, bank_id=bank_of.format(n))) for n, part in enumerate(parts)
    ]


async def _heat(
    memory: Memory, values: int, form: str, notes: int
) -> tuple[float, list[float], list[float]]:
    """Fill a bank and a slot in it; CPU milliseconds of filling the slot and of notes after it."""
    await _retain_all(memory, some_notes(notes))
    heating = await cpu_ms(_retain_all(memory, growth_data.hot_notes(values, form)))
    others = some_notes(10, start=notes)
    more = growth_data.hot_notes(values + 5, form, a_note=1)[values:]
    return (
        heating,
        [await cpu_ms(_retain_all(memory, [note])) for note in others],
        [await cpu_ms(_retain_all(memory, [note])) for note in more],
    )


async def _retain_all(memory: Memory, notes: Sequence[Note]) -> None:
    for note in notes:
        run = await memory.retain_text(note.text, source_id=note.name)
        assert run.status == "completed", run.errors


def _first_error(ended: Sequence[Ended]) -> str:
    lines = [line for one in ended if one.code for line in one.err.splitlines() if line.strip()]
    return lines[0][:60] if lines else ""
