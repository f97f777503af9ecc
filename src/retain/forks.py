"""What has threads, files or locks is told when its process forks."""

from __future__ import annotations

import os
import weakref
from typing import Protocol


class ForkAware(Protocol):
    """Has something that does not survive a fork: only the thread that forks lives in the child."""

    def before_fork(self) -> None:
        """Come to rest, so that nothing is half done in the child."""
        ...

    def after_fork(self, *, in_child: bool) -> None:
        """Go on; in the child with threads, files and locks of its own."""
        ...


_aware: weakref.WeakSet[ForkAware] = weakref.WeakSet()
_resting: list[ForkAware] = []


def watch_forks(owner: ForkAware) -> None:
    """Tell `owner` of forks while it lives."""
    _aware.add(owner)


def _before() -> None:
    _resting[:] = list(_aware)
    for owner in _resting:
        owner.before_fork()


def _after(*, in_child: bool) -> None:
    for owner in _resting:
        owner.after_fork(in_child=in_child)
    _resting.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before,
        after_in_parent=lambda: _after(in_child=False),
        after_in_child=lambda: _after(in_child=True),
    )
