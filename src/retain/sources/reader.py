"""The reader: files to text, and text of any known form to sections."""

from __future__ import annotations

import asyncio
import os
import threading
import weakref
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any, BinaryIO

from retain.concurrency import computed
from retain.dates.sources import date_of_name
from retain.errors import InputError, SourceError
from retain.memory.model import Document, Limits, LoadedText, Provenance, Section
from retain.memory.moments import aware
from retain.memory.places import pieces_of
from retain.memory.redaction import Redaction, blanked, redacted, spans_of
from retain.sources.conversion import Conversions
from retain.sources.decoding import check_content, check_size, check_text, decoded, read_bytes
from retain.sources.drafts import check_count, section_id, to_sections
from retain.sources.lines import Lines
from retain.sources.paths import from_origin, printable

if TYPE_CHECKING:
    from retain.sources.formats import Format
    from retain.sources.formats.exports import Export, Part

_GIVEN = Provenance()
"""That of a text that a program gives."""


class FileReader:
    """Reads files and cuts texts into sections, off the event loop.

    Args:
        limits: What one source may be.
        author: Who wrote notes that name no author.
        zone: The zone of the clock in chat logs that name none.
    """

    def __init__(self, limits: Limits, author: str | None = None, zone: tzinfo = UTC) -> None:
        self._limits = limits
        self._author = author
        self._zone = zone
        self._conversions = Conversions(limits)
        weakref.finalize(self, self._conversions.close)

    async def parts(
        self, source_id: str, origin: str, format: str | None = None
    ) -> AsyncIterator[tuple[str, LoadedText | SourceError | None]]:
        """The sources that a file holds by their ids, each with its text.

        Most files are one source. An export of many conversations is one for each of them, with
        the id ``FILE#CONVERSATION``, and an error for each that cannot be used. None stands for
        the text of a file that cannot be loaded: `load` says why.

        Args:
            source_id: The source that the file is.
            origin: The path, or what `to_origin` made of one.
            format: What the file is; None: its content and its suffix decide.

        Raises:
            InputError: There is no such format.
        """
        from retain.sources.formats.exports import export_at

        path = from_origin(origin)
        named = None if format is None else self._named(format)
        export = await asyncio.to_thread(export_at, path) if format is None else _export(named)
        if export is None:
            loaded: LoadedText | None = None
            with suppress(SourceError):
                loaded = await self._off_loop(self._load, path, named)
            yield source_id, loaded
            return
        with open(path, "rb") as file:  # noqa: ASYNC230, PTH123 - it was just read
            async with aclosing(self.parts_of(export, file, source_id)) as parts:
                async for part in parts:
                    yield part

    async def stream(
        self, file: BinaryIO, source_id: str, format: str | None = None
    ) -> AsyncIterator[tuple[str, LoadedText | SourceError | None]]:
        """The sources that an open file holds by their ids; see `parts`.

        Args:
            file: The file, which can be sought in, at its beginning.
            source_id: The source that it is.
            format: What it is; None: its content and the suffix of `source_id` decide.

        Raises:
            InputError: There is no such format.
        """
        from retain.sources.formats.exports import export_in

        named = None if format is None else self._named(format)
        export = export_in(file, source_id) if format is None else _export(named)
        if export is not None:
            async with aclosing(self.parts_of(export, file, source_id)) as parts:
                async for part in parts:
                    yield part
            return
        try:
            check_size(file.seek(0, os.SEEK_END), source_id, self._limits.max_bytes)
            file.seek(0)
            data = await asyncio.to_thread(file.read)
            yield source_id, await self._off_loop(self._loaded, data, source_id, source_id, named)
        except SourceError as error:
            yield source_id, error

    async def given(self, text: str, source_id: str, format: str | None) -> LoadedText:
        """A text that a program gives, converted where it is a page, a mail or the like.

        Raises:
            InputError: There is no such format, or its files hold many sources.
            SourceError: It cannot be converted.
        """
        from retain.sources.formats import FileFormat, Sample, format_of_text

        named = None if format is None else self._named(format)
        if named is not None and _export(named) is not None:
            raise InputError(
                f"{format!r} is a format of files that hold many sources: retain a file"
            )
        data = text.encode()
        if isinstance(named, FileFormat):
            found: FileFormat | None = named
        else:
            found = format_of_text(Sample(source_id, data)) if named is None else None
        if found is None:
            return LoadedText(text, Provenance(format))
        check_size(len(data), source_id, self._limits.max_bytes)
        return await self._off_loop(self._loaded, data, source_id, source_id, found)

    def _named(self, format: str) -> Format | Export:
        from retain.sources.formats import named

        return named(format)

    async def parts_of(
        self, export: Export, file: BinaryIO, source_id: str
    ) -> AsyncGenerator[tuple[str, LoadedText | SourceError], None]:
        """The sources that an open file of many sources holds by their ids, each with its text."""
        given = export.parts(file, source_id, self._limits.max_bytes)
        try:
            while (part := await asyncio.to_thread(next, given, None)) is not None:
                part_id = f"{source_id}#{part.key}"
                try:
                    yield part_id, await self._off_loop(self._load_part, part, part_id)
                except SourceError as error:
                    yield part_id, SourceError(part_id, error.reason)
        except SourceError as error:
            yield source_id, error

    def _load_part(self, part: Part, part_id: str, cancelled: threading.Event) -> LoadedText:
        if part.reason:
            raise SourceError(part_id, part.reason)
        if part.data:
            return self._loaded(part.data, part.name, part_id, None, cancelled)
        provenance = Provenance(names=dict(part.names), passed_over=dict(part.passed_over))
        return LoadedText(part.text, provenance)

    async def load(self, origin: str) -> LoadedText:
        """The text of the file at `origin`, a path or what `to_origin` made of one.

        A document such as a PDF is converted: its text is Markdown.

        Raises:
            SourceError: It cannot be read or converted, is not text, is empty or too large.
        """
        return await self._off_loop(self._load, from_origin(origin), None)

    async def _off_loop(self, load: Callable[..., LoadedText], *given: object) -> LoadedText:
        """Run what may convert a file in a thread; a conversion ends with whoever waits for it."""
        cancelled = threading.Event()
        loading = asyncio.ensure_future(asyncio.to_thread(load, *given, cancelled))
        try:
            return await asyncio.shield(loading)
        except asyncio.CancelledError:
            cancelled.set()
            self._conversions.cancel(cancelled)
            loading.add_done_callback(_ignore)
            raise

    def close(self) -> None:
        """End the process that converts files; it begins again where it is needed."""
        self._conversions.close()

    def _load(
        self, path: str, named: Format | Export | None, cancelled: threading.Event
    ) -> LoadedText:
        from retain.sources.formats.slack import names_for

        source = printable(path)
        data = read_bytes(path, self._limits.max_bytes)
        loaded = self._loaded(data, source, source, named, cancelled)
        names = names_for(path) if path.endswith(".json") else {}
        used = {key: name for key, name in names.items() if key in loaded.text}
        return replace(loaded, provenance=replace(loaded.provenance, names=used))

    def _loaded(
        self,
        data: bytes,
        name: str,
        source: str,
        named: Format | Export | None,
        cancelled: threading.Event,
    ) -> LoadedText:
        """The text of a file's bytes; the name says what they may be, if they are not `named`."""
        from retain.sources.formats import FileFormat, Sample, file_format

        found = named if isinstance(named, FileFormat) else None
        found = file_format(Sample(name, data)) if named is None else found
        if found is None:
            text, encoding = decoded(data, source)
            check_content(text, source)
            return LoadedText(text, Provenance(named.name if named else None, encoding=encoding))
        made = self._conversions.convert(found, data, source, cancelled)
        return LoadedText(made.text, Provenance(made.format, passed_over=dict(made.passed_over)))

    async def parse(
        self,
        text: str,
        *,
        source_id: str,
        reference_date: datetime | None,
        provenance: Provenance = _GIVEN,
        messages: bool = False,
    ) -> Document:
        """The sections of `text`, which may have any known format.

        Args:
            text: The text.
            source_id: Its source.
            reference_date: When it was written.
            provenance: How the text came about.
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
            provenance=provenance,
            messages=messages,
            author=provenance.author or self._author,
            zone=self._zone,
        )

    async def blanked(
        self,
        text: str,
        redactions: Sequence[Redaction],
        *,
        source_id: str,
        provenance: Provenance = _GIVEN,
    ) -> str:
        """The text of a source with spaces for what is redacted, also where it is escaped."""
        return await computed(
            blanked_text,
            text,
            redactions,
            source_id=source_id,
            limits=self._limits,
            provenance=provenance,
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
        from retain.sources.formats import Sample, text_format
        from retain.sources.formats.chat import is_message

        first = text.removeprefix("\ufeff").lstrip().partition("\n")[0]
        return text_format(Sample(source_id, text=text)).name == "chat" and is_message(first)

    def section_id(self, section: Section, text: str, occurrence: int) -> str:
        """The id of a section that is the `occurrence`-th of its source to say `text`, from 1."""
        return section_id(section, text, occurrence)


def _export(named: Format | Export | None) -> Export | None:
    """The kind of export that a format is, if it is one."""
    from retain.sources.formats import FileFormat, TextFormat

    return None if named is None or isinstance(named, (FileFormat, TextFormat)) else named


def _ignore(loading: asyncio.Future[LoadedText]) -> None:
    if not loading.cancelled():
        loading.exception()


def blanked_text(
    text: str,
    redactions: Sequence[Redaction],
    *,
    source_id: str,
    limits: Limits,
    provenance: Provenance = _GIVEN,
) -> str:
    """The text of a source with spaces for what is redacted; see `FileReader.blanked`."""
    text = redacted(text, redactions)
    try:
        document = parse_text(
            text, source_id=source_id, reference_date=None, limits=limits, provenance=provenance
        )
    except SourceError:  # whoever reads it next says why
        return text
    spans: set[tuple[int, int]] = set()
    for start, end in spans_of(document.decoded, redactions):
        for section in document.sections:
            place = section.place
            if place is not None and section.start < end and start < section.end:
                first, last = max(0, start - section.start), min(end, section.end) - section.start
                inside = pieces_of(place.steps, first, last)
                spans |= {(place.start + one, place.start + after) for one, after in inside}
    return blanked(text, sorted(spans))


def parse_text(
    text: str,
    *,
    source_id: str,
    reference_date: datetime | None,
    limits: Limits,
    provenance: Provenance = _GIVEN,
    messages: bool = False,
    author: str | None = None,
    zone: tzinfo = UTC,
) -> Document:
    """The sections of `text`; what `FileReader.parse` runs in a thread.

    Raises:
        SourceError: It has no content, is too large, is no text, or is broken JSON.
    """
    # The parsers take a third of the time that a command needs to start, and few commands parse.
    from retain.sources.chunks import cut
    from retain.sources.composed import composed_outline
    from retain.sources.formats import Sample, SourceText, by_name, text_format

    check_text(text, source_id, limits.max_bytes)
    name = "chat" if messages else provenance.format
    read_as = by_name(name) if name else text_format(Sample(source_id, text=text))
    written = date_of_name(source_id) or (reference_date and aware(reference_date))
    outline = read_as.read(
        SourceText(text, source_id, written, limits.max_sections, provenance.names, author, zone)
    )
    outline = composed_outline(outline, text)
    lines, decoded = Lines(text), outline.decoded
    words = "" if decoded is None else decoded.text
    drafts = list(cut(outline.drafts, lines if decoded is None else Lines(words), outline.marks))
    check_count(len(drafts), source_id, limits.max_sections)
    sections = tuple(to_sections(drafts, lines, decoded, words))
    passed_over = Counter(provenance.passed_over)
    passed_over.update(outline.passed_over)
    meta = _with_given(outline.meta, provenance)
    return Document(outline.title, meta, sections, dict(passed_over), words)


def _with_given(meta: Mapping[str, Any], provenance: Provenance) -> dict[str, Any]:
    """The properties of a source; where front matter and its giver differ, front matter counts."""
    own = {name.casefold() for name in meta}
    author = provenance.author and {"author": provenance.author}
    given = {**provenance.meta, **(author or {})}
    tells = "authors" in own
    more = {
        name: value
        for name, value in given.items()
        if name.casefold() not in own and not (tells and name == "author")
    }
    return {**meta, **more}
