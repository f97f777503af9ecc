"""The versions of tables, which belong to components that are migrated each by itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TableVersion:
    """The version of a component's tables, and the newest that this release knows.

    Args:
        component: Names the tables.
        version: 0 where there are none.
        newest: The version that this release makes.
    """

    component: str
    version: int
    newest: int
