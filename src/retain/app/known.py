"""The entities of a bank, as they are listed."""

from __future__ import annotations

from dataclasses import dataclass

from retain.memory.model import Entity


@dataclass(frozen=True, slots=True)
class KnownEntity:
    """An entity of a bank.

    Args:
        entity: Who or what it is.
        times: How often the bank's sources name it.
    """

    entity: Entity
    times: int
