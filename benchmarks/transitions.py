"""(a) What one transition costs when nothing is kept."""

from __future__ import annotations

from functools import partial

from benchmarks import contenders
from benchmarks.measure import Group, Meter, Sample, Settings, interleave

COUNTS = {"retain": 9000, "seed": 9000, "pydantic-graph": 2000, "burr": 2000, "langgraph": 1000}
"""Transitions per repetition: fewer where one takes longer."""
REPETITIONS = 15

NOTE = (
    "(a) Two asynchronous states that hand over to each other "
    f"{COUNTS['retain']:,} times; fewer for slow peers. Garbage collection stays on."
)


def run(settings: Settings) -> list[Group]:
    """Measure every contender in this process."""
    measured = {name: partial(_measure, name, count) for name, count in COUNTS.items()}
    rows = interleave(measured, settings.count(REPETITIONS), settings.tell)
    return [Group("(a) one transition, nothing kept", "us", rows, base="seed")]


def _measure(name: str, count: int) -> Sample:
    meter = Meter()
    contenders.load(name).transitions(count, meter)
    return Sample(meter.seconds / count * 1e6)
