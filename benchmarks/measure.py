"""How to measure: a meter for time and bytes, round-robin repetitions, paired ratios."""

from __future__ import annotations

import gc
import random
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Self

SLOW_S = 20.0
"""A contender with a repetition longer than this, in seconds, gets `SLOW_REPETITIONS` only."""
SLOW_REPETITIONS = 3


class Meter:
    """Times a block, and counts what the process writes from its start to `written()`."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._began = 0.0
        self._written: int | None = None

    def __enter__(self) -> Self:
        self._written = written_bytes()
        self._began = perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = perf_counter() - self._began

    def written(self) -> int | None:
        """Bytes written since the block began; None where the system does not tell."""
        after = written_bytes()
        return None if after is None or self._written is None else after - self._written


def written_bytes() -> int | None:
    """The bytes that this process has caused to be sent to storage, or None.

    ``write_bytes`` of https://man7.org/linux/man-pages/man5/proc_pid_io.5.html: pages of the page
    cache that the process made dirty, all its threads together, also through a memory map. A page
    that is written again after a sync counts again, as it does on the disk.
    """
    try:
        lines = Path("/proc/self/io").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) for line in lines if line.startswith("write_bytes:")), None)


@dataclass(frozen=True, slots=True)
class Sample:
    """One measurement.

    Args:
        value: In the section's unit.
        written: Bytes written per transition.
        keeps: Whether the document was read back, whole, from what was kept.
    """

    value: float
    written: float | None = None
    keeps: bool | None = None


@dataclass(slots=True)
class Row:
    """One contender under one load: a sample per repetition, or why there is none."""

    name: str
    samples: list[Sample] = field(default_factory=list[Sample])
    note: str = ""
    error: str | None = None

    @property
    def values(self) -> list[float]:
        return [sample.value for sample in self.samples]

    def median(self) -> float:
        return statistics.median(self.values)

    def written(self) -> float | None:
        known = [sample.written for sample in self.samples if sample.written is not None]
        return statistics.median(known) if known else None

    def keeps(self) -> bool | None:
        known = [sample.keeps for sample in self.samples if sample.keeps is not None]
        return all(known) if known else None


@dataclass(slots=True)
class Group:
    """Rows under one load, measured in turns.

    Args:
        title: What was measured, with its load.
        unit: Of every value.
        rows: In the order in which they are shown.
        base: The name of the row that the others are compared with, or a value.
        higher_is_better: For rates.
    """

    title: str
    unit: str
    rows: list[Row]
    base: str | float
    higher_is_better: bool = False

    def row(self, name: str) -> Row | None:
        return next((row for row in self.rows if row.name == name and row.samples), None)


@dataclass(frozen=True, slots=True)
class Settings:
    """What a section is told.

    Args:
        folder: Where databases go.
        repetitions: Instead of the section's own number.
        tell: Takes a line of progress.
    """

    folder: Path
    repetitions: int | None
    tell: Callable[[str], None]

    def count(self, default: int) -> int:
        return self.repetitions or default


def interleave(
    contenders: Mapping[str, Callable[[], Sample]], repetitions: int, tell: Callable[[str], None]
) -> list[Row]:
    """Give every contender one turn per repetition, starting with another one each time.

    One that fails is left out from then on; its row says why.
    """
    rows = {name: Row(name) for name in contenders}
    names = list(contenders)
    for repetition in range(repetitions):
        first = repetition % len(names)
        for name in names[first:] + names[:first]:
            row = rows[name]
            if row.error is not None or (row.note and len(row.samples) >= SLOW_REPETITIONS):
                continue
            tell(f"{repetition + 1}/{repetitions} {name}")
            gc.collect()
            began = perf_counter()
            try:
                row.samples.append(contenders[name]())
            except Exception as exc:
                row.error = f"{type(exc).__name__}: {exc}".splitlines()[0]
            if perf_counter() - began > SLOW_S:
                row.note = f"slow: {SLOW_REPETITIONS} repetitions"
    return list(rows.values())


def paired_ratio(values: Sequence[float], base: Sequence[float]) -> float:
    """The median of the ratios within each repetition, so that the machine's drift cancels out."""
    return statistics.median(a / b for a, b in zip(values, base, strict=False))


def document(characters: int) -> str:
    """A text of made-up words, always the same, that does not compress better than prose."""
    chance = random.Random(characters)
    letters = "etaoinshrdlu"
    words = ["".join(chance.choices(letters, k=chance.randint(2, 9))) for _ in range(4000)]
    text = ""
    while len(text) < characters:
        sentences = (" ".join(chance.choices(words, k=12)) + ".\n" for _ in range(1000))
        text += "".join(sentences)
    return text[:characters]
