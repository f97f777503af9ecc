"""The parts of a client, by subject; each is called to list what it holds."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from datetime import datetime
from typing import Any, Literal, TypeVar

from retain.app.costs import CostGroup
from retain.app.entities import KnownEntity
from retain.app.forgetting import Forgetting
from retain.client.transport import Transport, segment
from retain.client.values import (
    Items,
    Listed,
    RunDetails,
    SentBank,
    SentCosts,
    SentEntity,
    SentFact,
    SentLogEntry,
    SourceDetails,
    cost_group,
    cost_line,
)
from retain.memory.model import (
    CitedFact,
    CostLine,
    Counts,
    LogEntry,
    Page,
    Revision,
    Run,
    StoredSource,
)
from retain.status import RunStatus

T = TypeVar("T")

MOST = 1_000
"""The largest page of a list."""


def of_bank(bank_id: str, *rest: str) -> str:
    """A path in a bank."""
    return "/".join(["/v1/banks", segment(bank_id), *rest])


class Part:
    """What a client has for one subject."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def _all(self, path: str, item: type[T], **query: Any) -> list[T]:
        """Every item of a list, over all its pages."""
        items: list[T] = []
        after: str | None = None
        while True:
            page = await self._page(path, item, **query, limit=MOST, after=after)
            items += page
            if (after := page.following) is None:
                return items

    async def _page(self, path: str, item: type[T], **query: Any) -> Items[T]:
        page = await self._transport.ask("GET", path, Listed[item], query=query)
        return Items(page.items, page.next)


class Banks(Part):
    """The banks of a server. Call it to list them."""

    async def __call__(self) -> dict[str, Counts]:
        """List the banks that the token is for: their ids, with how much each holds."""
        page = await self._page("/v1/banks", SentBank)
        return {one.bank_id: one.counts for one in page}

    async def counts(self, bank_id: str = "default") -> Counts:
        """How much a bank holds.

        Raises:
            ApiNotFoundError: There is no such bank.
        """
        return (await self._transport.ask("GET", of_bank(bank_id), SentBank)).counts

    async def delete(self, bank_id: str) -> int:
        """Forget every source of a bank; see `retain.Memory.banks`.

        Returns:
            How many sources were forgotten.

        Raises:
            ApiNotFoundError: There is no such bank.
        """
        done = await self._transport.ask("DELETE", of_bank(bank_id), dict[str, Any])
        return done["forgotten"]

    async def copy(self, bank_id: str, to: str) -> Counts:
        """Copy a bank into an empty one: all of it or nothing.

        Raises:
            ApiNotFoundError: There is no such bank.
            ApiInputError: The other bank is not empty.
        """
        path = of_bank(bank_id, "copy")
        return (await self._transport.ask("POST", path, SentBank, body={"to": to})).counts


class Sources(Part):
    """The sources of banks. Call it to list those of a bank."""

    async def __call__(self, *, bank_id: str = "default") -> list[StoredSource]:
        """List the sources of a bank, by id."""
        return await self._all(of_bank(bank_id, "sources"), StoredSource)

    async def show(self, source_id: str, *, bank_id: str = "default") -> SourceDetails:
        """A source with its sections and its latest run.

        Raises:
            ApiNotFoundError: The bank has no such source, and no run of one.
        """
        path = of_bank(bank_id, "sources", segment(source_id))
        return await self._transport.ask("GET", path, SourceDetails)

    async def text(self, source_id: str, *, bank_id: str = "default") -> str | None:
        """The text of a source, whose characters the spans of facts and hits count.

        Raises:
            ApiNotFoundError: The bank has no such source.
        """
        path = of_bank(bank_id, "sources", segment(source_id), "text")
        return (await self._transport.ask("GET", path, dict[str, Any]))["text"]

    async def preview_forget(self, source_id: str, *, bank_id: str = "default") -> Forgetting:
        """What forgetting a source would delete and change; nothing is deleted.

        Raises:
            ApiNotFoundError: The bank has no such source.
        """
        path = of_bank(bank_id, "sources", segment(source_id), "forgetting")
        return await self._transport.ask("GET", path, Forgetting)


