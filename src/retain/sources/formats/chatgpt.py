"""Conversations of ChatGPT: of a tree of messages, the branch that was kept."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from retain.sources.drafts import Outline
from retain.sources.formats.base import Sample, SourceText
from retain.sources.formats.chat import ChatReading, outline_of
from retain.sources.jsonspans import (
    JsonError,
    element_starts,
    member_starts,
    members,
    node_at,
    skip_blanks,
)

# How a conversation begins whose end may be missing.
_BEGINS = re.compile(r'[\ufeff\s]{0,20}\[?\s{0,20}\{[^{}]{0,2000}"mapping"\s{0,20}:\s{0,20}\{')


@dataclass(frozen=True, slots=True)
class _Node:
    """A message of a tree, or its root: all of a tree in memory takes five times its text."""

    start: int
    parent: str | None
    is_leaf: bool
    speaks: bool


@dataclass(frozen=True, slots=True)
class _Tree:
    """A conversation: its messages by their keys."""

    title: str
    current: str | None
    nodes: dict[str, _Node]

    def kept(self) -> list[_Node]:
        """The messages from the first to the current one, or to the newest leaf."""
        key = self.current
        if key not in self.nodes:
            key = next((name for name in reversed(self.nodes) if self.nodes[name].is_leaf), None)
        path: dict[str, _Node] = {}
        while key is not None and key in self.nodes and key not in path:
            path[key] = self.nodes[key]
            key = path[key].parent
        return list(path.values())[::-1]


class ChatGpt:
    """A conversation of ChatGPT's ``conversations.json``, or a list of them."""

    name = "chatgpt"
    suffixes = frozenset[str]()

    def detect(self, sample: Sample) -> bool | None:
        if sample.begins not in ("[", "{"):
            return False
        try:
            return next(_trees(sample.text), None) is not None
        except JsonError as error:
            return error.cut_off and _BEGINS.match(sample.text) is not None

    def read(self, source: SourceText) -> Outline:
        text, reading = source.text, ChatReading(source)
        try:
            for tree in filter(None, _trees(text)):
                reading.path = (tree.title,) if tree.title else ()
                kept = tree.kept()
                for node in kept:
                    message = dict(member_starts(text, node.start))["message"]
                    if text[message] == "{":
                        reading.value(node_at(text, message))
                left = sum(one.speaks for one in tree.nodes.values())
                if left := left - sum(one.speaks for one in kept):
                    reading.passed["answers that were replaced"] += left
        except JsonError as error:
            raise reading.refused(error) from error
        return outline_of(source, reading, {"title": reading.path[-1]} if reading.path else {})


def _trees(text: str) -> Iterator[_Tree | None]:
    """The conversation that a text is, or those of a list; None for any other value."""
    at = skip_blanks(text, int(text.startswith("\ufeff")))
    for start in element_starts(text, at) if text[at] == "[" else (at,):
        yield _tree(text, start)


def _tree(text: str, start: int) -> _Tree | None:
    held = dict(member_starts(text, start)) if text[start] == "{" else {}
    nodes: dict[str, _Node] = {}
    if "mapping" not in held or text[held["mapping"]] != "{":
        return None
    for key, node in members(text, held["mapping"]):
        told = cast("dict[str, Any]", node.value if isinstance(node.value, dict) else {})
        if "message" not in told:
            return None
        parent = _text(told.get("parent"))
        nodes[key] = _Node(node.start, parent, not told.get("children"), _speaks(told))
    title, current = (
        _text(node_at(text, held[one]).value) if one in held else None
        for one in ("title", "current_node")
    )
    if title is None or not title.strip():
        title = ""
    return _Tree(title, current, nodes) if nodes else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _speaks(node: Mapping[str, Any]) -> bool:
    """Whether a node is a message of the user or the model."""
    message = node.get("message")
    author = cast("dict[str, Any]", message).get("author") if isinstance(message, dict) else None
    role = cast("dict[str, Any]", author).get("role") if isinstance(author, dict) else None
    return role in ("user", "assistant")
