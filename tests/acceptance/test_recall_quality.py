"""Questions about the examples are answered by the section that a reader would point to."""

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from retain import Hit, Memory, Settings

ROOT = Path(__file__).parents[2]
QUESTIONS = ROOT / "tests" / "quality"
FIRST = 5
ENOUGH = 0.9


@dataclass(frozen=True)
class Question:
    question: str
    source: str
    answer: str  # words of the section that answers


def asked(name: str) -> list[Question]:
    lines = (QUESTIONS / f"recall_{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [Question(**json.loads(line)) for line in lines]


def answers(hit: Hit, one: Question) -> bool:
    """Whether the words stand in the hit, or in the place of the source that it points to."""
    if hit.source_id != one.source:
        return False
    start, end = hit.span
    text = (ROOT / "examples" / one.source).read_text(encoding="utf-8")
    return one.answer in hit.text or one.answer in text[start:end]


def missed(folder: Path, questions: list[Question]) -> list[str]:
    """The questions whose section is not among the first hits."""

    async def ask() -> list[str]:
        settings = Settings(db=f"sqlite:///{folder / 'memory.db'}", durability="process")
        async with Memory.open(settings=settings) as memory:
            runs = await memory.retain(ROOT / "examples")
            assert {run.status for run in runs} == {"completed"}
            found: list[str] = []
            for one in questions:
                hits = await memory.recall(one.question, k=FIRST)
                if not any(answers(hit, one) for hit in hits):
                    found.append(one.question)
            return found

    return asyncio.run(ask())


def test_there_are_questions_enough_and_none_is_in_both_halves() -> None:
    tuned, held_out = asked("tuned"), asked("held_out")
    assert len(tuned) + len(held_out) >= 60
    assert not {one.question for one in tuned} & {one.question for one in held_out}


@pytest.mark.parametrize("half", ["tuned", "held_out"])
def test_the_section_that_answers_is_among_the_first(tmp_path: Path, half: str) -> None:
    questions = asked(half)
    not_found = missed(tmp_path, questions)
    assert 1 - len(not_found) / len(questions) >= ENOUGH, not_found
