"""Precision and recall of names and of merges, on the half that was tuned and on the other."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any

from retain.memory.entity_index import EntityIndex
from retain.memory.model import Limits
from retain.providers.local.entities import (
    Name,
    extract_mentions,
    fold,
    normalise_names,
)
from retain.sources.reader import parse_text

FOLDER = Path(__file__).parent.parent / "tests" / "quality"
HALVES = {"tuned": "entities_tuned.jsonl", "held out": "entities_held_out.jsonl"}


@dataclass
class Score:
    """Hits, what was found in error and what was missed, with the cases in question."""

    hits: int = 0
    extra: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    @property
    def precision(self) -> float:
        return self.hits / max(self.hits + len(self.extra), 1)

    @property
    def recall(self) -> float:
        return self.hits / max(self.hits + len(self.missed), 1)

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0

    def __str__(self) -> str:
        return (
            f"precision {self.precision:.3f}  recall {self.recall:.3f}  F1 {self.f1:.3f}"
            f"  ({self.hits} right, {len(self.extra)} wrong, {len(self.missed)} missed)"
        )


def cases(half: str) -> list[dict[str, Any]]:
    lines = (FOLDER / HALVES[half]).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def score_mentions(half: str) -> tuple[Score, Score]:
    """Names of each text, each counted once; and the kinds of those found."""
    names, kinds = Score(), Score()
    for case in cases(half):
        if "text" not in case:
            continue
        found = names_in(case["text"])
        expected = {fold(name): kind for name, kind in case["mentions"]}
        names.hits += len(found.keys() & expected.keys())
        names.extra += [f"{case['id']} {one}" for one in found.keys() - expected.keys()]
        names.missed += [f"{case['id']} {one}" for one in expected.keys() - found.keys()]
        for one in found.keys() & expected.keys():
            if expected[one] in (found[one], "unknown"):
                kinds.hits += 1
            elif found[one] == "unknown":
                kinds.missed.append(f"{case['id']} {one}: {expected[one]}")
            else:
                kinds.extra.append(f"{case['id']} {one}: {expected[one]}, not {found[one]}")
    return names, kinds


def names_in(text: str) -> dict[str, str]:
    document = parse_text(text, source_id="a.md", reference_date=None, limits=Limits())
    return {fold(one.name): one.kind for one in extract_mentions(text, document.sections)}


def score_merges(half: str) -> Score:
    """Pairs of names that one entity has."""
    score = Score()
    for case in cases(half):
        if "names" not in case:
            continue
        names = [Name(name, kind) for name, kind in case["names"]]
        directory = EntityIndex(normalise_names(names))
        together = [set(group) for group in case["groups"]]
        for a, b in combinations(dict.fromkeys(names), 2):
            if a.name == b.name and "unknown" in (a.kind, b.kind):
                continue
            same = directory.entity_of(a.name, a.kind) == directory.entity_of(b.name, b.kind)
            expected = any({a.name, b.name} <= group for group in together)
            pair = f"{case['id']} {a.name} ({a.kind}) = {b.name} ({b.kind})"
            score.hits += same and expected
            score.extra += [pair] if same and not expected else []
            score.missed += [pair] if expected and not same else []
    return score


def main() -> None:
    """Print the scores; with ``--cases``, what is wrong in the tuned half too."""
    for half in HALVES:
        names, kinds = score_mentions(half)
        scores = {"mentions": names, "kinds": kinds, "merges": score_merges(half)}
        for what, score in scores.items():
            print(f"{half:9} {what:9} {score}")
            if "--cases" in sys.argv and half == "tuned":
                print(*(f"    + {one}" for one in sorted(score.extra)), sep="\n")
                print(*(f"    - {one}" for one in sorted(score.missed)), sep="\n")


if __name__ == "__main__":
    main()
