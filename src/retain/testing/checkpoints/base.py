"""How a backend is opened for the contract of checkpoints."""
# ruff: noqa: S101 - assertions are what a test suite is made of

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path
from typing import Any, ClassVar, TypeVar, Unpack

import pytest

from retain.checkpoints.history import History
from retain.engine.checkpoint import Checkpoint
from retain.holder import Holder, this_process
from retain.memory.context import RetainContext
from retain.testing.checkpoints.samples import (
    TTL_S,
    Options,
)

T = TypeVar("T")


def awaited(
    test: Callable[[T, Path], Coroutine[Any, Any, None]],
) -> Callable[[T, Path], None]:
    """A test that pytest can call, from one that awaits."""

    def run(self: T, tmp_path: Path) -> None:
        asyncio.run(test(self, tmp_path))

    run.__name__, run.__qualname__, run.__doc__ = test.__name__, test.__qualname__, test.__doc__
    return run


class ContractBase(ABC):
    """Opens checkpoints for the tests of one promise."""

    shared: ClassVar[bool] = True
    """Whether two checkpoints that are open on one folder see the same runs and leases."""

    @abstractmethod
    def open(
        self, folder: Path, **options: Unpack[Options]
    ) -> AbstractAsyncContextManager[Checkpoint[Any]]:
        """A checkpoint on `folder`; it is closed with the block, and what it kept stays."""

    async def damage(self, folder: Path, checkpoint: Checkpoint[Any]) -> None:
        """Make what is kept of run ``("bank", "damaged")`` unreadable, behind its back."""
        pytest.skip("this backend says no way to damage a run")

    def open_with(
        self,
        folder: Path,
        context_type: type[Any] = RetainContext,
        *,
        lease_ttl_s: float = TTL_S,
        history: History | None = None,
        clock: Callable[[], float] = time.time,
        holder: Callable[[], Holder] = this_process,
    ) -> AbstractAsyncContextManager[Checkpoint[Any]]:
        options = Options(
            context_type=context_type,
            lease_ttl_s=lease_ttl_s,
            history=history or History(),
            clock=clock,
            holder=holder,
        )
        return self.open(folder, **options)

    async def open_two(
        self,
        stack: AsyncExitStack,
        folder: Path,
        *,
        lease_ttl_s: float = TTL_S,
        clock: Callable[[], float] = time.time,
        holder: Callable[[], Holder] = this_process,
    ) -> tuple[Checkpoint[Any], Checkpoint[Any]]:
        self.need_sharing()
        opened = [
            await stack.enter_async_context(
                self.open_with(folder, lease_ttl_s=lease_ttl_s, clock=clock, holder=holder)
            )
            for _ in range(2)
        ]
        return opened[0], opened[1]

    def need_sharing(self) -> None:
        if not self.shared:
            pytest.skip("what this backend keeps is seen by one object only")


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def kept_run(checkpoint: Checkpoint[Any]) -> Any:
    """The run that most tests speak of."""
    ctx = await checkpoint.load("bank", "source")
    assert ctx is not None
    return ctx
