"""How often `ask` says that a bank holds no answer, and how often rightly.

``python -m benchmarks.relevance`` asks ``examples/`` and, where they are given, the book (``--book
FOLDER``) and conversations of LoCoMo (``--locomo FILE``), each a bank of its own: the questions of
``tests/quality/unanswerable_*.jsonl``, which no bank answers, and those with an answer. A question
without an answer is ``empty`` if no hit reaches the default floor of `ask`. One with an answer is
``kept`` if a hit reaches the floor: `ask` then reads all hits. Questions whose answer recall does
not find at all do not count. Tune on the first half of the questions only.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from statistics import fmean

from benchmarks import recall_data, recall_questions
from benchmarks.recall_questions import HALVES, QUESTIONS, ROOT
from retain import Hit, Memory, Settings
from retain.memory.model import RELEVANT

K = 12
EVERY = 5
"""Of LoCoMo's questions, every so many is asked."""

Answered = tuple[str, Callable[[Hit], bool]]
"""A question, and whether a hit answers it."""


def main() -> None:
    """Print a row for each bank and each half of its questions."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--book", type=Path, help="the folder of the book's chapters")
    parser.add_argument("--locomo", type=Path, help="a file of conversations")
    args = parser.parse_args()
    asyncio.run(_measure(args.book, args.locomo))


async def _measure(book: Path | None, locomo: Path | None) -> None:
    print(f"floor {RELEVANT}  {'empty':>10}  {'kept':>10}")
    banks: list[tuple[str, Sequence[Path]]] = [("examples", [ROOT / "examples"])]
    banks += [("book", [book])] if book else []
    banks += [("locomo", [locomo])] if locomo else []
    empty: dict[str, list[bool]] = {half: [] for half in HALVES}
    kept: dict[str, list[bool]] = {half: [] for half in HALVES}
    for name, paths in banks:
        async with _bank(name, paths) as memory:
            for half in HALVES:
                nothing = [await _is_empty(memory, one) for one in unanswerable(name, half)]
                asked = [await is_kept(memory, *one) for one in answerable(name, half, paths)]
                found = [one for one in asked if one is not None]
                print(f"{name + ' ' + half:18} {_share(nothing)}  {_share(found)}")
                empty[half] += nothing
                kept[half] += found
    for half in HALVES:
        print(f"{'all ' + half:18} {_share(empty[half])}  {_share(kept[half])}")


@asynccontextmanager
async def _bank(name: str, paths: Sequence[Path]) -> AsyncGenerator[Memory]:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'memory.db'}"
        settings = replace(Settings.from_environment(), db=url, durability="process")
        async with Memory.open(settings=settings) as memory:
            if name == "locomo":
                for one in recall_data.conversations(paths[0]):
                    await memory.retain_text(one.text, source_id=one.name)
            else:
                await memory.retain(list(paths))
            yield memory


def unanswerable(bank: str, half: str) -> list[str]:
    """The questions that a bank cannot answer."""
    lines = (QUESTIONS / f"unanswerable_{half}.jsonl").read_text(encoding="utf-8").splitlines()
    every = map(json.loads, lines)
    return [one["question"] for one in every if one["bank"] == bank]


def answerable(bank: str, half: str, paths: Sequence[Path]) -> list[Answered]:
    """The questions that a bank answers, each with what tells a hit that does."""
    if bank == "locomo":
        return _of_conversations(paths[0], HALVES.index(half))
    name = "recall" if bank == "examples" else bank
    return [(one.text, _holds(one, paths[0])) for one in recall_questions.load(name, half)]


def _holds(question: recall_questions.Question, folder: Path) -> Callable[[Hit], bool]:
    def answers(hit: Hit) -> bool:
        place = (folder / hit.source_id).read_text(encoding="utf-8")[slice(*hit.span)]
        return any(accepted.holds(hit, place) for accepted in question.accepted)

    return answers


def _of_conversations(path: Path, half: int) -> list[Answered]:
    return [
        (one.text, _overlaps(talk.name, one.gold))
        for talk in recall_data.conversations(path)
        for one in [q for q in talk.questions if q.category != recall_data.UNANSWERABLE][
            half :: 2 * EVERY
        ]
    ]


def _overlaps(source: str, gold: frozenset[tuple[int, int]]) -> Callable[[Hit], bool]:
    def answers(hit: Hit) -> bool:
        start, end = hit.span
        return hit.source_id == source and any(a < end and start < b for a, b in gold)

    return answers


async def _is_empty(memory: Memory, question: str) -> bool:
    return not await memory.recall(question, k=K, min_relevance=RELEVANT)


async def is_kept(memory: Memory, question: str, answers: Callable[[Hit], bool]) -> bool | None:
    """Whether a hit reaches the floor; None where recall does not find the answer at all."""
    hits = await memory.recall(question, k=K)
    if not any(map(answers, hits)):
        return None
    return any(hit.relevance >= RELEVANT for hit in hits)


def _share(told: Sequence[bool]) -> str:
    return f"{fmean(told) if told else 0:.3f} of {len(told):3}"


if __name__ == "__main__":
    main()
