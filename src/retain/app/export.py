"""A bank as a folder of Markdown: its index, log, pages and sources."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from retain.app.copies import Copies
from retain.app.folder import Exported, Folder
from retain.bank import BankStore
from retain.errors import NotFoundError
from retain.memory.model import SectionRow, SourceNote
from retain.memory.naming import source_file
from retain.wiki.reader import WikiReader
from retain.wiki.sourcepage import source_page

_LINE_END = re.compile(r"\r\n?|\n")
_ATTEMPTS = 3


async def export_folder(
    store: BankStore,
    wiki: WikiReader,
    copies: Copies,
    bank_id: str,
    path: str | Path,
    *,
    force: bool,
) -> Exported:
    """Bring a folder to what the bank is.

    While others keep changing the bank, sources may be newer than the pages that cite them.

    Raises:
        NotFoundError: There is no such bank.
        InputError: The folder cannot be used.
        OSError: It cannot be written.
    """
    for attempt in range(_ATTEMPTS):
        before = await store.version(bank_id)
        if before is None:
            raise NotFoundError(f"no bank {bank_id!r}: it holds nothing that could be exported")
        folder = await asyncio.to_thread(Folder, path, bank_id, force=force)
        async with copies.export(bank_id, folder.path, folder.workspace):
            async for name, text in _files(store, wiki, bank_id):
                await asyncio.to_thread(folder.add, name, text)
            if await store.version(bank_id) == before or attempt == _ATTEMPTS - 1:
                return await asyncio.to_thread(folder.finish)
    raise AssertionError


async def _files(
    store: BankStore, wiki: WikiReader, bank_id: str
) -> AsyncIterator[tuple[str, str]]:
    yield "index.md", await wiki.index(bank_id)
    yield "log.md", await wiki.log_text(bank_id)
    async for page in wiki.every_page(bank_id):
        yield f"pages/{page.page_id}.md", page.text
    for source in await store.sources(bank_id):
        rows = await store.sections(bank_id, source.source_id)
        note = SourceNote(source.source_id, source.title, source.sections, source.facts)
        text = await asyncio.to_thread(_page, note, rows)
        yield f"sources/{source_file(source.source_id)}.md", text


def _page(note: SourceNote, rows: Sequence[SectionRow]) -> str:
    return source_page(note, lines_of(rows))


def lines_of(rows: Sequence[SectionRow]) -> list[tuple[int, str]]:
    """The lines of a source by number, put together from its sections."""
    lines: dict[int, str] = {}
    end = 0
    for row in sorted(rows, key=lambda row: row.section.start):
        for number, text in enumerate(_LINE_END.split(row.text), row.section.line_start):
            between = " " if number in lines and row.section.start > end else ""
            lines[number] = lines.get(number, "") + between + text
        end = row.section.end
    return sorted(lines.items())
