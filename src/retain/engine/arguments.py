"""What a state's function takes beside the context and the services, and how it gets that."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from inspect import Parameter
from typing import Any

UNSET: Any = object()
"""Stands for a value that is not given, where None is one."""

_POSITIONAL = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
_FAILURES = "failures"


@dataclass(frozen=True, slots=True)
class Arguments:
    """The parameters of a state's function after the context and the services.

    Args:
        names: Those that may be given by position.
        required: The names of those without a default.
        keyword_only: Those that are given by name alone.
        variadic: Whether the function takes any number of further arguments.
    """

    names: tuple[str, ...] = ()
    required: frozenset[str] = frozenset()
    keyword_only: frozenset[str] = frozenset()
    variadic: bool = False

    @property
    def plain(self) -> bool:
        """Whether the function can be called with the context and the services alone."""
        return not self.required and not self.takes_failures

    @property
    def takes_failures(self) -> bool:
        """Whether the function has a parameter for what failed before it."""
        return _FAILURES in self.names or _FAILURES in self.keyword_only

    def answer_name(self, *, item: bool) -> str | None:
        """The parameter that gets an answer: the first one after the item of a map."""
        free = [name for name in self.names[1 if item else 0 :] if name != _FAILURES]
        return free[0] if free else next(iter(self.keyword_only & {"answer", "value"}), None)

    def takes_answer(self, *, item: bool) -> bool:
        """Whether an answer can be given."""
        return self.variadic or self.answer_name(item=item) is not None

    def bind(
        self,
        fn: Callable[..., Awaitable[Any]],
        *,
        item: Any = UNSET,
        answer: Any = UNSET,
        failures: Sequence[Any] = (),
    ) -> Callable[..., Awaitable[Any]]:
        """`fn` as a function of the context and the services, the rest given."""
        positional: list[Any] = [] if item is UNSET else [item]
        name = self.answer_name(item=item is not UNSET)
        keywords: dict[str, Any] = {_FAILURES: tuple(failures)} if self.takes_failures else {}
        if name is None:
            positional += [] if answer is UNSET else [answer]
        elif answer is not UNSET:
            keywords[name] = answer
        elif name in self.required:
            keywords[name] = None

        def bound(ctx: Any, services: Any) -> Awaitable[Any]:
            return fn(ctx, services, *positional, **keywords)

        return bound


def arguments_of(fn: Callable[..., Any]) -> Arguments:
    """Read the signature of a state's function."""
    try:
        parameters = inspect.signature(fn, follow_wrapped=False).parameters.values()
    except (TypeError, ValueError):  # some callables of C have none that can be read
        return Arguments(variadic=True)
    further = [p for p in parameters if p.kind in _POSITIONAL][2:]
    named = [p for p in parameters if p.kind is Parameter.KEYWORD_ONLY]
    return Arguments(
        tuple(p.name for p in further),
        frozenset(p.name for p in (*further, *named) if p.default is Parameter.empty),
        frozenset(p.name for p in named),
        any(p.kind is Parameter.VAR_POSITIONAL for p in parameters),
    )
