"""What a state may return, and what a state is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

C = TypeVar("C")
S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Complete:
    """The run has reached its end."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The run cannot go on.

    Args:
        reason: Why; it becomes the error ``"STATE: reason"``.
    """

    reason: str


@dataclass(frozen=True, slots=True)
class Parallel:
    """Run branches at once, then go to one state.

    Branches share the context by reference and write disjoint fields. What a branch returns,
    other than `Failed`, is ignored: the join is fixed here.

    Args:
        branches: A string is one state; a tuple of strings is a chain that runs in order.
        join: The state that runs once, after every branch has ended well.
    """

    branches: tuple[str | tuple[str, ...], ...]
    join: str


StateResult: TypeAlias = str | Complete | Failed | Parallel
StateFunc: TypeAlias = Callable[[C, S], Awaitable[StateResult]]
Target: TypeAlias = str | Complete | Parallel
