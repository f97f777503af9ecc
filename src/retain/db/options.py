"""Options that every database has."""

from __future__ import annotations

from typing import Literal

Durability = Literal["power", "process"]
"""What a commit survives: a loss of power, or only the death of the process."""

BUSY_TIMEOUT_S = 10.0
"""How long a writer waits for another process's transaction, in seconds."""
