"""The render run of a bank: topics are clustered, leads written and pages rendered."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import ClassVar

from retain.bank import BankStore
from retain.concurrency import computed
from retain.engine import Complete, RetainFSM, Retry, StateResult
from retain.engine.context import RunContext
from retain.memory.call_context import in_call_context
from retain.memory.model import LeadRequest, ModelChoice, Page
from retain.memory.ports import Judge
from retain.memory.ports.pages import PageReads
from retain.wiki.clustering import topics
from retain.wiki.leads import wanting
from retain.wiki.rendering import rendered

logger = logging.getLogger("retain.wiki")

RENDER_RUN = ""
"""What a render run has in the place of a source's id, which is never empty."""

PAGES_AT_ONCE = 32
"""How many pages are rendered in one transaction and kept in one."""

LEADS_AT_ONCE = 32
"""How many pages are looked at in one transaction for the leads that they want."""

PATIENT = Retry(attempts=5, initial_s=0.2, max_s=5.0)
"""For states that wait for a database that another process is writing to."""


@dataclass
class RenderContext(RunContext):
    """A render run of a bank; what is to be done is marked in the bank.

    Args:
        model: The model that writes leads; None: no leads are written.
    """

    schema_version: ClassVar[int] = 1

    model: ModelChoice | None = field(default=None, kw_only=True)


@dataclass(frozen=True, slots=True)
class RenderServices:
    """What the states of a render run use.

    Args:
        store: The banks.
        judge: What writes leads; None: nobody does.
    """

    store: BankStore
    judge: Judge | None = None


def render_machine(services: RenderServices) -> RetainFSM[RenderContext, RenderServices]:
    """The machine that renders what is marked in a bank.

    Args:
        services: What its states use.
    """
    # It is never dead: it reads no source, and goes on where the last one ended.
    fsm = RetainFSM[RenderContext, RenderServices](services, max_recoveries=None)
    fsm.register("CLUSTER_TOPICS", cluster_topics, to=["WRITE_LEADS"], retry=PATIENT)
    fsm.register("WRITE_LEADS", write_leads, to=["WRITE_LEADS", "RENDER_PAGES"], retry=PATIENT)
    fsm.register("RENDER_PAGES", render_pages, to=["RENDER_PAGES", Complete()], retry=PATIENT)
    return fsm


async def cluster_topics(ctx: RenderContext, services: RenderServices) -> StateResult:
    """Cluster the topics again where the bank has changed by a fifth since the last time."""
    store = services.store
    if await store.topics_due(ctx.bank_id):
        before = await store.topics(ctx.bank_id)
        passages = await store.passages(ctx.bank_id)
        clustered = await computed(topics, passages.texts, passages.vectors, before)
        await store.replace_topics(ctx.bank_id, clustered)
    return "WRITE_LEADS"


async def write_leads(ctx: RenderContext, services: RenderServices) -> StateResult:
    """Have a model write the leads that changed pages want; without a model, they wait."""
    store, judge = services.store, services.judge
    if judge is None:
        return "RENDER_PAGES"
    marks = await store.lead_marks(ctx.bank_id, LEADS_AT_ONCE)
    if not marks:
        return "RENDER_PAGES"

    def look(reads: PageReads) -> dict[str, LeadRequest]:
        wanted = ((owner, wanting(owner, reads)) for owner in (mark.owner for mark in marks))
        return {owner: one for owner, one in wanted if one is not None}

    requests = await store.read_pages(ctx.bank_id, look)
    with in_call_context(ctx.bank_id, RENDER_RUN, "WRITE_LEADS", run=ctx.started_at):
        leads = await judge.leads(list(requests.values())) if requests else ()
    by_page = {lead.page_id: lead for lead in leads}
    written = {
        owner: by_page[one.page_id] for owner, one in requests.items() if one.page_id in by_page
    }
    await store.put_leads(ctx.bank_id, written, done=marks)
    return "WRITE_LEADS"


async def render_pages(ctx: RenderContext, services: RenderServices) -> StateResult:
    """Render some of the pages that say something else by now."""
    store = services.store
    marks = await store.page_marks(ctx.bank_id, PAGES_AT_ONCE)
    if not marks:
        return Complete()

    def render(reads: PageReads) -> list[Page | None]:
        return [rendered(mark.kind, mark.owner, reads) for mark in marks]

    pages = await store.read_pages(ctx.bank_id, render)
    await store.keep_pages(ctx.bank_id, list(zip(marks, pages, strict=True)))
    return "RENDER_PAGES"
