"""A picture of CPU a note against the size of the bank, as SVG."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from math import ceil, log10
from pathlib import Path

WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 64, 24, 40, 48
COLOUR = "#2d6fb4"

Point = tuple[float, float]


def plot(measured: Path) -> str:
    """Draw what `ingest --json` measured.

    Args:
        measured: The file that it wrote.

    Returns:
        SVG: the CPU milliseconds of one note more, from zero up, against the notes in the bank on a
        logarithmic axis.
    """
    line = points(measured)
    across = Axis([x for x, _ in line], LEFT, WIDTH - RIGHT)
    up = Height(max(y for _, y in line))
    parts = [*_axes(across, up)]
    at = [(across.at(x), up.at(y)) for x, y in line]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in at)
    parts.append(f'<polyline points="{path}" fill="none" stroke="{COLOUR}" stroke-width="2"/>')
    for (x, y), (_, value) in zip(at, line, strict=True):
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{COLOUR}"/>')
        parts.append(_text(x, y - 8, f"{value:.0f}", "middle", COLOUR))
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
    style = 'font-family="sans-serif" font-size="12"'
    title = "<title>CPU of one note more, by the size of the bank</title>"
    body = "\n".join(parts)
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}>\n{title}\n{body}\n</svg>\n'


def points(file: Path) -> list[Point]:
    """The sizes of the bank, and the CPU milliseconds of a note there."""
    rows = next(iter(json.loads(file.read_text(encoding="utf-8"))["ingest"].values()))
    return [(row["notes"], row["of the last part"]) for row in rows]


class Axis:
    """A logarithmic axis.

    Args:
        values: What it shows.
        start: Where it begins in the picture.
        end: Where it ends.
    """

    def __init__(self, values: Sequence[float], start: float, end: float) -> None:
        self._low, self._high = log10(min(values) / 1.2), log10(max(values) * 1.2)
        self._start, self._end = start, end

    def at(self, value: float) -> float:
        """Where a value is in the picture."""
        share = (log10(value) - self._low) / (self._high - self._low)
        return self._start + share * (self._end - self._start)

    def ticks(self) -> Iterable[int]:
        """Round numbers on it."""
        for power in range(6):
            for digit in (1, 2, 5):
                if self._low <= log10(digit * 10**power) <= self._high:
                    yield digit * 10**power


class Height:
    """A linear axis from zero up.

    Args:
        highest: The highest value that it shows.
    """

    def __init__(self, highest: float) -> None:
        self._step = 10 ** ceil(log10(highest)) // 5
        self._top = self._step * ceil(1.2 * highest / self._step)

    def at(self, value: float) -> float:
        """Where a value is in the picture."""
        return HEIGHT - BOTTOM - value / self._top * (HEIGHT - BOTTOM - TOP)

    def ticks(self) -> Iterable[int]:
        """Round numbers on it."""
        return range(0, self._top + 1, self._step)


def _axes(across: Axis, up: Height) -> Iterable[str]:
    floor = HEIGHT - BOTTOM
    yield f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>'
    yield _text(LEFT, TOP - 16, "CPU milliseconds of one note more", "start")
    yield _text(WIDTH - RIGHT, HEIGHT - 10, "notes in the bank", "end")
    for value in up.ticks():
        y = up.at(value)
        yield f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>'
        yield _text(LEFT - 8, y + 4, f"{value:,}", "end")
    for value in across.ticks():
        x = across.at(value)
        yield f'<path d="M{x:.1f} {TOP}V{floor}" stroke="#eee"/>'
        yield _text(x, floor + 18, f"{value:,}", "middle")


def _text(x: float, y: float, text: str, anchor: str, colour: str = "#444") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{text}</text>'