class Runs(Part):
    """The runs of a server. Call it to list them."""

    async def __call__(
        self,
        *,
        bank_id: str | None = None,
        status: RunStatus | str | Collection[RunStatus | str] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 100,
        after: str | None = None,
        order: Literal["key", "newest", "oldest"] = "newest",
    ) -> Items[Run]:
        """List the latest run of every source, a page of them; `each` goes over all pages.

        Args:
            bank_id: Only runs of this bank; None: of all banks.
            status: Only runs with this status, or one of several.
            since: Only runs that began at this time or later.
            until: Only runs that began at this time or before.
            limit: How many runs a page has at most, 1 to 1000.
            after: The cursor of the page before, its `following`.
            order: By bank and source (``key``), or by when runs began.
        """
        return await self._page(
            *("/v1/runs", Run),
            bank_id=bank_id,
            status=[status] if isinstance(status, str) else None if status is None else [*status],
            since=since,
            until=until,
            limit=limit,
            after=after,
            order=order,
        )

    async def each(
        self,
        *,
        bank_id: str | None = None,
        status: RunStatus | str | Collection[RunStatus | str] | None = None,
    ) -> AsyncIterator[Run]:
        """The latest runs of all sources, the newest first, over all pages."""
        after: str | None = None
        while True:
            page = await self(bank_id=bank_id, status=status, after=after)
            for run in page:
                yield run
            if (after := page.following) is None:
                return

    async def show(self, source_id: str, *, bank_id: str = "default") -> RunDetails:
        """The latest run of a source: its steps, and how each section ended.

        Raises:
            ApiNotFoundError: The bank has no such source, and no run of one.
        """
        path = of_bank(bank_id, "runs", segment(source_id))
        return await self._transport.ask("GET", path, RunDetails)

    async def history(self, source_id: str, *, bank_id: str = "default") -> list[RunDetails]:
        """The earlier runs of a source, newest first.

        Raises:
            ApiNotFoundError: The bank has no such source, and no run of one.
        """
        import msgspec

        path = of_bank(bank_id, "runs", segment(source_id), "history")
        sent = await self._page(path, dict[str, Any])
        return [
            RunDetails(
                msgspec.convert(one, Run), msgspec.convert({"run": None, **one}, RunDetails).steps
            )
            for one in sent
        ]

    async def cancel(self, source_id: str, *, bank_id: str = "default") -> bool:
        """Stop a run that the server drives; it is interrupted, and `resume` continues it.

        Returns:
            True.

        Raises:
            ApiError: The server does not drive the run; the code is ``not-driven-here``.
        """
        path = of_bank(bank_id, "runs", segment(source_id), "cancel")
        return (await self._transport.ask("POST", path, dict[str, Any]))["cancelled"]


class Facts(Part):
    """The facts of banks. Call it to list those of a bank."""

    async def __call__(
        self, *, bank_id: str = "default", source_id: str | None = None, about: str | None = None
    ) -> list[CitedFact]:
        """List the facts of a bank, by source and place.

        Args:
            bank_id: The bank.
            source_id: Only facts of this source.
            about: Only facts about this entity: any of its names.

        Raises:
            ApiNotFoundError: The bank has no such source.
        """
        path = of_bank(bank_id, "facts")
        sent = await self._all(path, SentFact, source_id=source_id, about=about)
        return [one.cited for one in sent]

    async def add(
        self,
        text: str,
        *,
        bank_id: str = "default",
        reference_date: datetime | None = None,
        author: str | None = None,
    ) -> list[CitedFact]:
        """Add a fact in words of your own; what it contradicts is superseded.

        Args:
            text: One statement, at most 2,000 characters.
            bank_id: The bank.
            reference_date: When it was said; None: now.
            author: Who "I" is in it.

        Raises:
            ApiInputError: The text is empty, too long, or no fact.
        """
        body = {"text": text, "date": reference_date, "author": author}
        sent = await self._transport.ask(
            "POST", of_bank(bank_id, "facts"), Listed[SentFact], body=body
        )
        return [one.cited for one in sent.items]

    async def correct(
        self,
        fact_id: str,
        text: str,
        *,
        bank_id: str = "default",
        reference_date: datetime | None = None,
        author: str | None = None,
    ) -> list[CitedFact]:
        """Replace a fact by another one: the old one is superseded, and stays with its source.

        Args:
            fact_id: The fact that is wrong or out of date.
            text: What holds instead; see `add`.
            bank_id: The bank.
            reference_date: When it was said; None: now.
            author: Who "I" is in the text.

        Raises:
            ApiNotFoundError: The bank has no such fact.
            ApiInputError: The text is no fact, or the same one.
        """
        body = {"text": text, "date": reference_date, "author": author}
        path = of_bank(bank_id, "facts", segment(fact_id))
        sent = await self._transport.ask("PUT", path, Listed[SentFact], body=body)
        return [one.cited for one in sent.items]

    async def forget(self, fact_id: str, *, bank_id: str = "default") -> str:
        """Delete every trace of a fact, and blank its words in its source.

        Returns:
            The id of its source.

        Raises:
            ApiNotFoundError: The bank has no such fact.
        """
        path = of_bank(bank_id, "facts", segment(fact_id))
        return (await self._transport.ask("DELETE", path, dict[str, Any]))["source_id"]

    async def preview_forget(self, fact_id: str, *, bank_id: str = "default") -> Forgetting:
        """What forgetting a fact would delete and change; nothing is deleted.

        Raises:
            ApiNotFoundError: The bank has no such fact.
        """
        path = of_bank(bank_id, "facts", segment(fact_id), "forgetting")
        return await self._transport.ask("GET", path, Forgetting)


