"""(g) How good what is found is: facts, names, what superseded what, and recall."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from statistics import fmean

from benchmarks import entities_quality, facts_quality, recall_questions, supersedes_quality
from benchmarks.measure import Group, Row, Sample, Settings

HALVES = {"tuned on": 0, "held out": 1}
FIRST = (1, 5)

NOTE = """\
(g) On cases written by hand in tests/quality; nothing was tuned on the half that is held out. In
brackets, of how many. Names are judged by text, merges by pairs of names that are one entity;
supersedes by edges, and "as of" by items told right before and after. Recall asks about the
documents in examples/. The scores do not depend on the machine, so each is measured once."""

Scores = list[tuple[str, float, int]]
"""A name, a share and of how many."""


def run(settings: Settings) -> list[Group]:
    """Score both halves of every set of cases."""
    answers: recall_questions.Answers = {}

    def recalled(number: int) -> Scores:
        if not answers:
            answers.update(asyncio.run(recall_questions.ask())[0])
        return _recall(answers["recall", recall_questions.HALVES[number]])

    parts: dict[str, Callable[[int], Scores]] = {
        "facts": _facts,
        "names": _names,
        "supersedes": _supersedes,
        "recall": recalled,
    }
    groups: list[Group] = []
    for half, number in HALVES.items():
        rows: list[Row] = []
        for name, score in parts.items():
            settings.tell(f"{half}: {name}")
            try:
                rows += [
                    Row(what, [Sample(100 * share)], note=f"of {count}")
                    for what, share, count in score(number)
                ]
            except Exception as exc:
                rows.append(Row(name, error=f"{type(exc).__name__}: {exc}".splitlines()[0]))
        groups.append(Group(f"(g) quality, {half}", "%", rows, base="", higher_is_better=True))
    return groups


def _facts(number: int) -> Scores:
    path = (facts_quality.TUNED, facts_quality.HELD_OUT)[number]
    score, _ = facts_quality.evaluate(path)
    return [
        ("facts: precision", score.precision, score.found),
        ("facts: recall", score.recall, score.expected),
        ("facts: types", score.type_accuracy, score.matched),
        ("facts: dates", score.date_accuracy, score.dated),
        ("facts: slots", score.slot_accuracy, score.slotted),
    ]


def _names(number: int) -> Scores:
    half = tuple(entities_quality.HALVES)[number]
    names, kinds = entities_quality.score_mentions(half)
    scored = {"names": names, "kinds": kinds, "merges": entities_quality.score_merges(half)}
    found: Scores = []
    for name, score in scored.items():
        found.append((f"{name}: precision", score.precision, score.hits + len(score.extra)))
        found.append((f"{name}: recall", score.recall, score.hits + len(score.missed)))
    return found


def _supersedes(number: int) -> Scores:
    path = (supersedes_quality.TUNED, supersedes_quality.HELD_OUT)[number]
    score = supersedes_quality.evaluate(path)
    return [
        ("supersedes: precision", score.precision, score.right + len(score.extra)),
        ("supersedes: recall", score.recall, score.right + len(score.missed)),
        ("supersedes: as of", score.as_of, score.dated),
    ]


def _recall(answers: Sequence[recall_questions.Asked]) -> Scores:
    ranks = [one.rank or 0 for one in answers]
    shares = [(f"recall: in first {k}", fmean(0 < r <= k for r in ranks)) for k in FIRST]
    shares.append(("recall: MRR", fmean(1 / rank if rank else 0.0 for rank in ranks)))
    return [(name, share, len(ranks)) for name, share in shares]
