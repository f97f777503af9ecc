"""How well it is told what superseded what: ``python -m benchmarks.supersedes_quality``.

Each item has two or three short statements with their days, most in sources of their own, which
of them supersede which (newer, older), and which of them hold as of some days. The statements run
through the reader, the extractor and the finder of names, so what those miss is missed here too.
An edge between two statements counts once, however many facts give it. A state is right if each
statement that the item judges, which is one that holds some day or stands in an edge, gave a fact
that is not superseded by what was said until then, or must not hold and did not.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from retain.memory.model import Limits, Section
from retain.providers.local.dedupe import dedupe_facts
from retain.providers.local.entities import Name, extract_mentions, normalise_names
from retain.providers.local.facts import extract_facts
from retain.providers.local.superseding import Dated, Edge, edges
from retain.sources.reader import parse_text

HERE = Path(__file__).parents[1] / "tests" / "quality"
TUNED = HERE / "supersedes_tuned.jsonl"
HELD_OUT = HERE / "supersedes_held_out.jsonl"


@dataclass
class Score:
    """Counts over a data set, and the ratios that they give."""

    items: int = 0
    right: int = 0
    extra: list[str] = field(default_factory=list[str])
    missed: list[str] = field(default_factory=list[str])
    dated: int = 0
    states: int = 0
    wrong_states: list[str] = field(default_factory=list[str])

    @property
    def precision(self) -> float:
        return self.right / max(self.right + len(self.extra), 1)

    @property
    def recall(self) -> float:
        return self.right / max(self.right + len(self.missed), 1)

    @property
    def as_of(self) -> float:
        """The share of items all of whose states are told right."""
        return self.states / max(self.dated, 1)

    def __str__(self) -> str:
        return (
            f"{self.items} items: precision {self.precision:.3f}, recall {self.recall:.3f} "
            f"({self.right} edges right, {len(self.extra)} wrong, {len(self.missed)} missed); "
            f"states before and after right in {self.states} of {self.dated} ({self.as_of:.3f})"
        )


@dataclass(frozen=True)
class Told:
    """What came of an item's statements.

    Args:
        facts: With the number of the statement that each is of.
        names: Alias to canonical name.
    """

    facts: list[tuple[int, Dated]]
    names: Mapping[str, str]

    @property
    def found(self) -> list[Edge]:
        return edges([dated for _, dated in self.facts], self.names)


def load(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def evaluate(path: Path) -> Score:
    score = Score()
    for item in load(path):
        told = tell(item["id"], item["statements"])
        found = told.found
        number = {dated.fact.fact_id: n for n, dated in told.facts}
        pairs = {(number[edge.newer], number[edge.older]) for edge in found}
        wanted = {(newer, older) for newer, older in item["supersedes"]}
        score.items += 1
        score.right += len(pairs & wanted)
        score.extra += [item["id"]] * len(pairs - wanted)
        score.missed += [item["id"]] * len(wanted - pairs)
        if item["states"]:
            score.dated += 1
            right = _states_right(item, told, found)
            score.states += right
            score.wrong_states += [] if right else [item["id"]]
    return score


def tell(item_id: str, statements: Sequence[dict[str, Any]]) -> Told:
    """The facts of the statements, with ids, and the names in them."""
    sources: dict[str, list[int]] = defaultdict(list)
    for n, statement in enumerate(statements):
        sources[statement.get("in", f"{n}")].append(n)
    facts, mentions = list[tuple[int, Dated]](), list[Any]()
    for name, numbers in sources.items():
        source_id = f"{item_id}/{name}"
        text, sections, starts = _source([statements[n] for n in numbers], source_id)
        mentions += extract_mentions(text, sections)
        for fact in dedupe_facts(extract_facts(text, sections), source_id).facts:
            at = sum(start <= fact.start for start in starts) - 1
            facts.append((numbers[at], Dated(source_id, fact)))
    entities = normalise_names(Name(one.name, one.kind) for one in mentions)
    names = {alias: one.name for one in entities for alias in one.aliases}
    return Told(facts, names)


def _source(
    statements: Sequence[dict[str, Any]], source_id: str
) -> tuple[str, list[Section], list[int]]:
    """The text of a source, its sections and where each statement starts."""
    said = statements[0]["said"]
    said_at = datetime.fromisoformat(said).replace(tzinfo=UTC) if said else None
    turns = [f"**{one['by']}:** {one['text']}" if one["by"] else one["text"] for one in statements]
    starts = [sum(len(turn) + 2 for turn in turns[:n]) for n in range(len(turns))]
    text = "\n\n".join(turns) + "\n"
    if statements[0]["by"] is None:
        parsed = parse_text(text, source_id=source_id, reference_date=said_at, limits=Limits())
        dated = [replace(one, said_at=one.said_at or said_at) for one in parsed.sections]
        return text, dated, starts
    sections = [
        Section(
            f"s{n}", n, "turn", 0, (), at, at + len(turns[n]), 1, 1, statements[n]["by"], said_at
        )
        for n, at in enumerate(starts)
    ]
    return text, sections, starts


def _states_right(item: dict[str, Any], told: Told, found: Iterable[Edge]) -> bool:
    judged = {n for state in item["states"] for n in state["holds"]}
    judged |= {n for pair in item["supersedes"] for n in pair}
    when = {dated.fact.fact_id: dated.fact.mentioned_at for _, dated in told.facts}
    for state in item["states"]:
        as_of = datetime.fromisoformat(state["as_of"]).replace(tzinfo=UTC)
        known = {one for one, said in when.items() if said is not None and said <= as_of}
        gone = {edge.older for edge in found if edge.newer in known}
        out = {n for n, dated in told.facts if dated.fact.fact_id in gone}
        holds = {n for n, dated in told.facts if dated.fact.fact_id in known} - out
        if holds & judged != set(state["holds"]):
            return False
    return True


def main() -> None:
    """Print the scores of both halves, and what is wrong in the tuned one if ``-v`` is given."""
    for label, path in (("tuned on", TUNED), ("held out", HELD_OUT)):
        score = evaluate(path)
        print(f"{label}: {score}")
        if "-v" in sys.argv and path == TUNED:
            print("  wrong edges:", *score.extra)
            print("  missed edges:", *score.missed)
            print("  wrong states:", *score.wrong_states)


if __name__ == "__main__":
    main()
