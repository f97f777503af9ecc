"""The runs of this process that have yet to see to the pages of their bank."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Behind(NamedTuple):
    """Who comes behind a run.

    Args:
        others: Whether other runs of its bank do.
        asking: Whether any of these may ask a model.
    """

    others: bool
    asking: bool


NOBODY = Behind(others=False, asking=False)


class Underway:
    """Tells a run whether others of its bank come behind it.

    What one run can do for all, such as having a model write what is to be read of the bank, is
    left to the last of them: it is done once, and from all that they brought.
    """

    def __init__(self) -> None:
        self._coming: dict[str, dict[str, bool]] = {}

    def come(self, keys: Iterable[tuple[str, str]]) -> None:
        """Count runs, each by its bank and its source, until they leave."""
        for bank_id, source_id in keys:
            self._coming.setdefault(bank_id, {})[source_id] = True

    def asks_nothing(self, bank_id: str, source_id: str) -> None:
        """Take note that a run asks no model."""
        if source_id in self._coming.get(bank_id, {}):
            self._coming[bank_id][source_id] = False

    def leave(self, bank_id: str, source_id: str) -> Behind:
        """Count a run no more, if it was; who of its bank is left."""
        coming = self._coming.get(bank_id, {})
        coming.pop(source_id, None)
        if not coming:
            self._coming.pop(bank_id, None)
        return Behind(bool(coming), any(coming.values()))
