"""What a command prints where a bank holds nothing of what was asked for."""

from __future__ import annotations

from retain.cli.bridge import with_memory
from retain.cli.output import one_line, say

_MAX_SHOWN = 5


def say_nothing(message: str, bank_id: str, db: str | None) -> None:
    """Print the message, and which banks there are if the bank itself is empty."""
    known = with_memory(lambda memory: memory.banks.names(), db, reads=True)
    if bank_id in known or not known:
        say(message)
        return
    shown = ", ".join(one_line(name, 40) for name in known[:_MAX_SHOWN])
    more = f" and {len(known) - _MAX_SHOWN:,} more" if len(known) > _MAX_SHOWN else ""
    say(f"{message}; the database has the banks {shown}{more}")
