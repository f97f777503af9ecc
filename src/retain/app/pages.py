"""`memory.wiki`: what people read of a bank: its pages, index and log."""

from __future__ import annotations

from retain.app.rendering import Renderer
from retain.memory.model import LogEntry, Page, Revision, Run
from retain.wiki.reader import WikiReader


class Pages:
    """The wiki of banks: pages that are rendered from facts. Call it to list those of a bank."""

    def __init__(self, reader: WikiReader, renderer: Renderer) -> None:
        self._reader = reader
        self._renderer = renderer

    async def __call__(self, *, bank_id: str = "default") -> list[Page]:
        """List a bank's pages: people, places, things and topics.

        Args:
            bank_id: The bank; one that does not exist has no pages.
        """
        return await self._reader.pages(bank_id)

    async def page(self, name: str, *, bank_id: str = "default") -> Page:
        """The page of an entity or a topic.

        Args:
            name: The page's title, id, or an alias of its entity.
            bank_id: The bank.

        Raises:
            PageNotFoundError: There is no such page; the error names similar ones.
        """
        return await self._reader.page(name, bank_id)

    async def history(self, name: str, *, bank_id: str = "default") -> list[Revision]:
        """The revisions of an entity's page, oldest first.

        Args:
            name: The page's title, id, or an alias of its entity.
            bank_id: The bank.

        Raises:
            PageNotFoundError: There is no such page.
            NotFoundError: It is the page of a topic, which has no history.
        """
        return await self._reader.history(name, bank_id)

    async def index(self, *, bank_id: str = "default") -> str:
        """A bank's index as Markdown: people, places, organisations, topics and sources.

        Args:
            bank_id: The bank; the index of one that does not exist is empty.
        """
        return await self._reader.index(bank_id)

    async def log(self, *, bank_id: str = "default") -> list[LogEntry]:
        """What was added to a bank, changed and superseded, oldest first.

        Args:
            bank_id: The bank; one that does not exist has no entries.
        """
        return await self._reader.log(bank_id)

    async def log_text(self, *, bank_id: str = "default") -> str:
        """The log as Markdown; every entry begins ``## [YYYY-MM-DD] ingest | SOURCE``.

        Args:
            bank_id: The bank.
        """
        return await self._reader.log_text(bank_id)

    async def render(self, *, bank_id: str = "default") -> list[Run]:
        """Render what has changed, so that whoever reads it next need not wait for it.

        With a model, the first paragraphs of pages are written too.

        Args:
            bank_id: The bank.

        Returns:
            The render run, if it did not complete: `memory.resume_all` resumes it.
        """
        return await self._renderer.render({bank_id})
