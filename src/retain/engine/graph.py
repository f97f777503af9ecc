"""The declared transitions as a graph: what is wrong with it, and its picture in Mermaid."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

from retain.engine.context import StepLogEntry
from retain.engine.transitions import Complete, Parallel, Target, chains

_STYLES = {
    "done": "fill:#d9f2d9,stroke:#2e7d32",
    "failed": "fill:#fbdada,stroke:#c62828",
    "running": "fill:#fff3cd,stroke:#b58900",
}

Declared = Mapping[str, frozenset[Target] | None]
"""Each state's declared targets; None where nothing is declared and anything may follow."""


def problems(
    declared: Declared, initial_state: str, handlers: Mapping[str, str]
) -> tuple[str, ...]:
    """Unknown targets, unreachable states and states that can never complete.

    A state that declares no target at all (``to=()``) is an end: it completes or fails. A state
    that declares targets completes only if `Complete` is among them.

    Args:
        declared: The graph.
        initial_state: Where it begins.
        handlers: The ``on_error=`` state of each state that has one.
    """
    found: list[str] = []
    if initial_state not in declared:
        found.append(f"the initial state {initial_state!r} is not registered")
    for state, targets in sorted(declared.items()):
        unknown = sorted({name for name in _names(targets or ()) if name not in declared})
        found.extend(f"{state}: unknown target {name!r}" for name in unknown)
        handler = handlers.get(state, state)
        found.extend([f"{state}: unknown on_error {handler!r}"] if handler not in declared else [])
    if initial_state not in declared:
        return tuple(found)
    inner = _only_in_branches(declared, initial_state, handlers)
    reached = _reachable(declared, initial_state, inner, handlers)
    if all(declared[state] is not None for state in reached - inner):
        found.extend(
            f"{state}: cannot be reached from {initial_state!r}"
            for state in sorted(declared.keys() - reached)
        )
    ending = _can_complete(declared, handlers)
    found.extend(
        f"{state}: can never complete" for state in sorted(declared.keys() - ending - inner)
    )
    return tuple(found)


def diagram(
    declared: Declared,
    initial_state: str,
    handlers: Mapping[str, str],
    steps: Sequence[StepLogEntry] = (),
) -> str:
    """A Mermaid state diagram (https://mermaid.js.org/syntax/stateDiagram.html).

    Args:
        declared: The graph.
        initial_state: Where it begins.
        handlers: The ``on_error=`` state of each state that has one.
        steps: A run's step log: the states that it was in are coloured and timed.
    """
    ids = {name: f"s{n}" for n, name in enumerate(_in_order(declared, initial_state, handlers))}
    told = _told(steps)
    lines = ["stateDiagram-v2"]
    for name, node in ids.items():
        label = f"{name} - {told[name][1]}" if name in told else name
        lines.append(f'    state "{_label(label)}" as {node}')
    if initial_state in ids:
        lines.append(f"    [*] --> {ids[initial_state]}")
    forks = 0
    inner = _only_in_branches(declared, initial_state, handlers)
    for name, node in ids.items():
        if name in handlers:
            lines.append(f"    {node} --> {ids[handlers[name]]} : on error")
        if name in inner or name not in declared:
            continue
        targets = declared[name]
        if targets is not None and not targets:
            lines.append(f"    {node} --> [*]")
        for target in sorted(targets or (), key=_sort_key):
            match target:
                case str():
                    lines.append(f"    {node} --> {ids[target]}")
                case Parallel():
                    forks += 1
                    lines += _fork(target, node, forks, ids)
                case _:
                    lines.append(f"    {node} --> [*]")
    if told:
        lines += [f"    classDef {kind} {style}" for kind, style in _STYLES.items()]
        lines += [
            f"    class {ids[name]} {kind}" for name, (kind, _) in told.items() if name in ids
        ]
    return "\n".join(lines) + "\n"


