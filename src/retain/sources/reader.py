"""The reader: files to text, and text of any known form to sections."""

from __future__ import annotations

import asyncio
from datetime import datetime

from retain.concurrency import computed
from retain.memory.model import Document, Limits, Section
from retain.sources.dates import as_utc
from retain.sources.decoding import check_size, check_text, read_bytes, read_text
from retain.sources.discovery import from_origin, printable
from retain.sources.documents import Converter
from retain.sources.drafts import check_count, section_id, to_sections
from retain.sources.lines import Lines
from retain.sources.suffixes import is_document


class FileReader:
    """Reads files and cuts texts into sections, off the event loop.

    Args:
        limits: What one source may be.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._converter = Converter()

    async def load(self, origin: str) -> str:
        """The text of the file at `origin`, a path or what `to_origin` made of one.

        A document such as a PDF is converted: its text is Markdown.

        Raises:
            SourceError: It cannot be read or converted, is not text, is empty or too large.
        """
        return await asyncio.to_thread(self._load, from_origin(origin))

    def _load(self, path: str) -> str:
        max_bytes = self._limits.max_bytes
        if not is_document(path):
            return read_text(path, max_bytes)
        return self._converter.convert(read_bytes(path, max_bytes), printable(path), max_bytes)

    async def parse(
        self,
        text: str,
        *,
        source_id: str,
        reference_date: datetime | None,
        messages: bool = False,
    ) -> Document:
        """The sections of `text`: Markdown, a transcript, or JSON/JSONL chat messages.

        Args:
            text: The text.
            source_id: Its source.
            reference_date: When it was written.
            messages: Whether it has to be chat messages, whatever it looks like.

        Raises:
            SourceError: It has no content, is too large, is no text, or is broken JSON.
        """
        return await computed(
            parse_text,
            text,
            source_id=source_id,
            reference_date=reference_date,
            limits=self._limits,
            messages=messages,
        )

    def check_size(self, source_id: str, characters: int, sections: int) -> None:
        """Refuse a source that something is added to, if it gets too large.

        Raises:
            SourceError: It has more than the limits allow; each character is a byte at least.
        """
        check_size(characters, source_id, self._limits.max_bytes)
        check_count(sections, source_id, self._limits.max_sections)

    def is_message_a_line(self, text: str, source_id: str) -> bool:
        """Whether the text is a chat with a message on each line, so that lines can be added."""
        from retain.sources.chat import is_chat, is_message

        first = text.removeprefix("\ufeff").lstrip().partition("\n")[0]
        return is_chat(text, source_id) and is_message(first)

    def section_id(self, section: Section, text: str, occurrence: int) -> str:
        """The id of a section that is the `occurrence`-th of its source to say `text`, from 1."""
        return section_id(section, text, occurrence)


def parse_text(
    text: str,
    *,
    source_id: str,
    reference_date: datetime | None,
    limits: Limits,
    messages: bool = False,
) -> Document:
    """The sections of `text`; what `FileReader.parse` runs in a thread.

    Raises:
        SourceError: It has no content, is too large, is no text, or is broken JSON.
    """
    # The parsers take a third of the time that a command needs to start, and few commands parse.
    from retain.sources.chat import is_chat, parse_chat
    from retain.sources.chunks import cut
    from retain.sources.markdown import parse_markdown

    check_text(text, source_id, limits.max_bytes)
    parse = parse_chat if messages or is_chat(text, source_id) else parse_markdown
    outline = parse(
        text,
        source_id=source_id,
        reference_date=reference_date and as_utc(reference_date),
        max_sections=limits.max_sections,
    )
    lines = Lines(text)
    drafts = list(cut(outline.drafts, lines, outline.marks))
    check_count(len(drafts), source_id, limits.max_sections)
    return Document(outline.title, outline.meta, tuple(to_sections(drafts, lines)))
