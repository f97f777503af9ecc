"""The tools of the MCP server. Their descriptions are read by models, and cost tokens."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, time
from typing import Annotated, Any

import msgspec
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import ToolAnnotations
from pydantic import Field

from retain.app import views
from retain.app.memory import Memory
from retain.engine import Event, RunEnded, StepEnded
from retain.errors import InputError
from retain.mcp.advice import Call, advised
from retain.memory.model import Run
from retain.server.access import Access, Grant, Scope, bearer
from retain.server.problems import HttpError
from retain.status import ENDED

STEPS = 11
"""How many steps a run has that retains a source."""

Bank = Annotated[str | None, Field(description="Default: the configured bank.")]
Day = Annotated[str | None, Field(description="YYYY-MM-DD, or a time in ISO 8601.")]
SourceId = Annotated[str | None, Field(description="Names the source in its bank.")]

Mcp = Context[Any, Any]


class Tools:
    """Tools over one memory.

    Args:
        memory: The memory.
        bank_id: The bank of calls that name none.
        access: The tokens, for callers over HTTP.
    """

    def __init__(self, memory: Memory, bank_id: str, access: Access) -> None:
        self._memory = memory
        self._bank_id = bank_id
        self._access = access

    def register(self, server: MCPServer[Any]) -> None:
        """Give the tools to a server."""
        reads = ToolAnnotations(read_only_hint=True, open_world_hint=False)
        writes = ToolAnnotations(
            read_only_hint=False,
            destructive_hint=False,
            idempotent_hint=True,
            open_world_hint=False,
        )
        deletes = ToolAnnotations(
            read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=False
        )
        every: Sequence[tuple[Call, str, ToolAnnotations]] = (
            (self.retain, "Retain", writes),
            (self.recall, "Recall", reads),
            (self.context, "Memory for a prompt", reads),
            (self.ask, "Ask memory", reads),
            (self.add_fact, "Add a fact", writes),
            (self.forget, "Forget", deletes),
            (self.run_status, "Status of runs", reads),
            (self.list_banks, "List banks", reads),
            (self.list_pages, "List pages", reads),
            (self.read_page, "Read a page", reads),
        )
        for tool, title, hints in every:
            server.add_tool(advised(tool), title=title, annotations=hints, structured_output=False)

    def bank(self, ctx: Mcp, scope: Scope, bank_id: str | None) -> str:
        """The bank of a call, if the caller may use it.

        Raises:
            ToolError: The caller may not.
        """
        grant = self.grant(ctx)
        chosen = bank_id or self._bank_id
        if not grant.allows(scope):
            raise ToolError(f"scope: the token {grant.name!r} is not for {scope} calls")
        if not grant.reaches(chosen):
            raise ToolError(
                f"bank: the token {grant.name!r} is not for this bank. Call list_banks."
            )
        return chosen

    def grant(self, ctx: Mcp) -> Grant:
        """Who calls; over stdio, whoever started the server."""
        headers = ctx.headers
        if headers is None:
            return Access().grant_of(None)
        try:
            return self._access.grant_of(bearer(headers.get("authorization")))
        except HttpError as exc:
            raise ToolError(exc.detail) from exc

    async def retain(
        self,
        ctx: Mcp,
        text: Annotated[str | None, Field(description="Text of any format.")] = None,
        messages: Annotated[
            list[dict[str, Any]] | None, Field(description="Messages with role and content.")
        ] = None,
        source_id: SourceId = None,
        append: Annotated[bool, Field(description="Add to the source; do not replace it.")] = False,
        date: Day = None,
        bank: Bank = None,
    ) -> str:
        """Store a text or a conversation in memory. The same source_id again replaces it."""
        bank_id = self.bank(ctx, "write", bank)
        if (text is None) == (messages is None):
            raise InputError("give either text or messages")
        content = text if text is not None else msgspec.json.encode(messages).decode()
        name = source_id or f"agent/{hashlib.sha256(content.encode()).hexdigest()[:16]}"
        when = _moment(date, "date")
        async with self._progress(ctx, bank_id, name):
            if messages is not None:
                run = await self._memory.retain_messages(
                    messages, source_id=name, bank_id=bank_id, reference_date=when, append=append
                )
            else:
                take = self._memory.append if append else self._memory.retain_text
                run = await take(content, source_id=name, bank_id=bank_id, reference_date=when)
        return _run(run)

    async def recall(
        self,
        ctx: Mcp,
        query: Annotated[str, Field(description="A question or some words.")],
        k: Annotated[int, Field(ge=1, le=50)] = 8,
        as_of: Day = None,
        sources: Annotated[
            list[str] | None, Field(description="Only these; * is any text.")
        ] = None,
        bank: Bank = None,
    ) -> str:
        """Search memory: facts and passages with source, line and date, best first."""
        hits = await self._memory.recall(
            query,
            bank_id=self.bank(ctx, "read", bank),
            k=k,
            as_of=_moment(as_of, "as_of", last=True),
            sources=sources or (),
        )
        return _json([views.plain(hit) for hit in hits])

    async def context(
        self,
        ctx: Mcp,
        query: Annotated[str, Field(description="What the user said, or a question.")],
        max_tokens: Annotated[int, Field(ge=50, le=20_000)] = 1_500,
        bank: Bank = None,
    ) -> str:
        """Get what memory holds of a query as one text with numbered sources. Use this first."""
        found = await self._memory.context(
            query, bank_id=self.bank(ctx, "read", bank), max_tokens=max_tokens
        )
        return found.text or "Memory holds nothing about this."

    async def ask(self, ctx: Mcp, question: str, bank: Bank = None) -> str:
        """Have the server's own model answer from memory alone, with citations. May cost money."""
        answer = await self._memory.reflect(question, bank_id=self.bank(ctx, "read", bank))
        return _json(views.plain(answer))

    async def add_fact(
        self,
        ctx: Mcp,
        fact: Annotated[str, Field(description="One statement that names whom it is about.")],
        replaces: Annotated[
            str | None, Field(description="fact_id of a wrong fact that this corrects.")
        ] = None,
        bank: Bank = None,
    ) -> str:
        """Remember one fact."""
        bank_id = self.bank(ctx, "write", bank)
        if replaces is None:
            added = await self._memory.add(fact, bank_id=bank_id)
        else:
            added = await self._memory.facts.correct(replaces, fact, bank_id=bank_id)
        return _json([views.fact(one) for one in added])

    async def forget(
        self,
        ctx: Mcp,
        source_id: str | None = None,
        fact_id: str | None = None,
        preview: Annotated[bool, Field(description="Only tell what would be deleted.")] = False,
        bank: Bank = None,
    ) -> str:
        """Delete a source or one fact with every trace of it. This cannot be undone."""
        bank_id = self.bank(ctx, "read" if preview else "write", bank)
        if (source_id is None) == (fact_id is None):
            raise InputError("give either source_id or fact_id")
        memory = self._memory
        if preview:
            shown = await (
                memory.sources.preview_forget(source_id, bank_id=bank_id)
                if source_id is not None
                else memory.facts.preview_forget(fact_id or "", bank_id=bank_id)
            )
            return _json(views.forgetting(bank_id, shown))
        forgotten = await (
            memory.forget(source_id, bank_id=bank_id)
            if source_id is not None
            else memory.facts.forget(fact_id or "", bank_id=bank_id)
        )
        copies = await memory.banks.copies(bank_id=bank_id)
        return _json(views.forgotten(bank_id, forgotten, fact_id, copies))

    async def run_status(self, ctx: Mcp, source_id: SourceId = None, bank: Bank = None) -> str:
        """See how retaining a source went; without source_id, the latest 50 sources."""
        bank_id = self.bank(ctx, "read", bank)
        if source_id is not None:
            return _json(views.run(await self._memory.show(source_id, bank_id=bank_id)))
        runs = await self._memory.runs(bank_id=bank_id, limit=50, order="newest")
        return _json([views.plain(run) for run in runs])

    async def list_banks(self, ctx: Mcp) -> str:
        """List the banks: each is the memory of one user, agent or team."""
        grant = self.grant(ctx)
        banks = await self._memory.banks()
        return _json([views.bank(one, n) for one, n in banks.items() if grant.reaches(one)])

    async def list_pages(self, ctx: Mcp, bank: Bank = None) -> str:
        """List the pages of a bank: people, places, things and topics."""
        pages = await self._memory.wiki(bank_id=self.bank(ctx, "read", bank))
        return _json(
            [{"name": page.title, "kind": page.kind, "facts": page.facts} for page in pages]
        )

    async def read_page(
        self,
        ctx: Mcp,
        name: Annotated[str, Field(description="Name of a person, place, thing or topic.")],
        bank: Bank = None,
    ) -> str:
        """Read all that memory holds about somebody or something, as Markdown."""
        return (await self._memory.wiki.page(name, bank_id=self.bank(ctx, "read", bank))).text

    @asynccontextmanager
    async def _progress(self, ctx: Mcp, bank_id: str, source_id: str) -> AsyncGenerator[None]:
        """Report the steps of a run while the block runs."""
        done = 0
        reports: set[asyncio.Task[None]] = set()

        def observe(event: Event) -> None:
            nonlocal done
            if (event.bank_id, event.source_id) != (bank_id, source_id):
                return
            if isinstance(event, (StepEnded, RunEnded)):
                done = min(done + 1, STEPS)
                name = event.state if isinstance(event, StepEnded) else "done"
                report = ctx.report_progress(done, STEPS, name.removeprefix("parallel:"))
                task = asyncio.ensure_future(report)
                reports.add(task)
                task.add_done_callback(reports.discard)

        end = self._memory.subscribe(observe)
        try:
            yield
            await asyncio.gather(*reports, return_exceptions=True)
        finally:
            end()


def _run(run: Run) -> str:
    if run.status not in ENDED:
        raise ToolError(
            f"the run is {run.status}: {'; '.join(run.errors) or 'see run_status'}. Nothing of it "
            "is lost: repeat this call to continue."
        )
    return _json(views.plain(run))


def _json(value: Any) -> str:
    return msgspec.json.encode(value, enc_hook=str).decode()


def _moment(given: str | None, name: str, *, last: bool = False) -> datetime | None:
    """A time; of a date alone its first or its last instant.

    Raises:
        InputError: It is neither.
    """
    if given is None:
        return None
    try:
        when = datetime.fromisoformat(given)
    except ValueError as exc:
        raise InputError(f"{name} is {given!r}: write it as 2026-01-31") from exc
    if last and len(given) == len("2026-01-31"):
        when = datetime.combine(when.date(), time.max)
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
