"""Takes back the cancellations that a `TaskGroup` of Python before 3.13 leaves on its task.

Where a task of a group fails while the group waits for the others, the group cancels its parent to
wake it, and never calls `uncancel` (https://github.com/python/cpython/issues/116720): the parent's
`cancelling` would say for ever that somebody had cancelled it.
"""

from __future__ import annotations

import asyncio
import sys
import types
from collections.abc import Awaitable, Coroutine, Generator
from typing import Any, TypeVar, cast

T = TypeVar("T")

LEAVES_CANCELLATIONS = sys.version_info < (3, 13)


@types.coroutine
def mended(running: Coroutine[Any, Any, T]) -> Generator[Any, Any, T]:
    """Await `running`; what groups in it left on the task is taken back as it ends."""
    try:
        waits = running.send(None)
    except StopIteration as end:
        return end.value
    return (yield from _continued(running, waits))


@types.coroutine
def continued(running: Coroutine[Any, Any, T], waits: Any) -> Generator[Any, Any, T]:
    """Await what is left of `running`, which waits for `waits`; mended where Python needs that."""
    return (yield from _continued(running, waits))


def _continued(running: Coroutine[Any, Any, T], waits: Any) -> Generator[Any, Any, T]:
    send, left = running.send, 0
    try:
        while True:
            try:
                got = yield waits
            except BaseException as exc:  # noqa: BLE001 - handed on to what is awaited
                if LEAVES_CANCELLATIONS and isinstance(exc, asyncio.CancelledError):
                    left += _is_from_group(running)
                waits = running.throw(exc)
            else:
                waits = send(got)
    except StopIteration as end:
        return end.value
    finally:
        if left:
            _take_back(left)


def _take_back(left: int) -> None:
    task = cast("asyncio.Task[Any]", asyncio.current_task())  # a group runs in no other place
    for _ in range(left):
        task.uncancel()


def _is_from_group(running: object) -> bool:
    """Whether a group in what is awaited has cancelled its task while the group exits."""
    inner: Any = running
    while inner is not None:
        frame = getattr(inner, "cr_frame", None) or getattr(inner, "ag_frame", None)
        owner = None if frame is None else frame.f_locals.get("self")
        if isinstance(owner, asyncio.TaskGroup):
            group: Any = owner
            if group._exiting and group._parent_cancel_requested:  # noqa: SLF001
                return True
        inner = _awaited(inner, owner)
    return False


def _awaited(inner: Any, owner: Any) -> object:
    # What an @asynccontextmanager awaits does not say which generator it runs.
    generator = getattr(owner, "gen", None)
    if isinstance(generator, types.AsyncGeneratorType) and generator is not inner:
        return cast("object", generator)
    return getattr(inner, "cr_await", None) or getattr(inner, "ag_await", None)


def undisturbed(running: Awaitable[T]) -> Awaitable[T]:
    """`running`, mended where Python needs that."""
    if LEAVES_CANCELLATIONS and isinstance(running, types.CoroutineType):
        return mended(cast("Coroutine[Any, Any, T]", running))
    return running
