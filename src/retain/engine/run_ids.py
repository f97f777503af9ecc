"""What tells one run from the next of the same key: a UUID of version 7, in order of time."""

from __future__ import annotations

import hashlib
import os
import time
from datetime import UTC, datetime
from uuid import UUID

from retain.engine.context import EngineState, engine_state_of, key_of
from retain.keys import RunKey, encoded


def new_run_id() -> str:
    """A new UUID of version 7 (RFC 9562): later ids are greater, to the microsecond."""
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    # Its first 12 bits after the version are a fraction of a millisecond (RFC 9562, 6.2, method 3).
    fraction = (rest << 12) // 1_000_000
    chance = fraction << 64 | int.from_bytes(os.urandom(8), "big")
    return _uuid7(milliseconds, chance.to_bytes(10, "big"))


def run_id_of(ctx: object) -> str:
    """The id of the run of `ctx`; one that was given none has an id by its key and its time."""
    state: EngineState | None = getattr(ctx, "engine_state", None)
    if state is not None and state.run_id:
        return state.run_id
    return derived_run_id(key_of(ctx), getattr(ctx, "started_at", None))


def has_run_id(ctx: object) -> bool:
    """Whether `ctx` was given a run id: it was run before, or loaded."""
    state: EngineState | None = getattr(ctx, "engine_state", None)
    return state is not None and bool(state.run_id)


def identify(ctx: object) -> None:
    """Give a context that is about to be kept for the first time the id of a new run."""
    if not has_run_id(ctx):
        engine_state_of(ctx).run_id = new_run_id()


def derived_run_id(key: RunKey, started_at: datetime | None) -> str:
    """The id of a run that was kept without one, such as that of an earlier release."""
    if started_at is None:
        started_at = datetime.fromtimestamp(0, UTC)
    elif started_at.tzinfo is None:
        started_at = started_at.replace(tzinfo=UTC)
    moment = f"{started_at.isoformat()} {encoded(key)}"
    digest = hashlib.sha256(moment.encode("utf-8", "surrogatepass")).digest()
    return _uuid7(max(0, int(started_at.timestamp() * 1000)), digest[:10])


def _uuid7(milliseconds: int, chance: bytes) -> str:
    number = int.from_bytes(milliseconds.to_bytes(6, "big") + chance, "big")
    number = number & ~(0xF << 76) | 7 << 76
    return str(UUID(int=number & ~(0x3 << 62) | 0x2 << 62))