def _told(steps: Sequence[StepLogEntry]) -> dict[str, tuple[str, str]]:
    """For each state of a run, how its last attempt ended, and how long all of them took."""
    told: dict[str, tuple[str, str]] = {}
    spent: dict[str, float] = {}
    attempts: dict[str, int] = {}
    for entry in steps:
        name = entry.state.removeprefix("parallel:")
        spent[name] = spent.get(name, 0.0) + (entry.duration_ms or 0.0)
        attempts[name] = attempts.get(name, 0) + 1
        kind = "failed" if entry.error else "done" if entry.closed else "running"
        times = f", {attempts[name]} attempts" if attempts[name] > 1 else ""
        told[name] = (kind, f"{spent[name]:.0f} ms{times}")
    return told


def _fork(spec: Parallel, node: str, number: int, ids: Mapping[str, str]) -> Iterator[str]:
    fork, join = f"fork{number}", f"join{number}"
    yield f"    state {fork} <<fork>>"
    yield f"    state {join} <<join>>"
    yield f"    {node} --> {fork}"
    for chain in chains(spec) or ((),):
        path = [fork, *(ids[name] for name in chain), join]
        yield from (f"    {a} --> {b}" for a, b in itertools.pairwise(path))
    yield f"    {join} --> {ids[spec.join]}"


def _names(targets: Iterable[Target]) -> Iterator[str]:
    for target in targets:
        match target:
            case str():
                yield target
            case Parallel():
                for chain in chains(target):
                    yield from chain
                yield target.join
            case _:
                pass


def _reachable(
    declared: Declared, initial_state: str, inner: Set[str], handlers: Mapping[str, str]
) -> set[str]:
    reached: set[str] = set()
    ahead = [initial_state]
    while ahead:
        state = ahead.pop()
        if state in declared and state not in reached:
            reached.add(state)
            ahead.extend([handlers[state]] if state in handlers else [])
            if state not in inner:
                ahead.extend(_names(declared[state] or ()))
    return reached


def _can_complete(declared: Declared, handlers: Mapping[str, str]) -> set[str]:
    ending = {
        state
        for state, targets in declared.items()
        if not targets or any(isinstance(t, Complete) for t in targets)
    }
    while True:
        more = {
            state
            for state, targets in declared.items()
            if state not in ending
            and (handlers.get(state) in ending or any(_next(t) in ending for t in targets or ()))
        }
        if not more:
            return ending
        ending |= more


def _next(target: Target) -> str | None:
    match target:
        case str():
            return target
        case Parallel():
            return target.join
        case _:
            return None


def _only_in_branches(
    declared: Declared, initial_state: str, handlers: Mapping[str, str]
) -> set[str]:
    """The states that run in branches alone: where they may go is ignored, as their results are."""
    inner = {
        name
        for targets in declared.values()
        for target in targets or ()
        if isinstance(target, Parallel)
        for chain in chains(target)
        for name in chain
    }
    while more := {handlers[name] for name in inner if name in handlers} - inner:
        inner |= more
    while True:
        followed = {initial_state} | {
            _next(target)
            for state, targets in declared.items()
            if state not in inner
            for target in targets or ()
        }
        followed |= {handlers[name] for name in handlers if name not in inner}
        if not inner & followed:
            return inner
        inner -= followed


def _in_order(
    declared: Declared, initial_state: str, handlers: Mapping[str, str]
) -> dict[str, None]:
    """Every name that occurs, the initial state first, then in the order of registration."""
    order: dict[str, None] = {initial_state: None} if initial_state in declared else {}
    for state, targets in declared.items():
        order.setdefault(state)
        for name in _names(sorted(targets or (), key=_sort_key)):
            order.setdefault(name)
        if state in handlers:
            order.setdefault(handlers[state])
    return order


def _sort_key(target: Target) -> tuple[int, str]:
    match target:
        case str():
            return (0, target)
        case Parallel():
            return (1, repr(target))
        case _:
            return (2, "")


def _label(name: str) -> str:
    """Every character that Mermaid or a browser could read as syntax, as an entity."""
    return re.sub(r"[^\w .-]", lambda found: f"#{ord(found[0])};", name) or " "
