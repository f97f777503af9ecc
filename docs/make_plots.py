"""Makes the plots of `docs/benchmarks.md` from what was measured: python docs/make_plots.py

`docs/measured` holds what `python -m benchmarks a d --json FILE` wrote to `engines.json`, section
`b` to `durable.json`, and section `g` to `quality.json`. A test fails where a plot is not current.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from math import log10
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent
MEASURED = ROOT / "measured"
TARGET = ROOT / "images"

WIDTH, LEFT, RIGHT, BAR, GAP = 660, 250, 70, 18, 10
INK, OURS, THEIRS, RULE = "#1f2933", "#b4552d", "#7d9cb8", "#dde3e8"

Bar = tuple[str, float, str]


def pictures() -> dict[str, str]:
    """Each plot, by the name of its file."""
    quality = [group for group in measured("quality") if "held out" in group["title"]]
    return {
        "plot-engines.svg": svg(
            "Time without a database, as a multiple of Retain's (logarithmic)",
            [(group["title"], ratios(group)) for group in measured("engines")],
            logarithmic=True,
        ),
        "plot-durable.svg": svg(
            "Time of a durable transition, as a multiple of Retain's (logarithmic)",
            [(group["title"], ratios(group)) for group in measured("durable")],
            logarithmic=True,
        ),
        "plot-quality.svg": svg(
            "Share of held-out cases that are right, without a model, in percent",
            [(group["title"], shares(group)) for group in quality],
            logarithmic=False,
        ),
    }


def measured(name: str) -> Sequence[dict[str, Any]]:
    """The groups of a file of measurements."""
    return json.loads((MEASURED / f"{name}.json").read_text(encoding="utf-8"))["groups"]


def ratios(group: dict[str, Any]) -> list[Bar]:
    """What each contender costs, with Retain as 1."""
    bars = [
        (named(row), row["x_ours"] or 1.0, f"{row['x_ours'] or 1.0:.1f}")
        for row in group["rows"]
        if row["median"] is not None and (row["x_ours"] or row["name"] == "retain")
    ]
    return sorted(bars, key=lambda bar: bar[1])


def shares(group: dict[str, Any]) -> list[Bar]:
    """Percentages, as they are."""
    return [
        (named(row), row["median"], f"{row['median']:.0f}")
        for row in group["rows"]
        if row["median"] is not None
    ]


def named(row: dict[str, Any]) -> str:
    """A row's name with its note."""
    note = row["note"].removesuffix("slow: 3 repetitions")
    return f"{row['name']} ({note})" if note else row["name"]


def svg(title: str, groups: Sequence[tuple[str, Sequence[Bar]]], *, logarithmic: bool) -> str:
    """Groups of horizontal bars below each other."""
    highest = max(value for _, bars in groups for _, value, _ in bars)
    lowest = min(value for _, bars in groups for _, value, _ in bars) if logarithmic else 0.0
    low = log10(lowest) - 0.3 if logarithmic else 0.0
    high = log10(highest) if logarithmic else max(highest, 100.0)

    def wide(value: float) -> float:
        share = ((log10(value) if logarithmic else value) - low) / (high - low)
        return max(2.0, share * (WIDTH - LEFT - RIGHT))

    parts, y = [text(16, 26, title, weight=600)], 44
    for head, bars in groups:
        y += 18
        parts.append(text(16, y, head, weight=600, colour="#52708c"))
        y += 10
        for name, value, told in bars:
            colour = OURS if logarithmic and name.startswith("retain") else THEIRS
            parts.append(text(LEFT - 10, y + 13, name, anchor="end"))
            parts.append(
                f'<rect x="{LEFT}" y="{y}" width="{wide(value):.1f}" height="{BAR}" rx="2" '
                f'fill="{colour}"/>'
            )
            parts.append(text(LEFT + wide(value) + 8, y + 13, told))
            y += BAR + GAP
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + 12}" '
        f'width="{WIDTH}" height="{y + 12}" font-family="system-ui, sans-serif" font-size="12" '
        f'role="img">\n<title>{escape(title)}</title>\n'
        f'<rect width="{WIDTH}" height="{y + 12}" rx="8" fill="#fff"/>\n'
        f'<path d="M{LEFT} 52V{y}" stroke="{RULE}"/>\n{body}\n</svg>\n'
    )


def text(
    x: float, y: float, words: str, *, anchor: str = "start", weight: int = 400, colour: str = INK
) -> str:
    """A line of text."""
    return (
        f'<text x="{x:.1f}" y="{y}" text-anchor="{anchor}" font-weight="{weight}" '
        f'fill="{colour}">{escape(words)}</text>'
    )


if __name__ == "__main__":
    for name, plot in pictures().items():
        (TARGET / name).write_text(plot, encoding="utf-8")
