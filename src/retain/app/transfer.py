"""Banks taken out to files, and in from them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import BinaryIO

from retain.app.bankfile import START, Imported, read_bank, write_bank
from retain.app.export import export_folder
from retain.app.files import replaced, settle
from retain.app.folder import Exported
from retain.bank import BankStore
from retain.errors import InputError
from retain.wiki.reader import WikiReader

File = str | Path | BinaryIO


class Transfer:
    """Exports and imports; see the methods of `Memory`.

    Args:
        store: Where the banks are.
        wiki: Their pages.
    """

    def __init__(self, store: BankStore, wiki: WikiReader) -> None:
        self._store = store
        self._wiki = wiki

    async def to_folder(self, bank_id: str, folder: str | Path, *, force: bool) -> Exported:
        return await export_folder(self._store, self._wiki, bank_id, folder, force=force)

    async def to_file(self, bank_id: str, file: File, *, force: bool) -> dict[str, int]:
        if not isinstance(file, (str, Path)):
            return await write_bank(self._store, bank_id, file)
        with replaced(Path(file), START, force=force) as opened:
            counts = await write_bank(self._store, bank_id, opened)
            await asyncio.to_thread(settle, opened)
        return counts

    async def from_file(self, bank_id: str, file: File) -> Imported:
        if not isinstance(file, (str, Path)):
            return await read_bank(self._store, file, bank_id)
        try:
            opened = await asyncio.to_thread(Path(file).open, "rb")
        except (FileNotFoundError, IsADirectoryError) as exc:
            raise InputError(f"{file}: {exc.strerror}: give a file of an exported bank") from exc
        with opened:
            return await read_bank(self._store, opened, bank_id)
