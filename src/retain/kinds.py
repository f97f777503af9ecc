"""What a run of the pipeline is for, and how a section of it ends: words that every face uses."""

from __future__ import annotations

from enum import StrEnum


class Task(StrEnum):
    """What a run of a source is for; each member equals its word.

    Attributes:
        RETAIN: To take the source into memory.
        APPEND: To add messages to it.
        FORGET: To take the source out of memory.
        FORGET_FACT: To take one fact of it out of memory.
    """

    RETAIN = "retain"
    APPEND = "append"
    FORGET = "forget"
    FORGET_FACT = "forget fact"


class OutcomeKind(StrEnum):
    """How a section of a run ended; each member equals its word.

    Attributes:
        FACTS: It gave facts.
        NO_FACTS: It was read, and holds none.
        FAILED: It could not be read.
        TRUNCATED: The answer about it was cut off.
    """

    FACTS = "facts"
    NO_FACTS = "no facts"
    FAILED = "failed"
    TRUNCATED = "truncated"
