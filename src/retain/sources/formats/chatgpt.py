"""Conversations of ChatGPT: of a tree of messages, the branch that was kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from retain.sources.drafts import Outline
from retain.sources.formats.base import Sample, SourceText
from retain.sources.formats.chat import ChatReading, first_values, outline_of
from retain.sources.jsonspans import (
    JsonError,
    Node,
    elements,
    member,
    members,
    node_at,
    skip_blanks,
)


class ChatGpt:
    """A conversation of ChatGPT's ``conversations.json``, or a list of them."""

    name = "chatgpt"
    suffixes = frozenset[str]()

    def detect(self, sample: Sample) -> bool | None:
        if sample.begins not in ("[", "{"):
            return False
        at = skip_blanks(sample.text, int(sample.text.startswith("\ufeff")))
        try:
            return any(_is_tree(node.value) for node in first_values(sample.text, at, 1))
        except JsonError:
            return False

    def read(self, source: SourceText) -> Outline:
        reading = ChatReading(source)
        try:
            for tree in _trees(source.text):
                held = cast("dict[str, Any]", tree.value)
                title = held.get("title")
                reading.path = (title,) if isinstance(title, str) and title.strip() else ()
                mapping = member(source.text, tree, "mapping")
                # Only the places: the values are in memory once, in the tree.
                places = {key: node.start for key, node in members(source.text, mapping.start)}
                for key in _kept(held):
                    if isinstance(held["mapping"][key].get("message"), dict):
                        node = node_at(source.text, places[key])
                        reading.value(member(source.text, node, "message"))
                left = sum(_speaks(one) for one in held["mapping"].values()) - sum(
                    _speaks(held["mapping"][key]) for key in _kept(held)
                )
                if left:
                    reading.passed["answers that were replaced"] += left
        except JsonError as error:
            raise reading.refused(error) from error
        return outline_of(source, reading, {"title": reading.path[-1]} if reading.path else {})


def _trees(text: str) -> Iterator[Node]:
    at = skip_blanks(text, int(text.startswith("\ufeff")))
    values = elements(text, at) if text[at] == "[" else first_values(text, at, 1)
    return (one for one in values if _is_tree(one.value))


def _is_tree(value: object) -> bool:
    held = cast("dict[str, object]", value) if isinstance(value, dict) else {}
    mapping = held.get("mapping")
    nodes = cast("dict[str, Any]", mapping).values() if isinstance(mapping, dict) else ()
    return bool(nodes) and all(isinstance(node, dict) and "message" in node for node in nodes)


def _kept(held: Mapping[str, Any]) -> list[str]:
    """The keys of the messages from the first to the current one, or to the newest leaf."""
    mapping = cast("dict[str, dict[str, Any]]", held["mapping"])
    key: object = held.get("current_node")
    if key not in mapping:
        leaves = [name for name, node in mapping.items() if not node.get("children")]
        key = leaves[-1] if leaves else None
    path: dict[str, None] = {}
    while isinstance(key, str) and key in mapping and key not in path:
        path[key] = None
        key = mapping[key].get("parent")
    return list(path)[::-1]


def _speaks(node: Mapping[str, Any]) -> bool:
    """Whether a node is a message of the user or the model."""
    message = node.get("message")
    author = cast("dict[str, Any]", message).get("author") if isinstance(message, dict) else None
    role = cast("dict[str, Any]", author).get("role") if isinstance(author, dict) else None
    return role in ("user", "assistant")
