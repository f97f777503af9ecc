"""Logs how far the upgrade of a database is, if it takes long."""

from __future__ import annotations

import logging
import time

logger = logging.getLogger("retain.upgrade")

SLOW_S = 1.0
"""The least number of seconds between two lines of progress; a shorter upgrade logs nothing."""


class Upgrade:
    """The progress of an upgrade, logged as information.

    Args:
        what: What is upgraded.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._place = self._logged = ""
        self._due = time.monotonic() + SLOW_S

    def at(self, place: str) -> None:
        """Note how far the upgrade is, such as ``step 2 of 5``."""
        self._place = place
        self.tick()

    def tick(self) -> None:
        """Log how far the upgrade is, if that is due; called often while a step lasts."""
        if self._place != self._logged and time.monotonic() >= self._due:
            logger.info("bringing %s up to date: %s", self._what, self._place)
            self._logged, self._due = self._place, time.monotonic() + SLOW_S
