"""What the weights of recall are worth: `python -m benchmarks.recall_tuning FILE`.

FILE is a file of LoCoMo's. Each weight is varied while the others stay; then, as a check against
fitting, the best variation for all conversations but one is measured on that one.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean

from benchmarks.recall_data import UNANSWERABLE, Question, conversations
from retain import Memory, Settings
from retain.memory.model import SectionRow
from retain.recall.cues import Query, understood
from retain.recall.fusion import Ranked, ranked
from retain.recall.search import CANDIDATES, Found, gather
from retain.recall.weights import TUNED, Weights

FACTORS = (0.0, 0.5, 1.5, 2.0)
PREVIOUS = (0.0, 0.1, 0.2, 0.3)
NAMES = ("words", "fact", "speaker", "entity", "time", "date", "question", "session")
BANK = "b"


@dataclass(frozen=True)
class Case:
    """A question with what the searches found for it."""

    conversation: str
    question: Question
    query: Query
    found: Found


def main() -> None:
    """Print the table of variations, then the check."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--embedder", default="minilm")
    args = parser.parse_args()
    cases = asyncio.run(_cases(args.file, args.embedder))
    varied = dict(_variations(cases[0].found.model))
    print(f"{'weights':24}  R@10   R@20   hit@10  R@10 of category {UNANSWERABLE}")
    for name, weights in varied.items():
        print(f"{name:24}  " + "  ".join(f"{value:.3f}" for value in _measure(cases, weights)))
    print("\neach conversation, with what is best for the others")
    for left_out in sorted({case.conversation for case in cases}):
        others = [case for case in cases if case.conversation != left_out]
        own = [case for case in cases if case.conversation == left_out]
        best = max(varied, key=lambda name: sum(_measure(others, varied[name])[:3]))
        values = "  ".join(f"{value:.3f}" for value in _measure(own, varied[best]))
        print(f"{left_out:24}  {values}  ({best})")


async def _cases(file: Path, embedder: str) -> list[Case]:
    cases: list[Case] = []
    for one in conversations(file):
        with tempfile.TemporaryDirectory() as folder:
            url = f"sqlite:///{Path(folder) / 'memory.db'}"
            settings = Settings(db=url, embedder=embedder, durability="process")
            async with Memory.open(settings=settings) as memory:
                await memory.retain_text(one.text, source_id=one.name, bank_id=BANK)
                for question in one.questions:
                    query = understood(question.text, None)
                    found = await gather(
                        memory._store, memory._parts.embedders, query, BANK, CANDIDATES, TUNED
                    )
                    cases.append(Case(one.name, question, query, found))
    return cases


def _variations(model: str | None) -> Iterable[tuple[str, Weights]]:
    yield "tuned", TUNED
    for name in NAMES:
        for factor in FACTORS:
            value = getattr(TUNED, name) * factor
            yield f"{name} {value:.2f}", replace(TUNED, **{name: value})
    meaning = TUNED.of_model(model)
    for factor in FACTORS:
        changed = replace(meaning, turn=meaning.turn * factor)
        yield f"meaning {changed.turn:.2f}", replace(TUNED, meaning={model or "": changed})
    for previous in PREVIOUS:
        changed = replace(meaning, previous=previous)
        yield f"previous {previous:.2f}", replace(TUNED, meaning={model or "": changed})


def _measure(cases: Sequence[Case], weights: Weights) -> tuple[float, float, float, float]:
    answerable: list[tuple[float, float, float]] = []
    adversarial: list[float] = []
    for case in cases:
        hits = ranked(case.query, case.found.candidates, weights, case.found.model)[:20]
        gold = case.question.gold
        at10, at20 = (_share(gold, hits[:k]) for k in (10, 20))
        if case.question.category == UNANSWERABLE:
            adversarial.append(at10)
        else:
            answerable.append((at10, at20, float(at10 > 0)))
    columns = [fmean(column) for column in zip(*answerable, strict=True)]
    return columns[0], columns[1], columns[2], fmean(adversarial or [0.0])


def _share(gold: frozenset[tuple[int, int]], hits: Sequence[Ranked]) -> float:
    return sum(any(_overlap(hit.row, span) for hit in hits) for span in gold) / len(gold)


def _overlap(row: SectionRow, span: tuple[int, int]) -> bool:
    return row.section.start < span[1] and span[0] < row.section.end


if __name__ == "__main__":
    main()
