"""What each signal counts for in recall: few and round, tuned in one place.

`python -m benchmarks.recall_tuning FILE` measures them, and others, on a file of LoCoMo's.
`python -m benchmarks.recall_questions` measures them on notes and manuals.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from retain.memory.model import FieldWeights


@dataclass(frozen=True, slots=True)
class Meaning:
    """What likeness counts for with vectors of one model.

    Args:
        weight: For one standard deviation above the bank's mean, of a section of a document.
        turn: The same, of a turn of a conversation: a few words, whose mean says less.
        previous: The part of the likeness of the turn before that a turn gets too: what was asked
            there may be answered here.
        alike: The cosine similarity from which a section that shares no word is found too.
    """

    weight: float = 0.5
    turn: float = 0.5
    previous: float = 0.0
    alike: float = 0.5


@dataclass(frozen=True, slots=True)
class Weights:
    """The parts of a score, in halves of a BM25 score.

    Args:
        fields: What a word counts for, by where it stands.
        words: For one of BM25.
        least: What the best words count for at least: in a bank of a few sections, no word is rare
            and BM25 makes next to nothing of all of them.
        fact: For the fact that fits best of all; of another, by the square of how well it fits.
        slot: For a fact that says what the query asks of somebody, such as where they live.
        speaker: For a turn of somebody whom the query names. A larger one hides what others said.
        entity: For a fact that speaks of somebody or something else whom the query names.
        time: For a turn that tells a time, where the query asks for one.
        date: For what was said, or has occurred, in the time that the query speaks of.
        question: Taken from a turn that is a question.
        exact: For each identifier of the query that stands in it: more than all else together.
        session: The part of the best score below the same headings that each section there gets.
        meaning: By model.
    """

    fields: FieldWeights = field(
        default_factory=lambda: FieldWeights(previous=0.7, earlier=0.4, next=0.3, later=0.2)
    )
    words: float = 0.5
    least: float = 2.0
    fact: float = 0.05
    slot: float = 1.5
    speaker: float = 1.0
    entity: float = 0.05
    time: float = 0.5
    date: float = 0.5
    question: float = 0.5
    exact: float = 20.0
    session: float = 0.2
    meaning: Mapping[str, Meaning] = field(default_factory=dict[str, Meaning])

    def of_model(self, model: str | None) -> Meaning:
        """What likeness counts for; the same for every model that was not tuned."""
        return self.meaning.get(model or "", Meaning())


TUNED = Weights(
    meaning=MappingProxyType(
        {
            "wordllama-l2-supercat-256": Meaning(weight=0.5, turn=0.2, alike=0.6),
            "all-minilm-l6-v2-int8": Meaning(weight=1.0, turn=0.6, previous=0.2, alike=0.2),
        }
    )
)
