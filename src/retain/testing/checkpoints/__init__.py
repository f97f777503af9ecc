"""The contract of `Checkpoint`, as tests that any backend can run.

    class TestMyCheckpoint(CheckpointContract):
        @asynccontextmanager
        async def open(self, folder, **options):
            checkpoint = MyCheckpoint(folder / "runs", **options)
            yield checkpoint
            await checkpoint.close()

It needs pytest, and no plugin of it.
"""

from __future__ import annotations

from retain.testing.checkpoints.contexts import ContextContract
from retain.testing.checkpoints.history import HistoryContract
from retain.testing.checkpoints.keeping import KeepingContract
from retain.testing.checkpoints.keys import KeyContract
from retain.testing.checkpoints.leases import LeaseContract
from retain.testing.checkpoints.listing import ListingContract
from retain.testing.checkpoints.samples import (
    Changing,
    First,
    Options,
    Second,
    Seed,
    Slotted,
    Working,
    whole,
)

__all__ = [
    "Changing",
    "CheckpointContract",
    "First",
    "Options",
    "Second",
    "Seed",
    "Slotted",
    "Working",
    "whole",
]


class CheckpointContract(
    KeepingContract,
    KeyContract,
    ContextContract,
    ListingContract,
    HistoryContract,
    LeaseContract,
):
    """Inherit from it, in a class that pytest collects.

    Set `shared` to False for a backend whose runs only one object sees: what needs a second
    runner, or a second look after closing, is then skipped.
    """
