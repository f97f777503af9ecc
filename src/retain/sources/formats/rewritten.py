"""Texts in other markups, rewritten as Markdown whose characters know their place in the source."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping

from retain.sources.decoded import DecodedText
from retain.sources.drafts import Draft, Marks, Outline
from retain.sources.formats.base import SourceText
from retain.sources.formats.markdown import parse_markdown

_BLANK_LINES = re.compile(r"\n{3,}")


class Rewriting:
    """The Markdown of a source in another markup, written piece by piece.

    Args:
        source: The source.

    Attributes:
        text: Its text.
        passed: What is passed over, by reason.
    """

    def __init__(self, source: SourceText) -> None:
        self.source = source
        self.text = source.text
        self.passed = Counter[str]()
        self._markdown = DecodedText(source.text)
        self._waiting = ""

    def write(self, words: str) -> None:
        """Add markup that the source writes otherwise, or not at all."""
        self._waiting += words

    def new_line(self) -> None:
        """End the line, if nothing has ended it yet."""
        if not self._waiting.endswith("\n"):
            self._waiting += "\n"

    def copy(self, start: int, end: int) -> None:
        """Add a span of the source as it stands."""
        if start < end:
            self._add_waiting(start)
            self._markdown.copy(start, end)

    def put(self, words: str, start: int, end: int) -> None:
        """Add words that stand for a span of the source."""
        self._add_waiting(start)
        self._markdown.put(words, start, end)

    def json_string(self, start: int, end: int) -> None:
        """Add what a string of JSON says; the span is that between its quotes."""
        self._add_waiting(start)
        self._markdown.json_string(start, end)

    @property
    def blank(self) -> bool:
        """Whether there are no words so far."""
        return self._markdown.blank(0)

    def _add_waiting(self, start: int) -> None:
        """Add the markup before the words at `start`: what ends a line stands before its end."""
        waiting = _BLANK_LINES.sub("\n\n", self._waiting)
        ending, line_end, beside = waiting.partition("\n")
        if not self._markdown.length:
            ending, line_end, beside = "", "", waiting.lstrip("\n")
        self._markdown.insert(ending + line_end)
        self._markdown.insert(beside, at=start)
        self._waiting = ""

    def front_matter(self, properties: Mapping[str, object]) -> None:
        """Add what the source tells of itself; first of all."""
        if properties:
            lines = (f"{key}: {json.dumps(value)}" for key, value in properties.items())
            self.write("---\n" + "\n".join(lines) + "\n---\n\n")

    @property
    def length(self) -> int:
        """How many characters there are, those included that are to be added."""
        return self._markdown.length + len(self._waiting)

    def as_section(self, marks: Marks) -> Outline:
        """What was written as one section.

        Args:
            marks: Where it may be cut.
        """
        source = self.source
        self._add_waiting(len(self.text))
        text = self._markdown.text.rstrip()
        draft = Draft(0, len(text), speaker=source.author, said_at=source.reference_date)
        return Outline(None, {}, [draft], marks, dict(self.passed), self._markdown)

    def outline(self) -> Outline:
        """The sections of what was written, along its headings.

        Raises:
            SourceError: There are too many.
        """
        source = self.source
        self._add_waiting(len(self.text))
        made = parse_markdown(
            self._markdown.text,
            source_id=source.source_id,
            reference_date=source.reference_date,
            max_sections=source.max_sections,
            author=source.author,
        )
        passed = {reason: count for reason, count in self.passed.items() if count}
        return Outline(made.title, made.meta, made.drafts, made.marks, passed, self._markdown)
