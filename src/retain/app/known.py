"""What a bank knows, put together from what its sources say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from retain.memory.model import CitedFact, Entity, NameCount


@dataclass(frozen=True, slots=True)
class KnownEntity:
    """An entity of a bank.

    Args:
        entity: Who or what it is.
        times: How often the bank's sources name it.
    """

    entity: Entity
    times: int


def counted(entities: Sequence[Entity], names: Sequence[NameCount]) -> list[KnownEntity]:
    """The entities with how often they are named, the most named first."""
    owner = {alias: n for n, entity in enumerate(entities) for alias in entity.aliases}
    times = [0] * len(entities)
    for name in names:
        if name.name in owner:
            times[owner[name.name]] += name.times
    known = [KnownEntity(entity, n) for entity, n in zip(entities, times, strict=True)]
    return sorted(known, key=lambda k: (-k.times, k.entity.name, k.entity.kind))


def about(facts: Sequence[CitedFact], entities: Sequence[Entity], name: str) -> list[CitedFact]:
    """The facts that speak of the entity that `name` is an alias of."""
    wanted = {name.casefold()}
    for entity in entities:
        aliases = {alias.casefold() for alias in entity.aliases}
        if name.casefold() in aliases:
            wanted |= aliases
    return [
        known
        for known in facts
        if any(n.casefold() in wanted for n in (*known.fact.entities, known.fact.subject or ""))
    ]
