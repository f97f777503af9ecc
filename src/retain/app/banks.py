"""`memory.banks`: banks as a whole: export, import, checks and rebuilding."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

from retain.app.backends import Backend
from retain.app.bankfile import START, Imported, read_bank, write_bank
from retain.app.copies import Copies
from retain.app.export import export_folder
from retain.app.files import check_replaceable, is_stream, replaced, settle
from retain.app.folder import MARKER, Exported
from retain.app.lint import Finding, Linter
from retain.app.queue import Queue
from retain.app.reembed import Progress, reembed
from retain.app.rendering import Renderer
from retain.app.runner import Runner
from retain.app.runs import Runs
from retain.app.threads import in_daemon_thread
from retain.app.workspace import Workspace, delete_unused_in
from retain.bank import BankStore
from retain.errors import ForgetError, InputError, NotFoundError, RetainError
from retain.memory.model import Check, Counts
from retain.memory.ports import Embedders
from retain.status import RunStatus
from retain.wiki.reader import WikiReader
from retain.wiki.render_run import RENDER_RUN

File = str | Path | BinaryIO


class Banks:
    """The banks of a database. Call it to list them."""

    def __init__(
        self,
        backend: Backend,
        store: BankStore,
        runs: Runs,
        linter: Linter,
        wiki: WikiReader,
        embedders: Embedders,
        renderer: Renderer,
        copies: Copies,
        runner: Runner,
        queue: Queue,
    ) -> None:
        self._runner = runner
        self._queue = queue
        self._backend = backend
        self._store = store
        self._runs = runs
        self._linter = linter
        self._wiki = wiki
        self._embedders = embedders
        self._renderer = renderer
        self._copies = copies

    async def __call__(self) -> dict[str, Counts]:
        """List the banks that hold anything: their ids, with how much each holds."""
        return {bank: await self._store.counts(bank) for bank in await self._store.banks()}

    async def names(self) -> Sequence[str]:
        """The ids of the banks that hold anything, sorted."""
        return await self._store.banks()

    async def counts(self, bank_id: str = "default") -> Counts:
        """How much a bank holds; nothing where there is no such bank."""
        return await self._store.counts(bank_id)

    async def delete(self, bank_id: str) -> int:
        """Forget every source of a bank, one by one; see `Memory.forget`.

        A call that was interrupted can be repeated: it forgets what is left.

        Args:
            bank_id: The bank.

        Returns:
            How many sources were forgotten.

        Raises:
            NotFoundError: There is no such bank.
            LeaseHeldError: Another process is running a source of the bank.
            ForgetError: A source is not completely forgotten; repeat the call.
            CheckpointError: A run cannot be saved or read.
        """
        stored = {one.source_id for one in await self._store.sources(bank_id)}
        begun = {run.source_id for run in await self._runs(bank_id=bank_id)} - {RENDER_RUN}
        if not stored | begun:
            raise NotFoundError(f"no bank {bank_id!r}: there is nothing to delete")
        await self._queue.release(bank_id)
        for source_id in sorted(stored | begun):
            run = await self._runner.forget(bank_id, source_id)
            if run.status != RunStatus.COMPLETED:
                raise ForgetError(source_id, "; ".join(run.errors))
        await self._queue.release(bank_id)
        await self._copies.delete_unused(bank_id)
        return len(stored | begun)

    async def export(
        self, file: File, *, bank_id: str = "default", force: bool = False
    ) -> dict[str, int]:
        """Write a bank as JSON Lines, which `import_` reads.

        Args:
            file: A path, or a binary file. At a path, the export appears whole or not at all.
            bank_id: The bank.
            force: Whether to overwrite a file that is not an export.

        Returns:
            How many records of each kind were written.

        Raises:
            NotFoundError: There is no such bank.
            OverwriteError: There is another file at the path.
            InputError: The path is a folder, or a record is too large for a line.
            OSError: The file cannot be written.
        """
        if not isinstance(file, (str, Path)):
            return await write_bank(self._store, bank_id, file)
        if is_stream(Path(file)):
            with await in_daemon_thread(partial(Path(file).open, "wb")) as opened:
                return await write_bank(self._store, bank_id, opened)
        return await self._export(Path(file), bank_id, force)

    async def _export(self, path: Path, bank_id: str, force: bool) -> dict[str, int]:
        workspace = await asyncio.to_thread(_workspace, path, force)
        async with self._copies.export(bank_id, path, workspace):
            with replaced(path, workspace.path) as opened:
                counts = await write_bank(self._store, bank_id, opened)
                await asyncio.to_thread(settle, opened)
        return counts

    async def export_markdown(
        self, folder: str | Path, *, bank_id: str = "default", force: bool = False
    ) -> Exported:
        """Write a bank as a folder of Markdown: its index, log, pages and sources.

        An earlier export of the bank is updated: files that differ are written, files that the
        bank no longer has are deleted, and all other files are left alone.

        Args:
            folder: The folder.
            bank_id: The bank.
            force: Whether to write into a folder that holds other files.

        Raises:
            NotFoundError: There is no such bank.
            OverwriteError: The folder holds other files, or an export of another bank.
            InputError: The path is not a folder.
            OSError: The folder cannot be written.
        """
        return await export_folder(
            *(self._store, self._wiki, self._copies, bank_id, folder), force=force
        )

    async def copies(self, *, bank_id: str = "default") -> list[str]:
        """Delete what killed exports and dry runs left of a bank; list the copies that are left.

        Args:
            bank_id: The bank.

        Returns:
            The paths of exports that are still there, and of what other processes use: forgetting
            does not reach them.
        """
        return await self._copies.delete_unused(bank_id)

    async def import_(self, file: File, *, bank_id: str = "default") -> Imported:
        """Read a bank that `export` wrote into an empty bank: all of it or nothing.

        Args:
            file: A path, or a binary file.
            bank_id: The bank to create; it may have another id than the exported bank.

        Raises:
            InputError: The bank is not empty, or there is no such file.
            RecordError: A line of the file cannot be imported.
            OSError: The file cannot be read.
        """
        imported = await self._import(file, bank_id)
        await self._renderer.render({bank_id})
        return imported

    async def _import(self, file: File, bank_id: str) -> Imported:
        if not isinstance(file, (str, Path)):
            return await read_bank(self._store, file, bank_id)
        try:
            opened = await in_daemon_thread(partial(Path(file).open, "rb"))
        except (FileNotFoundError, IsADirectoryError) as exc:
            raise InputError(f"{file}: {exc.strerror}: give a file of an exported bank") from exc
        with opened:
            return await read_bank(self._store, opened, bank_id)

    async def copy(self, bank_id: str, to: str) -> Imported:
        """Copy a bank into an empty one of the same database: all of it or nothing.

        Args:
            bank_id: The bank.
            to: The bank to create.

        Raises:
            NotFoundError: There is no such bank.
            InputError: The other bank is not empty.
        """
        if not (await self.counts(bank_id)).sources:
            raise NotFoundError(f"no bank {bank_id!r}: there is nothing to copy")
        with TemporaryFile() as spool:
            await write_bank(self._store, bank_id, spool)
            spool.seek(0)
            return await self.import_(spool, bank_id=to)

    async def lint(self, *, bank_id: str = "default", fix: bool = False) -> list[Finding]:
        """Check a bank for contradictions, orphans, stale pages and facts without support.

        Args:
            bank_id: The bank; in one that does not exist, nothing is wrong.
            fix: Whether to fix what is safe to fix: nothing that a source says is deleted.
        """
        return await self._linter.lint(bank_id, await self._runs(bank_id=bank_id), fix=fix)

    async def rebuild(self, *, bank_id: str = "default") -> None:
        """Derive everything again from the sources' facts: what is superseded, entities, pages.

        A bank that is up to date stays as it is.

        Args:
            bank_id: The bank.

        Raises:
            NotFoundError: There is no such bank.
        """
        if not (await self._store.counts(bank_id)).sources:
            raise NotFoundError(f"no bank {bank_id!r}: there is nothing to rebuild")
        await self._store.rebuild(bank_id)

    async def reembed(
        self, *, bank_id: str = "default", progress: Progress | None = None
    ) -> tuple[int, str]:
        """Replace a bank's vectors by those of the configured embedder.

        The bank is searched by its old vectors until all new ones are there. A call that was
        interrupted can be repeated; it continues with the sections that are missing.

        Args:
            bank_id: The bank.
            progress: Called with how many sections have a new vector, and how many there are.

        Returns:
            How many sections were embedded, and the name of the embedder's model.

        Raises:
            NotFoundError: There is no such bank.
            InputError: There is no such embedder.
            MissingExtraError: A dependency of the embedder is not installed.
            ModelBusyError: The embedder's server is busy, unreachable or too slow.
            ModelError: The embedder's server cannot be used.
        """
        embedder = self._embedders.get(self._embedders.preferred)
        return await reembed(self._store, embedder, bank_id, progress), embedder.model

    async def integrity(self) -> Sequence[Check]:
        """Check the database, its driver, the journal of model calls, the disk and every row."""
        checks = list(await self._backend.check())
        if all(check.name != "database" or check.ok for check in checks):
            checks.append(await self._content())
        return checks

    async def _content(self) -> Check:
        """Read all that the banks hold: SQLite cannot tell a value that means nothing."""
        try:
            banks = await self._store.banks()
            for bank_id in banks:
                await self._store.versions(bank_id)
                async for _ in self._store.dump(bank_id):
                    pass
        except RetainError as exc:
            return Check("content", False, str(exc))
        return Check("content", True, f"every row of {len(banks)} banks can be read")


def _workspace(path: Path, force: bool) -> Workspace:
    """A working folder for the file of an export; see `Banks.export`."""
    if path.is_dir():
        raise InputError(f"{path} is a folder: give the path of a file")
    if not force:
        check_replaceable(path, START)
    prefix = f"{MARKER}-{path.name[:100]}-"
    delete_unused_in(path.parent, prefix)
    return Workspace(path.parent, prefix)
