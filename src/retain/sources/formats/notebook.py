"""Jupyter notebooks: what people wrote in them, without what the cells printed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, cast

from retain.errors import SourceError
from retain.sources.drafts import Outline
from retain.sources.formats.base import Sample, SourceText
from retain.sources.formats.rewritten import Rewriting
from retain.sources.jsonspans import (
    JsonError,
    Node,
    elements,
    member_starts,
    members,
    skip_blanks,
)

_HEAD = re.compile(r'\{\s*"(?:cells|metadata|nbformat|nbformat_minor|worksheets)"\s*:')
_CELLS = re.compile(r'"(?:cells|worksheets)"\s*:\s*\[')
_LANGUAGE = re.compile(r"[\w+#-]{1,20}")
_TICKS = re.compile(r"`{3,}")


class Notebook:
    """Jupyter notebooks, nbformat 3 and 4."""

    name = "notebook"
    suffixes = frozenset({".ipynb"})

    def detect(self, sample: Sample) -> bool | None:
        if sample.begins != "{":
            return False
        begins = sample.text[:4096].removeprefix("\ufeff").lstrip()
        shown = _HEAD.match(begins) and '"nbformat"' in sample.text and _CELLS.search(sample.text)
        return bool(shown) or None

    def read(self, source: SourceText) -> Outline:
        writing = Rewriting(source)
        try:
            root = _root(source)
            language = _language(root.value)
            for number, cell in enumerate(_cells(source.text, root)):
                _write_cell(writing, cell, language, first=number == 0)
        except JsonError as error:
            line = source.text.count("\n", 0, error.offset) + 1
            raise SourceError(
                source.source_id,
                f"line {line}: the notebook is broken or cut off ({error}): open it in Jupyter "
                "and save it again, or get the whole file",
            ) from error
        if writing.blank:
            what = "outputs" if writing.passed["outputs"] else "empty cells"
            raise SourceError(
                source.source_id,
                f"is a notebook of {what} only: there are no words or code to retain in it",
            )
        return writing.outline()


def _root(source: SourceText) -> Node:
    # A notebook with pictures is large, but the reader has to know that the whole is JSON.
    at = skip_blanks(source.text, int(source.text.startswith("\ufeff")))
    node: Node | None = None
    if source.text[at : at + 1] == "{":
        from retain.sources.jsonspans import node_at

        node = node_at(source.text, at)
    if node is None or not _has_cells(node.value):
        raise SourceError(
            source.source_id, 'is no Jupyter notebook: it has no list of "cells" in an object'
        )
    return node


def _has_cells(value: Any) -> bool:
    return isinstance(value.get("cells"), list) or isinstance(value.get("worksheets"), list)


def _language(value: Any) -> str:
    metadata = value.get("metadata")
    held = cast("dict[str, Any]", metadata) if isinstance(metadata, dict) else {}
    for key, name in (("language_info", "name"), ("kernelspec", "language")):
        inner = held.get(key)
        told = cast("dict[str, Any]", inner).get(name) if isinstance(inner, dict) else None
        if isinstance(told, str) and _LANGUAGE.fullmatch(told):
            return told
    return "python"


def _cells(text: str, root: Node) -> Iterator[Node]:
    if isinstance(root.value.get("cells"), list):
        yield from elements(text, dict(member_starts(text, root.start))["cells"])
        return
    for sheet in elements(text, dict(member_starts(text, root.start))["worksheets"]):
        if isinstance(sheet.value, dict) and _has_cells(cast("object", sheet.value)):
            yield from elements(text, dict(member_starts(text, sheet.start))["cells"])


def _write_cell(writing: Rewriting, cell: Node, language: str, *, first: bool) -> None:
    value: object = cell.value
    if not isinstance(value, dict):
        writing.passed["values that are no cells"] += 1
        return
    held = cast("dict[str, Any]", value)
    outputs = held.get("outputs")
    if isinstance(outputs, list):
        writing.passed["outputs"] += len(cast("list[Any]", outputs))
    attachments = held.get("attachments")
    if isinstance(attachments, dict):
        writing.passed["pictures"] += len(cast("dict[str, Any]", attachments))
    fields = dict(members(writing.text, cell.start))
    words = fields.get("source", fields.get("input"))
    said = _joined(words.value) if words else ""
    kind = held.get("cell_type")
    if words is None or not said.strip():
        writing.passed["empty cells"] += not outputs
        return
    if kind == "raw":
        writing.passed["raw cells"] += 1
        return
    if not first:
        writing.write("\n\n")
    if kind != "code":
        level = held.get("level")
        if kind == "heading" and isinstance(level, int):
            writing.write("#" * min(max(level, 1), 6) + " ")
        _write_strings(writing, words)
        return
    longest = max((len(run) for run in _TICKS.findall(said)), default=2)
    fence = "`" * max(3, longest + 1)
    writing.write(f"{fence}{language}\n")
    _write_strings(writing, words)
    writing.write(f"\n{fence}")


def _joined(value: Any) -> str:
    if isinstance(value, list):
        return "".join(one for one in cast("list[Any]", value) if isinstance(one, str))
    return value if isinstance(value, str) else ""


def _write_strings(writing: Rewriting, words: Node) -> None:
    """Write a string of JSON, or each of a list of them, which are lines with their ends."""
    strings = [words] if isinstance(words.value, str) else elements(writing.text, words.start)
    for one in strings:
        if isinstance(one.value, str):
            writing.json_string(one.start + 1, one.end - 1)
