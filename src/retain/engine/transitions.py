"""What a state may return, and what a state is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, TypeVar, cast, get_args

from retain.errors import Suspend

C = TypeVar("C")
S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Complete:
    """The run has reached its end.

    Args:
        missing: What could not be done: the run is `partial`, and this is its error
            ``"STATE: missing"``. None: nothing, the run is `completed`.
    """

    missing: str | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """The run cannot go on.

    Args:
        reason: Why, as text or anything that prints; it becomes the error ``"STATE: reason"``.
    """

    reason: object


Failures: TypeAlias = Literal["finish", "cancel", "continue"]


@dataclass(frozen=True, slots=True)
class Parallel:
    """Run branches at once, then go to one state.

    Branches share the context by reference and write disjoint fields. The name that a branch
    returns is ignored: the join is fixed here.

    Args:
        branches: A string is one state; a tuple of strings is a chain that runs in order.
        join: The state that runs once, after every branch has ended well.
        failures: What the failure of a branch does. ``finish``: its siblings finish, then the run
            fails. ``cancel``: its siblings are cancelled, then the run fails. ``continue``: its
            siblings finish, then the join runs and is told what failed.
    """

    branches: tuple[str | tuple[str, ...], ...]
    join: str
    failures: Failures = "finish"

    def __post_init__(self) -> None:
        if self.failures not in get_args(Failures):
            known = ", ".join(map(repr, get_args(Failures)))
            raise ValueError(f"failures={self.failures!r} is not known: choose one of {known}")

    @staticmethod
    def map(
        state: str,
        items: Iterable[Any] = (),
        *,
        join: str,
        limit: int = 100,
        into: str | None = None,
        failures: Failures = "finish",
    ) -> Map:
        """Run one state once for each item, then go to the join.

        Each item has steps, retries and saves of its own; a resume runs the unfinished items alone.

        Args:
            state: The state; its function is ``async (ctx, services, item) -> result``.
            items: Plain values, times, enums, or lists, tuples, sets, dicts and module-level
                dataclasses of these. They are kept when the block begins.
            join: The state that runs once, after every item has ended well.
            limit: How many items run at once.
            into: The field of the context, a dict, that takes the result of each item: by the
                item, if all items are text or all are whole numbers, else by its position.
            failures: What the failure of an item does to the others; see `Parallel`.

        Raises:
            ValueError: `limit` is less than 1, or `failures` is not known.
        """
        if limit < 1:
            raise ValueError(f"limit must be at least 1, not {limit}")
        return Map((state,), join, failures, items=tuple(items), limit=limit, into=into)


@dataclass(frozen=True, slots=True, kw_only=True)
class Map(Parallel):
    """One state once for each item; made by `Parallel.map`."""

    items: tuple[Any, ...] = ()
    limit: int = 100
    into: str | None = None


StateResult: TypeAlias = str | Complete | Failed | Suspend | Parallel
StateFunc: TypeAlias = Callable[[C, S], Awaitable[StateResult]]
"""A state as the engine calls it."""
GivenStateFunc: TypeAlias = Callable[[C, S, Any], Awaitable[StateResult]]
"""A state that is given something more: an item, or the answer of its question."""
Target: TypeAlias = str | Complete | Parallel


def plain(name: str) -> str:
    """A state's name as text alone: it may be the member of an enum."""
    return name if type(name) is str else str.__str__(name)


def chains(spec: Parallel) -> tuple[tuple[str, ...], ...]:
    """The branches, each as a chain of states."""
    named = ((b,) if isinstance(b, str) else b for b in spec.branches)
    return tuple(tuple(map(plain, chain)) for chain in named)


def _names_of(branch: object) -> Sequence[object]:
    return cast("Sequence[object]", branch) if isinstance(branch, (tuple, list)) else (branch,)


def malformed(spec: Parallel) -> str | None:
    """Why a block can be neither run nor kept, or None."""
    branches, join = cast("object", spec.branches), cast("object", spec.join)
    if isinstance(branches, str):
        return f"Parallel needs a tuple of branches: write ({branches!r},), with a comma"
    if not isinstance(branches, (tuple, list)):
        kind = type(branches).__name__
        return f"Parallel needs a tuple of branches, not {kind}: write tuple(...)"
    for branch in cast("Sequence[object]", branches):
        for name in _names_of(branch):
            if not isinstance(name, str):
                kind = type(name).__name__
                return f"a branch of Parallel is a state's name or a tuple of names, not {kind}"
    if not isinstance(join, str):
        return f"the join of Parallel is the name of a state, not {type(join).__name__}"
    return None


def chained(spec: Parallel) -> Parallel:
    """The same block with every branch as a chain: equal blocks are equal values."""
    return Parallel(chains(spec), plain(spec.join))


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
                if wrong := malformed(target):
                    raise TypeError(wrong)
                targets.add(chained(target))
            case _:
                raise TypeError(f"{target!r} is not a target: to= takes names, Complete, Parallel")
    return frozenset(targets)