class Entities(Part):
    """The entities of banks. Call it to list those of a bank."""

    async def __call__(self, *, bank_id: str = "default") -> list[KnownEntity]:
        """List a bank's entities, the most often named first."""
        return [one.known for one in await self._all(of_bank(bank_id, "entities"), SentEntity)]

    async def merge(self, name: str, other: str, *, bank_id: str = "default") -> None:
        """Treat two names as one entity, in sources that are added later too.

        Raises:
            ApiNotFoundError: None of the bank's sources writes one of the names.
            ApiInputError: Both names are the same.
        """
        await self._correct("merge", name, other, bank_id)

    async def split(self, name: str, other: str, *, bank_id: str = "default") -> None:
        """Treat two names as different entities, in sources that are added later too.

        Raises:
            ApiNotFoundError: None of the bank's sources writes one of the names.
            ApiInputError: Both names are the same.
        """
        await self._correct("split", name, other, bank_id)

    async def _correct(self, kind: str, name: str, other: str, bank_id: str) -> None:
        path = of_bank(bank_id, "entities", kind)
        body = {"name": name, "other": other}
        await self._transport.ask("POST", path, dict[str, Any], body=body)


class Wiki(Part):
    """The pages of banks. Call it to list those of a bank."""

    async def __call__(self, *, bank_id: str = "default") -> list[Page]:
        """List a bank's pages: people, places, things and topics."""
        return await self._all(of_bank(bank_id, "pages"), Page)

    async def page(self, name: str, *, bank_id: str = "default") -> Page:
        """The page of an entity or a topic, by its title, its id, or an alias of its entity.

        Raises:
            ApiNotFoundError: There is no such page; the error names similar ones.
        """
        return await self._transport.ask("GET", of_bank(bank_id, "pages", segment(name)), Page)

    async def history(self, name: str, *, bank_id: str = "default") -> list[Revision]:
        """The revisions of an entity's page, oldest first.

        Raises:
            ApiNotFoundError: There is no such page, or it is the page of a topic.
        """
        return await self._page(of_bank(bank_id, "pages", segment(name), "history"), Revision)

    async def index(self, *, bank_id: str = "default") -> str:
        """A bank's index as Markdown."""
        return (await self._transport.ask("GET", of_bank(bank_id, "index"), dict[str, Any]))["text"]

    async def log(self, *, bank_id: str = "default") -> list[LogEntry]:
        """What was added to a bank, changed and superseded, oldest first."""
        return [one.entry for one in await self._all(of_bank(bank_id, "log"), SentLogEntry)]


class Costs(Part):
    """The ledger of model calls. Call it to list what they cost."""

    async def __call__(
        self, *, bank_id: str | None = None, since: datetime | None = None
    ) -> list[CostLine]:
        """List what model calls cost, by run, state, purpose and model.

        Args:
            bank_id: Only calls for this bank; None: for all banks.
            since: Only calls from this time on.
        """
        return [cost_line(one) for one in (await self._sent(bank_id, since)).costs]

    async def grouped(
        self,
        by: Literal["run", "state", "model"],
        *,
        bank_id: str | None = None,
        since: datetime | None = None,
    ) -> list[CostGroup]:
        """What model calls cost, summed up by run, state or model."""
        return [cost_group(one) for one in (await self._sent(bank_id, since, by)).costs]

    async def _sent(
        self, bank_id: str | None, since: datetime | None, by: str | None = None
    ) -> SentCosts:
        query = {"bank_id": bank_id, "since": since, "by": by}
        return await self._transport.ask("GET", "/v1/costs", SentCosts, query=query)
