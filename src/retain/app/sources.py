"""`memory.sources`: the documents and conversations in a bank."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from retain.app.forgetting import Forgetting, Preview
from retain.app.runner import run_of
from retain.app.source_lookup import SourceLookup
from retain.bank import BankStore
from retain.checkpoints.base import BaseCheckpoint
from retain.memory.context import RetainContext
from retain.memory.model import Run, SectionRow, StoredSource


@dataclass(frozen=True, slots=True)
class SourceView:
    """A source with its run and its sections.

    Args:
        source: The visible version, or None while no version is stored.
        run: The source's latest run, or None if that was pruned.
        context: The run's context with its step log, or None like `run`. That of a completed run
            has no facts: the bank has.
        sections: The visible sections in order.
        facts: How many facts the run found.
        merged: How many repeated statements it merged.
    """

    source: StoredSource | None
    run: Run | None
    context: RetainContext | None
    sections: Sequence[SectionRow]
    facts: int
    merged: int


class Sources:
    """The sources of banks. Call it to list those of a bank."""

    def __init__(
        self,
        store: BankStore,
        checkpoint: BaseCheckpoint[RetainContext],
        lookup: SourceLookup,
        preview: Preview,
    ) -> None:
        self._store = store
        self._checkpoint = checkpoint
        self._lookup = lookup
        self._preview = preview

    async def __call__(self, *, bank_id: str = "default") -> list[StoredSource]:
        """List the sources of a bank, by id.

        Args:
            bank_id: The bank; one that does not exist has no sources.
        """
        return list(await self._store.sources(bank_id))

    async def show(self, source_id: str, *, bank_id: str = "default") -> SourceView:
        """A source with its latest run and its sections.

        Args:
            source_id: The source's id, or the path that it was ingested from.
            bank_id: The bank.

        Raises:
            SourceNotFoundError: The bank has no such source, and no run of one.
            CheckpointError: The run cannot be read.
        """
        source_id = await self._lookup.find(source_id, bank_id)
        summaries = await self._checkpoint.list(keys=[(bank_id, source_id)])
        context = await self._checkpoint.load(bank_id, source_id)
        stored = await self._store.knowledge(bank_id, source_id)
        found = stored if context is None or context.completed_at is not None else context
        return SourceView(
            await self._store.source(bank_id, source_id),
            run_of(summaries[0]) if summaries else None,
            context,
            await self._store.sections(bank_id, source_id),
            len(found.facts),
            len(found.merged),
        )

    async def of_file(self, name: str, *, bank_id: str = "default") -> list[str]:
        """The ids of the sources of a file: several for an export or a mailbox, else one.

        Args:
            name: The name or the path of the file, or the id of a source.
            bank_id: The bank.

        Raises:
            SourceNotFoundError: The bank has no such source, and no run of one.
        """
        return await self._lookup.find_all(name, bank_id)

    async def text(self, source_id: str, *, bank_id: str = "default") -> str | None:
        """The text of a source as the bank keeps it: the places of facts count its characters.

        Args:
            source_id: The source's id, or the path that it was ingested from.
            bank_id: The bank.

        Returns:
            The text; None where the source was imported, or retained by an older release.

        Raises:
            SourceNotFoundError: The bank has no such source.
        """
        return await self._store.text(bank_id, await self._lookup.find(source_id, bank_id))

    async def preview_forget(self, source_id: str, *, bank_id: str = "default") -> Forgetting:
        """What `memory.forget` would delete and change; nothing is deleted.

        Args:
            source_id: The source's id, or the path that it was ingested from.
            bank_id: The bank.

        Raises:
            SourceNotFoundError: The bank has no such source.
        """
        return await self._preview.of_source(bank_id, await self._lookup.find(source_id, bank_id))
