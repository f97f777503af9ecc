"""The values that a memory is made of."""

from retain.memory.model.hits import FieldWeights, Hit, Likeness, Reason, Signal
from retain.memory.model.knowledge import (
    Corrections,
    Deduplicated,
    Entity,
    EntityKind,
    Extraction,
    Fact,
    FactType,
    Knowledge,
    Mention,
    MergedFact,
    NameCount,
    Outcome,
    OutcomeKind,
)
from retain.memory.model.runs import Run
from retain.memory.model.source import (
    Counts,
    Document,
    Limits,
    Section,
    SectionKind,
    SectionRow,
    StoredSource,
    Vectors,
)

__all__ = [
    "Corrections",
    "Counts",
    "Deduplicated",
    "Document",
    "Entity",
    "EntityKind",
    "Extraction",
    "Fact",
    "FactType",
    "FieldWeights",
    "Hit",
    "Knowledge",
    "Likeness",
    "Limits",
    "Mention",
    "MergedFact",
    "NameCount",
    "Outcome",
    "OutcomeKind",
    "Reason",
    "Run",
    "Section",
    "SectionKind",
    "SectionRow",
    "Signal",
    "StoredSource",
    "Vectors",
]
