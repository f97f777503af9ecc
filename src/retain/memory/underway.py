"""The runs of this process that have yet to see to the pages of their bank."""

from __future__ import annotations

from collections.abc import Iterable


class Underway:
    """Tells a run whether others of its bank come behind it.

    What one run can do for all, such as having a model write what is to be read of the bank, is
    left to the last of them: it is done once, and from all that they brought.
    """

    def __init__(self) -> None:
        self._coming: dict[str, set[str]] = {}

    def come(self, keys: Iterable[tuple[str, str]]) -> None:
        """Count runs, each by its bank and its source, until they leave."""
        for bank_id, source_id in keys:
            self._coming.setdefault(bank_id, set()).add(source_id)

    def leave(self, bank_id: str, source_id: str) -> bool:
        """Count a run no more, if it was; whether no other of its bank is left."""
        coming = self._coming.get(bank_id, set())
        coming.discard(source_id)
        if not coming:
            self._coming.pop(bank_id, None)
        return not coming
