"""What superseded what among the facts of a bank."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from retain.memory.model import Fact


@dataclass(frozen=True, slots=True)
class Dated:
    source_id: str
    fact: Fact


@dataclass(frozen=True, slots=True)
class Edge:
    newer: str
    older: str
    reason: str


def edges(facts: Iterable[Dated], names: Mapping[str, str]) -> list[Edge]:
    return []
