"""Finds the entity that a name stands for."""

from __future__ import annotations

from collections.abc import Iterable

from retain.memory.model import Entity, EntityKind


class EntityIndex:
    """Entities by their aliases.

    Args:
        entities: Each name is an alias of one entity of its kind at most.
    """

    def __init__(self, entities: Iterable[Entity]) -> None:
        self._by_alias: dict[str, list[Entity]] = {}
        for entity in entities:
            for alias in entity.aliases:
                self._by_alias.setdefault(_key(alias), []).append(entity)

    def entity_of(self, name: str, kind: EntityKind = "unknown") -> Entity | None:
        """The entity of that name and kind, or the only one of that name; None if there is none."""
        found = self._by_alias.get(_key(name), [])
        exact = [entity for entity in found if entity.kind == kind]
        chosen = exact if len(exact) == 1 else found
        return chosen[0] if len(chosen) == 1 else None


def _key(name: str) -> str:
    return " ".join(name.split())
