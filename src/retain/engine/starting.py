"""Begins a run, or goes on with the one that is kept under its key."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Literal, TypeAlias, TypeVar, cast

from retain.engine.checkpoint import Adopting, Holding, Loading, Saver
from retain.engine.context import EngineContext, key_of, name_of_run
from retain.engine.run_ids import run_id_of
from retain.errors import CheckpointError, RetainError, RunExistsError
from retain.status import RunStatus

C = TypeVar("C", bound=EngineContext)

Exists: TypeAlias = Literal["continue", "refuse", "restart"]
"""What `run` does where a run of the key is kept: it goes on with that run, raises
`RunExistsError`, or begins a new run."""

EXISTS: tuple[Exists, ...] = ("continue", "refuse", "restart")


@asynccontextmanager
async def held(ctx: object, checkpoint: object) -> AsyncGenerator[None, None]:
    """Hold the run of `ctx`, so that of several who begin it at once one runs it.

    Raises:
        LeaseHeldError: Another runner holds it.
        CheckpointError: The lease cannot be asked for.
    """
    if not isinstance(checkpoint, Holding):
        yield
        return
    async with AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(checkpoint.holding(*key_of(ctx)))
        except RetainError as exc:
            raise _explained(ctx, exc) from exc
        yield


async def continued(ctx: C, checkpoint: Saver[C] | None, exists: Exists) -> bool:
    """Fill `ctx` with the run that is kept under its key; False where a new run is to begin.

    Raises:
        RunExistsError: One is kept, and that is refused.
        CheckpointError: What is kept cannot be read.
    """
    if exists == "restart" or not isinstance(checkpoint, Loading):
        return False
    try:
        kept = cast("C | None", await checkpoint.load(*key_of(ctx)))
    except RetainError as exc:
        raise _explained(ctx, exc) from exc
    if kept is None:
        return False
    if exists == "refuse":
        status = getattr(kept, "status", RunStatus.RUNNING)
        shown = RunStatus.INTERRUPTED if status == RunStatus.RUNNING else status
        raise RunExistsError(key_of(kept), run_id_of(kept), shown)
    if type(ctx) is not type(kept):
        raise CheckpointError(
            f"{name_of_run(ctx)} was kept as {type(kept).__name__}, and is to go on as "
            f"{type(ctx).__name__}: give run a context of that class"
        )
    _fill(ctx, kept)
    if isinstance(checkpoint, Adopting):
        cast("Adopting[C]", checkpoint).adopt(ctx, kept)
    return True


def _fill(ctx: object, kept: object) -> None:
    """Give `ctx` every value of `kept`."""
    names = [f.name for f in dataclasses.fields(cast("Any", kept))] if _has_fields(kept) else []
    for name in dict.fromkeys((*names, *getattr(kept, "__dict__", ()))):
        if hasattr(kept, name):
            object.__setattr__(ctx, name, getattr(kept, name))


def _has_fields(kept: object) -> bool:
    return dataclasses.is_dataclass(kept) and not isinstance(kept, type)


def _explained(ctx: object, error: RetainError) -> CheckpointError:
    if isinstance(error, CheckpointError):
        return error
    return CheckpointError(f"cannot see whether {name_of_run(ctx)} has a run: {error}")
