"""The machine as a chart in SVG: laid out from the Mermaid diagram that the engine writes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

_STATE = re.compile(r'    state "(?P<label>[^"]*)" as (?P<node>\w+)')
_BAR = re.compile(r"    state (?P<node>\w+) <<(?:fork|join)>>")
_EDGE = re.compile(r"    (?P<start>\w+|\[\*\]) --> (?P<end>\w+|\[\*\])")
_CLASS = re.compile(r"    class (?P<node>\w+) (?P<kind>\w+)")
_CODE = re.compile(r"#(\d+);")

Edge = tuple[str, str]

WIDTH, HEIGHT, GAP_X, GAP_Y, BAR = 196, 40, 12, 26, 6


@dataclass(frozen=True, slots=True)
class Node:
    """A state, or the bar at which branches begin or meet.

    Args:
        name: The state's name; empty for a bar.
        detail: How long it took, and how often it was tried.
        kind: ``done``, ``running``, ``failed``, ``bar``, or empty for a state not reached.
        x: Of the upper left corner.
        y: Of the upper left corner.
        width: In user units.
        height: In user units.
    """

    name: str
    detail: str
    kind: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Chart:
    """What the template draws: nodes, and the paths of edges with whether they lead back."""

    width: float
    height: float
    nodes: tuple[Node, ...]
    edges: tuple[tuple[str, bool], ...]


def chart(mermaid: str) -> Chart:
    """Lay out a diagram from top to bottom."""
    labels: dict[str, str] = {}
    kinds: dict[str, str] = {}
    edges: list[Edge] = []
    for line in mermaid.splitlines():
        if found := _STATE.fullmatch(line):
            labels[found["node"]] = _CODE.sub(lambda one: chr(int(one[1])), found["label"])
        elif found := _BAR.fullmatch(line):
            labels[found["node"]], kinds[found["node"]] = "", "bar"
        elif (found := _EDGE.match(line)) and "[*]" not in (found["start"], found["end"]):
            edges.append((found["start"], found["end"]))
        elif found := _CLASS.fullmatch(line):
            kinds[found["node"]] = found["kind"]
    again = _repeats(edges)
    for node in again:
        labels.pop(node, None)
    edges, back = _without(edges, again)
    layers = _layers(list(labels), edges)
    rows: defaultdict[int, list[str]] = defaultdict(list)
    for node in labels:
        rows[layers[node]].append(node)
    widest = max((len(row) for row in rows.values()), default=1)
    total = widest * (WIDTH + GAP_X) + 2 * GAP_X
    places: dict[str, Node] = {}
    y = float(GAP_X)
    for layer in sorted(rows):
        row = rows[layer]
        is_bars = all(kinds.get(node) == "bar" for node in row)
        height = BAR if is_bars else HEIGHT
        left = (total - len(row) * (WIDTH + GAP_X) + GAP_X) / 2
        for place, node in enumerate(row):
            name, _, detail = labels[node].partition(" - ")
            x = left + place * (WIDTH + GAP_X)
            bar = kinds.get(node) == "bar"
            size = BAR if bar else HEIGHT
            places[node] = Node(name, detail, kinds.get(node, ""), x, y, WIDTH, size)
        y += height + GAP_Y
    drawn = tuple(_edge(places[start], places[end], total) for start, end in [*edges, *back])
    return Chart(total, y, tuple(places.values()), drawn)


def _repeats(edges: Sequence[Edge]) -> set[str]:
    """The bars of branches that only run again what earlier branches have run."""
    seen: set[str] = set()
    repeats: set[str] = set()
    for fork in dict.fromkeys(start for start, _ in edges if start.startswith("fork")):
        branches = {end for start, end in edges if start == fork}
        if branches <= seen:
            repeats |= {fork, fork.replace("fork", "join")}
        seen |= branches
    return repeats


def _without(edges: Sequence[Edge], bars: Collection[str]) -> tuple[list[Edge], list[Edge]]:
    """The edges without some bars, and those that lead back in the place of each."""
    kept = [(start, end) for start, end in edges if start not in bars and end not in bars]
    back: list[Edge] = []
    for before, bar in edges:
        if bar in bars and bar.startswith("fork"):
            back += [(before, end) for start, end in edges if start == bar]
    return kept, back


def _layers(nodes: Sequence[str], edges: Sequence[Edge]) -> Mapping[str, int]:
    """How far each node is from the first, on the longest way that does not turn back."""
    following: defaultdict[str, list[str]] = defaultdict(list)
    for start, end in edges:
        following[start].append(end)
    order: list[str] = []
    state: dict[str, int] = {}
    forward: list[Edge] = []

    def visit(node: str) -> None:
        state[node] = 1
        for end in following[node]:
            if state.get(end) == 1:
                continue  # leads back
            forward.append((node, end))
            if end not in state:
                visit(end)
        state[node] = 2
        order.append(node)

    for node in nodes:
        if node not in state:
            visit(node)
    layers = dict.fromkeys(nodes, 0)
    starts: defaultdict[str, list[str]] = defaultdict(list)
    for start, end in forward:
        starts[start].append(end)
    for node in reversed(order):
        for end in starts[node]:
            layers[end] = max(layers[end], layers[node] + 1)
    return layers


def _edge(start: Node, end: Node, total: float) -> tuple[str, bool]:
    """The path of an edge; one that leads back, or past other rows, runs beside them."""
    x1, y1 = start.x + start.width / 2, start.y + start.height
    x2, y2 = end.x + end.width / 2, end.y
    is_back = y2 <= y1
    if is_back or y2 - y1 > GAP_Y + HEIGHT + 2 * BAR:
        y1, y2 = start.y + start.height / 2, end.y + end.height / 2
        x1, x2 = start.x + start.width, end.x + end.width
        side = min(max(x1, x2) + 40, total - 2)
        path = f"M{x1:.0f},{y1:.0f} C{side:.0f},{y1:.0f} {side:.0f},{y2:.0f} {x2:.0f},{y2:.0f}"
        return path, is_back
    middle = (y1 + y2) / 2
    path = f"M{x1:.0f},{y1:.0f} C{x1:.0f},{middle:.0f} {x2:.0f},{middle:.0f} {x2:.0f},{y2:.0f}"
    return path, False
