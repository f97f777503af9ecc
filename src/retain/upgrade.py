"""Logs how far the upgrade of a database is, if it takes long."""

from __future__ import annotations

import logging
import time

logger = logging.getLogger("retain.upgrade")

SLOW_S = 1.0
"""Seconds to the first line of progress; a shorter upgrade logs nothing.

Each pause between two lines is twice the one before, up to `LONGEST_PAUSE_S`.
"""

LONGEST_PAUSE_S = 30.0


class Upgrade:
    """The progress of an upgrade, logged as information.

    Args:
        what: What is upgraded.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._place: str = ""
        self._logged: str = ""
        self._pause_s = SLOW_S
        self._due = time.monotonic() + self._pause_s

    def at(self, place: str) -> None:
        """Note how far the upgrade is, such as ``step 2 of 5``."""
        self._place = place
        self.tick()

    def tick(self) -> None:
        """Log how far the upgrade is, if that is due; called often while a step lasts."""
        if self._place != self._logged and time.monotonic() >= self._due:
            logger.info("bringing %s up to date: %s", self._what, self._place)
            self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)
            self._logged = self._place
            self._due = time.monotonic() + self._pause_s
