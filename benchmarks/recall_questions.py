"""How often recall finds the section that answers: ``python -m benchmarks.recall_questions``.

It asks the questions about ``examples/`` in ``tests/quality/recall_*.jsonl`` and, with ``--book
FOLDER``, those about "The Rust Programming Language" in ``tests/quality/book_*.jsonl``; FOLDER is
the ``src`` folder of github.com/rust-lang/book. All is retained in one bank. Tune on the first half
of the questions only: of the other half, ``--misses`` tells nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean, median
from time import perf_counter
from typing import Any

from retain import Hit, Memory, Settings

ROOT = Path(__file__).parents[1]
QUESTIONS = ROOT / "tests" / "quality"
HALVES = ("tuned", "held_out")
FIRST = (1, 3, 5, 10)
SHOWN = 5


@dataclass(frozen=True)
class Place:
    """A section that answers.

    Args:
        source: Its source's id.
        heading: The last heading above it; None for any.
        words: Words that only it has among the sections below that heading.
    """

    source: str
    heading: str | None = None
    words: str = ""

    def holds(self, hit: Hit, place: str) -> bool:
        """Whether the hit is this one; `place` is the text that its span covers in the source."""
        if hit.source_id != self.source or self.words not in hit.text + place:
            return False
        return self.heading is None or (hit.path or ("",))[-1] == self.heading


@dataclass(frozen=True)
class Question:
    text: str
    accepted: Sequence[Place]


@dataclass(frozen=True)
class Asked:
    """A question with the hits that it got."""

    question: Question
    hits: Sequence[Hit]
    places: Sequence[str]  # what the hits' spans cover
    took_ms: float

    @property
    def rank(self) -> int | None:
        """The place of the first hit that answers, from 1."""
        answers = (
            any(accepted.holds(hit, place) for accepted in self.question.accepted)
            for hit, place in zip(self.hits, self.places, strict=True)
        )
        return next((n for n, answer in enumerate(answers, 1) if answer), None)


def main() -> None:
    """Print a row for each half of each set of questions, then the misses if wanted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--book", type=Path, help="the folder of the book's chapters")
    parser.add_argument("--misses", action="store_true", help="show what the tuned half misses")
    args = parser.parse_args()
    asyncio.run(_measure(args.book, args.misses))


def load(name: str, half: str) -> list[Question]:
    """The questions of ``name`` (``recall`` or ``book``), of one half."""
    lines = (QUESTIONS / f"{name}_{half}.jsonl").read_text(encoding="utf-8").splitlines()
    return [_question(json.loads(line)) for line in lines]


def _question(given: dict[str, Any]) -> Question:
    if "accepted" in given:
        return Question(given["question"], [Place(**place) for place in given["accepted"]])
    return Question(given["question"], [Place(given["source"], words=given["answer"])])


Answers = dict[tuple[str, str], list[Asked]]
"""What was asked, by the set of questions and its half."""


async def ask(book: Path | None = None) -> tuple[Answers, int, str]:
    """Retain the folders and ask every question; the answers, how many sources, the embedder."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'memory.db'}"
        settings = replace(Settings.from_environment(), db=url, durability="process")
        async with Memory.open(settings=settings) as memory:
            folders = [ROOT / "examples", *([book] if book else [])]
            runs = await memory.retain(folders)
            failed = [run.source_id for run in runs if run.status != "completed"]
            if failed:
                raise SystemExit(f"could not be retained: {', '.join(failed)}")
            asked = {
                (name, half): [
                    await _ask(memory, question, folders) for question in load(name, half)
                ]
                for name in ("recall", *(["book"] if book else []))
                for half in HALVES
            }
    return asked, len(runs), settings.embedder


async def _measure(book: Path | None, misses: bool) -> None:
    asked, sources, embedder = await ask(book)
    print(f"{sources} sources, {embedder}")
    print(f"{'':18}    n  " + "  ".join(f"in {k:<3}" for k in FIRST) + "   MRR    p50 ms")
    for (name, half), answers in asked.items():
        print(f"{name + ' ' + half:18}  {_row(answers)}")
    if misses:
        for (_, half), answers in asked.items():
            if half == "tuned":
                _show(answers)


async def _ask(memory: Memory, question: Question, folders: Sequence[Path]) -> Asked:
    began = perf_counter()
    hits = await memory.recall(question.text, k=max(FIRST))
    took_ms = 1e3 * (perf_counter() - began)
    return Asked(question, hits, [_place(hit, folders) for hit in hits], took_ms)


def _place(hit: Hit, folders: Sequence[Path]) -> str:
    path = next(path for folder in folders if (path := folder / hit.source_id).exists())
    return path.read_text(encoding="utf-8")[slice(*hit.span)]


def _row(answers: Sequence[Asked]) -> str:
    ranks = [one.rank or 0 for one in answers]
    shares = [fmean(0 < rank <= k for rank in ranks) for k in FIRST]
    mrr = fmean(1 / rank if rank else 0.0 for rank in ranks)
    p50 = median(one.took_ms for one in answers)
    found = "  ".join(f"{share:<6.3f}" for share in shares)
    return f"{len(answers):3}  {found}  {mrr:.3f}  {p50:5.1f}"


def _show(answers: Sequence[Asked]) -> None:
    for one in answers:
        if one.rank is not None and one.rank <= SHOWN:
            continue
        print(f"\n{one.question.text}  (rank {one.rank or '-'})")
        for place in one.question.accepted:
            print(f"  wanted  {place.source}: {place.heading or place.words}")
        for hit in one.hits[:SHOWN]:
            print(f"  {hit.score:6.2f}  {hit.source_id}: {' > '.join(hit.path)}")


if __name__ == "__main__":
    main()
