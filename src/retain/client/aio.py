"""`AsyncClient`: the memory of a server, with the names of `retain.Memory`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, BinaryIO, Self

from retain.client.following import EventsLost, follow
from retain.client.parts import (
    Banks,
    Costs,
    Entities,
    Facts,
    Runs,
    Sources,
    Wiki,
    of_bank,
)
from retain.client.transport import Transport, segment
from retain.client.values import Listed, SourceDetails
from retain.client.waiting import finish
from retain.engine.arguments import UNSET
from retain.engine.events import Event
from retain.errors import SourceError
from retain.memory.model import (
    RELATED,
    RELEVANT,
    CitedFact,
    Hit,
    HitKind,
    MemoryContext,
    Page,
    Reflection,
    Run,
)

KINDS: tuple[HitKind, ...] = ("fact", "section")

TIMEOUT_S = 60.0
ATTEMPTS = 4


class AsyncClient:
    """The memory banks of a server. Use it as an async context manager.

    Methods, arguments and results are those of `retain.Memory` where a server can give them. A
    request is sent again where the server is busy or out of reach, and what it asks for is done
    once: it carries an ``Idempotency-Key``, which the server knows for a day, or until it restarts.

    Every method raises `ApiError` for an answer that is an error, whose `code` is that of the
    `RetainError` in the server; and `ServerUnreachableError` where there is no answer.

    Attributes:
        banks: Banks as a whole: `counts`, `copy`, `delete`.
        sources: Documents and conversations: `show`, `text`, `preview_forget`.
        runs: How the processing of each source stands: `each`, `show`, `history`, `cancel`.
        facts: What the sources state: `add`, `correct`, `forget`, `preview_forget`.
        entities: People, places and things: `merge`, `split`.
        wiki: What people read: `page`, `history`, `index`, `log`.
        costs: What model calls cost: `grouped`.

    Args:
        url: Where the server is.
        token: A token of the server; a server on a loopback address asks for none.
        timeout_s: How long a request may take, in seconds.
        attempts: How often a request is sent at most.

    Raises:
        InputError: The URL cannot be used.
        MissingExtraError: The extra ``client`` is not installed.

    Example:
        >>> async with AsyncClient("http://127.0.0.1:8787") as memory:
        ...     await memory.retain_text("Ana lives in Lisbon.", source_id="a.md", bank_id="ana")
        ...     hits = await memory.recall("Where does Ana live?", bank_id="ana")
    """

    def __init__(
        self,
        url: str = "http://127.0.0.1:8787",
        *,
        token: str | None = None,
        timeout_s: float = TIMEOUT_S,
        attempts: int = ATTEMPTS,
    ) -> None:
        self._transport = Transport(url, token, timeout_s, attempts)
        self.banks = Banks(self._transport)
        self.sources = Sources(self._transport)
        self.runs = Runs(self._transport)
        self.facts = Facts(self._transport)
        self.entities = Entities(self._transport)
        self.wiki = Wiki(self._transport)
        self.costs = Costs(self._transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()

    async def health(self) -> dict[str, str]:
        """Whether the server lives, and its version; no token is needed."""
        return await self._transport.ask("GET", "/health", dict[str, str])

    async def check(self) -> None:
        """See that the server can use its database; no token is needed.

        Raises:
            ApiBusyError: It cannot.
        """
        await self._transport.ask("GET", "/ready", dict[str, str])

    async def retain_text(
        self,
        text: str,
        *,
        source_id: str,
        bank_id: str = "default",
        reference_date: datetime | None = None,
        format: str | None = None,
        author: str | None = None,
        metadata: Mapping[str, str] | None = None,
        wait_s: float | None = None,
    ) -> Run:
        """Retain a text.

        Args:
            text: A text of any format that `retain.Memory.retain_text` takes.
            source_id: The id of the text in the bank; an earlier text with this id is replaced.
            bank_id: The bank.
            reference_date: When the text was written.
            format: Its format; None: the content decides.
            author: Who wrote it.
            metadata: Properties that recall can be limited to.
            wait_s: How long to wait for the end of the run, in seconds; None: until it ends.

        Returns:
            The run; its status is ``running`` where it has not ended yet.

        Raises:
            ApiInputError: An argument, or the text, cannot be used.
        """
        return await self._retain(
            {"text": text, "format": format, "author": author, "metadata": metadata},
            *(source_id, bank_id, reference_date, wait_s),
        )

    async def retain_messages(
        self,
        messages: Sequence[Mapping[str, Any]],
        *,
        source_id: str,
        bank_id: str = "default",
        reference_date: datetime | None = None,
        append: bool = False,
        wait_s: float | None = None,
    ) -> Run:
        """Retain the messages of a conversation.

        Args:
            messages: Each with ``role`` and ``content``, and perhaps ``name`` and ``timestamp``.
            source_id: The id of the conversation in the bank.
            bank_id: The bank.
            reference_date: When it was said, for messages without a ``timestamp``.
            append: Whether to add the messages to those that are there, at the cost of the new
                ones alone, instead of replacing them.
            wait_s: See `retain_text`.

        Raises:
            ApiInputError: A message cannot be used, or there are none.
        """
        body = {"messages": [dict(one) for one in messages]}
        if append:
            return await self._append(body, source_id, bank_id, reference_date, wait_s)
        return await self._retain(body, source_id, bank_id, reference_date, wait_s)

    async def append(
        self,
        text: str,
        *,
        source_id: str,
        bank_id: str = "default",
        reference_date: datetime | None = None,
        wait_s: float | None = None,
    ) -> Run:
        """Append a text to a source, such as the next messages of a chat.

        Args:
            text: The text.
            source_id: The id of the source; the first append creates it.
            bank_id: The bank.
            reference_date: When the source was written.
            wait_s: See `retain_text`.

        Raises:
            ApiInputError: The text cannot be appended.
        """
        return await self._append({"text": text}, source_id, bank_id, reference_date, wait_s)

    async def retain_stream(
        self,
        file: BinaryIO,
        *,
        source_id: str,
        bank_id: str = "default",
        reference_date: datetime | None = None,
        format: str | None = None,
        author: str | None = None,
        wait_s: float | None = None,
    ) -> list[Run]:
        """Retain an open file; it is sent as it is, and read in the server.

        Args:
            file: The file, in binary mode; it has to be seekable.
            source_id: The id of the source, such as the name of the file: its suffix may say what
                the file is.
            bank_id: The bank.
            reference_date: When it was written, if it does not say so itself.
            format: Its format; None: its content decides.
            author: Who wrote it.
            wait_s: See `retain_text`.

        Returns:
            A run for each source: an export of many conversations is several.

        Raises:
            ApiInputError: The file cannot be read.
        """
        query = {"date": reference_date, "format": format, "author": author}
        path = of_bank(bank_id, "sources", segment(source_id))
        return await finish(self._transport, "PUT", path, wait_s=wait_s, query=query, file=file)

    async def add(
        self,
        fact: str,
        *,
        bank_id: str = "default",
        reference_date: datetime | None = None,
        author: str | None = None,
    ) -> list[CitedFact]:
        """Add one fact, in words of your own; see `Facts.add`."""
        return await self.facts.add(
            fact, bank_id=bank_id, reference_date=reference_date, author=author
        )

    async def recall(
        self,
        query: str,
        *,
        bank_id: str = "default",
        k: int = 10,
        as_of: datetime | None = None,
        kinds: Collection[HitKind] = KINDS,
        explain: bool = False,
        with_superseded: bool = False,
        min_relevance: float = 0.0,
        sources: Collection[str] = (),
        tags: Collection[str] = (),
        speaker: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> list[Hit]:
        """Search a bank, best hits first; see `retain.Memory.recall` for the arguments.

        Raises:
            ApiInputError: An argument cannot be used.
        """
        body = {
            "query": query,
            "k": k,
            "kinds": list(kinds),
            "explain": explain,
            "with_superseded": with_superseded,
            "min_relevance": min_relevance,
            **_filters(as_of, sources, tags, speaker, since, until, metadata),
        }
        path = of_bank(bank_id, "recall")
        return (await self._transport.ask("POST", path, Listed[Hit], body=body)).items

    async def context(
        self,
        query: str,
        *,
        bank_id: str = "default",
        max_tokens: int = 2_000,
        k: int = 50,
        as_of: datetime | None = None,
        min_relevance: float = RELATED,
        sources: Collection[str] = (),
        tags: Collection[str] = (),
        speaker: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> MemoryContext:
        """What a bank holds of a query, as a text for a prompt, with numbered citations.

        See `retain.Memory.context` for the arguments.

        Raises:
            ApiInputError: An argument cannot be used.
        """
        body = {
            "query": query,
            "max_tokens": max_tokens,
            "k": k,
            "min_relevance": min_relevance,
            **_filters(as_of, sources, tags, speaker, since, until, metadata),
        }
        return await self._transport.ask(
            "POST", of_bank(bank_id, "context"), MemoryContext, body=body
        )

    async def reflect(
        self,
        question: str,
        *,
        bank_id: str = "default",
        k: int = 12,
        as_of: datetime | None = None,
        min_relevance: float = RELEVANT,
    ) -> Reflection:
        """Answer a question from what a bank recalls, and from nothing else, with citations.

        See `retain.Memory.reflect` for the arguments.

        Raises:
            ApiError: The server has no model (``model-required``), or its model cannot answer.
            ApiInputError: An argument cannot be used.
        """
        body = {"question": question, "k": k, "as_of": as_of, "min_relevance": min_relevance}
        return await self._transport.ask("POST", of_bank(bank_id, "ask"), Reflection, body=body)

    async def forget(self, source_id: str, *, bank_id: str = "default") -> str:
        """Delete every trace of a source.

        Returns:
            The source's id.

        Raises:
            ApiNotFoundError: The bank has no such source.
        """
        path = of_bank(bank_id, "sources", segment(source_id))
        return (await self._transport.ask("DELETE", path, dict[str, Any]))["source_id"]

    async def resume(
        self,
        source_id: str,
        *,
        bank_id: str = "default",
        value: object = UNSET,
        revive: bool = False,
        wait_s: float | None = None,
    ) -> Run:
        """Resume an interrupted, failed or suspended run.

        Args:
            source_id: The source.
            bank_id: The bank.
            value: The answer to what the run asks: what JSON can hold.
            revive: Resume a dead run too.
            wait_s: See `retain_text`.

        Raises:
            ApiNotFoundError: There is no such run.
            ApiInputError: The run does not ask for `value`.
        """
        body = {"revive": revive, **({} if value is UNSET else {"value": value})}
        path = of_bank(bank_id, "runs", segment(source_id), "resume")
        return _first(
            await finish(self._transport, "POST", path, wait_s=wait_s, body=body), source_id
        )

    async def events(
        self, *, bank_id: str | None = None, source_id: str | None = None
    ) -> AsyncIterator[Event | EventsLost]:
        """What happens from now on to the runs that the server drives, until the caller stops.

        A lost connection is opened again, and goes on where it was.

        Args:
            bank_id: Only runs of this bank; None: of all banks.
            source_id: Only runs of this source.
        """
        async for event in follow(self._transport, bank_id, source_id):
            yield event

    async def show(self, source_id: str, *, bank_id: str = "default") -> SourceDetails:
        """A source with its run and its sections; see `Sources.show`."""
        return await self.sources.show(source_id, bank_id=bank_id)

    async def pages(self, *, bank_id: str = "default") -> list[Page]:
        """The pages of a bank; see `Wiki`."""
        return await self.wiki(bank_id=bank_id)

    async def _retain(
        self,
        body: Mapping[str, Any],
        source_id: str,
        bank_id: str,
        reference_date: datetime | None,
        wait_s: float | None,
    ) -> Run:
        path = of_bank(bank_id, "sources")
        body = {**body, "source_id": source_id, "date": reference_date}
        return _first(
            await finish(self._transport, "POST", path, wait_s=wait_s, body=body), source_id
        )

    async def _append(
        self,
        body: Mapping[str, Any],
        source_id: str,
        bank_id: str,
        reference_date: datetime | None,
        wait_s: float | None,
    ) -> Run:
        path = of_bank(bank_id, "sources", segment(source_id), "turns")
        body = {**body, "date": reference_date}
        return _first(
            await finish(self._transport, "POST", path, wait_s=wait_s, body=body), source_id
        )


def _first(runs: Sequence[Run], source_id: str) -> Run:
    if not runs:
        raise SourceError(source_id, "there is nothing in it to retain")
    return runs[0]


def _filters(
    as_of: datetime | None,
    sources: Collection[str],
    tags: Collection[str],
    speaker: str | None,
    since: datetime | None,
    until: datetime | None,
    metadata: Mapping[str, str] | None,
) -> dict[str, Any]:
    return {
        "as_of": as_of,
        "sources": list(sources),
        "tags": list(tags),
        "speaker": speaker,
        "since": since,
        "until": until,
        "metadata": dict(metadata or {}),
    }
