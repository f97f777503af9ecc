"""What a state may return, and what a state is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from retain.errors import Suspend

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


StateResult: TypeAlias = str | Complete | Failed | Suspend | Parallel
StateFunc: TypeAlias = Callable[[C, S], Awaitable[StateResult]]
"""A state as the engine calls it."""
GivenStateFunc: TypeAlias = Callable[[C, S, Any], Awaitable[StateResult]]
"""A state that is given something more: the answer of its question."""
Target: TypeAlias = str | Complete | Parallel


def chains(spec: Parallel) -> tuple[tuple[str, ...], ...]:
    """The branches, each as a chain of states."""
    return tuple((b,) if isinstance(b, str) else tuple(b) for b in spec.branches)


def chained(spec: Parallel) -> Parallel:
    """The same block with every branch as a chain: equal blocks are equal values."""
    return Parallel(chains(spec), spec.join)


def declared_targets(to: Iterable[object]) -> frozenset[Target]:
    """What ``to=`` declares, as a set.

    Raises:
        TypeError: `to` is a single target, or holds what is none.
    """
    if isinstance(to, str) or not hasattr(to, "__iter__"):
        raise TypeError(f"to= takes a list of targets, not {to!r} alone")
    targets: set[Target] = set()
    for target in to:
        match target:
            case str() | Complete():
                targets.add(target)
            case Parallel():
                targets.add(chained(target))
            case _:
                raise TypeError(f"{target!r} is not a target: to= takes names, Complete, Parallel")
    return frozenset(targets)
