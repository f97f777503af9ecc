"""JSON and JSON Lines that hold no messages: each record a section of lines ``key: value``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import cast

from retain.errors import SourceError
from retain.sources.decoded import DecodedText
from retain.sources.drafts import Draft, Outline, check_count
from retain.sources.formats.base import Sample, SourceText
from retain.sources.jsonspans import JsonError, Node, elements, members, node_at, skip_blanks

_NAMES = ("name", "title", "label", "id", "key")
_MAX_DEPTH = 8
_MAX_NAME = 80
_MAX_WORD = 400


class JsonData:
    """Data in JSON: settings, lists of records, answers of servers."""

    name = "json"
    suffixes = frozenset[str]()

    def detect(self, sample: Sample) -> bool | None:
        text = sample.text
        if sample.begins not in ("[", "{"):
            return False
        try:
            node = node_at(text, int(text.startswith("\ufeff")))
        except JsonError:
            return False
        after = text[skip_blanks(text, node.end) :][:1]
        if not node.value or after not in ("", "{", "["):
            return False
        return not any(map(_says, _list(node.value)[:20] or [node.value]))

    def read(self, source: SourceText) -> Outline:
        records = _Records(source)
        at = skip_blanks(source.text, int(source.text.startswith("\ufeff")))
        while at < len(source.text):
            try:
                node = node_at(source.text, at)
            except JsonError as error:
                if not records.drafts:
                    line = source.text.count("\n", 0, error.offset) + 1
                    raise SourceError(source.source_id, f"line {line}: {error}") from error
                records.passed["broken lines"] += 1
                after = source.text.find("\n", at)
                at = len(source.text) if after < 0 else skip_blanks(source.text, after)
                continue
            records.value(node, (PurePath(source.source_id).stem,))
            at = skip_blanks(source.text, node.end)
        if not records.drafts:
            raise SourceError(source.source_id, "is JSON without any words or numbers")
        return Outline(None, {}, records.drafts, (), dict(+records.passed), records.decoded)


class _Records:
    """The records that were read so far."""

    def __init__(self, source: SourceText) -> None:
        self._source = source
        self.decoded = DecodedText(source.text)
        self.drafts: list[Draft] = []
        self.passed = Counter[str]()

    def value(self, node: Node, path: tuple[str, ...]) -> None:
        """Read a value that is a record, or a list of them."""
        if _holds_records(node.value):
            for element in elements(self._source.text, node.start):
                self.value(element, path)
            return
        if len(path) > _MAX_DEPTH:
            self.passed["values that are nested too deeply"] += 1
            return
        path = (*path, *_name(node.value))
        if self.decoded.length:
            self.decoded.insert("\n\n")
        start = self.decoded.length
        lists = list(self._lines(node, ""))
        if not self.decoded.blank(start):
            span = (start, self.decoded.length)
            said_at = self._source.reference_date
            self.drafts.append(Draft(*span, "text", len(path), path, None, said_at))
            check_count(len(self.drafts), self._source.source_id, self._source.max_sections)
        for key, inner in lists:
            self.value(inner, (*path, key))

    def _lines(self, node: Node, label: str, depth: int = 0) -> Iterator[tuple[str, Node]]:
        """Add the lines of a value; the lists of records in it are given with their keys."""
        if _holds_records(node.value):
            yield label, node
        elif depth > _MAX_DEPTH:
            self.passed["values that are nested too deeply"] += 1
        elif _is_record(node.value):
            for key, inner in members(self._source.text, node.start):
                shown = " ".join(key.replace("_", " ").split())
                yield from self._lines(inner, f"{label} {shown}".strip(), depth + 1)
        elif _list(node.value):
            nodes = list(elements(self._source.text, node.start))
            self._line([one for one in nodes if not _list(one.value)], label)
        else:
            self._line([node], label)

    def _line(self, nodes: list[Node], label: str) -> None:
        """Add a line with one value, or with several of a list."""
        said = [one for one in nodes if one.value is not None and _is_word(one.value)]
        plain = [one for one in said if not _is_encoded(one.value)]
        self.passed["encoded values"] += len(said) - len(plain)
        for number, node in enumerate(plain):
            before = ", " if number else f"{label}: " if label else ""
            self.decoded.insert(before, node.start)
            if isinstance(node.value, str):
                self.decoded.json_string(node.start + 1, node.end - 1)
            elif isinstance(node.value, bool):
                self.decoded.put("yes" if node.value else "no", node.start, node.end)
            else:
                self.decoded.copy(node.start, node.end)
        if plain:
            self.decoded.insert("\n")


def _list(value: object) -> list[object]:
    """The values of a list; none of anything else."""
    return cast("list[object]", value) if isinstance(value, list) else []


def _is_record(value: object) -> bool:
    return isinstance(value, dict)


def _holds_records(value: object) -> bool:
    return any(map(_is_record, _list(value)))


def _is_word(value: object) -> bool:
    """Whether a value can be told in a line."""
    return bool(value.strip()) if isinstance(value, str) else isinstance(value, int | float)


def _says(value: object) -> bool:
    """Whether a value says something as a message does, though nobody is named."""
    held: Mapping[str, object] = {}
    if isinstance(value, dict):
        held = cast("Mapping[str, object]", value)
    return any(key in held for key in ("content", "message", "text"))


def _name(value: object) -> tuple[str, ...]:
    """What a record is called, if it has a name."""
    held: Mapping[str, object] = {}
    if isinstance(value, dict):
        held = cast("Mapping[str, object]", value)
    named = (held.get(key) for key in _NAMES)
    name = next((str(one).strip() for one in named if isinstance(one, str | int) and one), "")
    return (" ".join(name.split()),) if 0 < len(name) <= _MAX_NAME else ()


def _is_encoded(value: object) -> bool:
    """Whether a string is no text: a picture in base64, a key, a signature."""
    return isinstance(value, str) and len(value) > _MAX_WORD and " " not in value
