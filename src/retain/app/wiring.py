"""Wiring: makes the parts of a memory, and the machines that drive its runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from retain.app.backends import Backend
from retain.app.banks import Banks
from retain.app.copies import Copies
from retain.app.costs import Costs
from retain.app.entities import Entities
from retain.app.facts import Facts
from retain.app.forgetting import Preview
from retain.app.intake import Intake
from retain.app.lint import Linter
from retain.app.models import Models, OpenChat, OpenEmbedding
from retain.app.pages import Pages
from retain.app.queue import Queue
from retain.app.rendering import Renderer
from retain.app.runner import Runner
from retain.app.runs import Runs
from retain.app.source_lookup import SourceLookup
from retain.app.sources import Sources
from retain.bank import BankRules, BankStore
from retain.checkpoints.history import History
from retain.config import Settings, environment
from retain.engine import Observer, RetainFSM
from retain.kinds import Task
from retain.memory.context import RetainContext
from retain.memory.model import Edge, Fact, ModelChoice, Verdict
from retain.memory.ports import ChatModel, EmbeddingModel, Journal, Judge
from retain.memory.ports.store import Store
from retain.providers.embedders.catalogue import Catalogue
from retain.providers.llm.answering import Answerer
from retain.providers.local.extractor import LocalExtractor
from retain.providers.local.finder import LocalFinder
from retain.providers.local.resolver import LocalEntities
from retain.providers.local.superseder import LocalSupersedingRules
from retain.sources.reader import FileReader
from retain.states import appending, forgetting, forgetting_facts, pipeline
from retain.states.services import RetainServices
from retain.wiki.dirty import dirty
from retain.wiki.reader import WikiReader
from retain.wiki.render_run import RenderContext

Machine = RetainFSM[RetainContext, RetainServices]

MOST_DEATHS = 2
"""How many workers a run may kill before it is dead: it is tried three times."""


@dataclass(frozen=True, slots=True)
class Outside:
    """What is outside of the database; a dry run replaces it by stubs.

    Args:
        journal: Keeps the answers of models, and what they cost.
        open_chat: Connects to a language model.
        open_embedding: Connects to an embedding model.
    """

    journal: Journal
    open_chat: OpenChat
    open_embedding: OpenEmbedding


def outside(journal: Journal, settings: Settings) -> Outside:
    """The journal, and models behind their servers."""
    return Outside(
        journal,
        partial(_open_chat, timeout_s=settings.timeout_s),
        partial(_open_embedding, timeout_s=settings.timeout_s),
    )


def _open_chat(choice: ModelChoice, timeout_s: float) -> ChatModel:
    from retain.providers.llm.chat import open_chat

    return open_chat(choice, timeout_s=timeout_s, environ=environment())


def _open_embedding(choice: ModelChoice, timeout_s: float) -> EmbeddingModel:
    from retain.providers.llm.embedding import open_embedding

    return open_embedding(choice, timeout_s=timeout_s, environ=environment())


def for_workers(settings: Settings, concurrency: int) -> Settings:
    """The settings of a worker: each run has its own model.

    Args:
        settings: Those of its process.
        concurrency: How many calls it makes at once.
    """
    return replace(
        settings,
        model=None,
        base_url=None,
        price=None,
        concurrency=concurrency,
        max_recoveries=min(settings.max_recoveries, MOST_DEATHS),
    )


def local_rules() -> BankRules:
    """The rules that need no model; they are loaded when they are first needed."""
    return BankRules(LocalEntities(), LocalSupersedingRules(), dirty)


def relate(
    facts: Sequence[tuple[str, Fact]], canonical: Mapping[str, str], verdicts: Sequence[Verdict]
) -> Sequence[Edge]:
    """What superseded what among facts alone; see `wiki.reader.Relate`."""
    from retain.providers.local.superseding import Dated, edges

    return edges([Dated(source_id, fact) for source_id, fact in facts], canonical, verdicts)


def bank_store(store: Store) -> BankStore:
    """The banks of a store, with the rules that need no model."""
    return BankStore(store, local_rules())


class Parts:
    """Everything that works on one database: the parts of `Memory`, and what they share.

    Args:
        backend: The banks and the runs.
        settings: The user's settings.
        beyond: What is outside of the database.
    """

    def __init__(self, backend: Backend, settings: Settings, beyond: Outside) -> None:
        self.settings = settings
        self.backend = backend
        self.store = bank_store(backend.store)
        self.checkpoint = backend.checkpoint(RetainContext, History(settings.earlier_runs))
        self.renders = backend.checkpoint(RenderContext, History(0))
        self.reader = FileReader(settings.limits, settings.author, settings.timezone)
        self.extractor = LocalExtractor()
        self.finder = LocalFinder()
        self.journal = beyond.journal
        self.models = Models(
            *(settings, self.journal, self.extractor, beyond.open_chat, beyond.open_embedding),
            backend.limits(),
        )
        self.embedders = Catalogue(settings.embedder, remote=self.models.embedder)
        self._rules = RetainServices(
            store=self.store,
            reader=self.reader,
            embedders=self.embedders,
            extractor=self.extractor,
            finder=self.finder,
            journal=self.journal,
            strict=settings.strict,
        )
        most = settings.max_recoveries
        self.pipeline = pipeline(self._rules, max_recoveries=most)
        added = appending(self._rules, max_recoveries=most)
        self._forgetting = forgetting(self._rules)
        self._forgetting_facts = forgetting_facts(self._rules)
        self._machines: dict[tuple[Task, ModelChoice | None], Machine] = {
            (Task.RETAIN, None): self.pipeline,
            (Task.APPEND, None): added,
        }
        self._observers: dict[object, tuple[Observer, list[Callable[[], None]]]] = {}

        self.runner = Runner(
            *(self.machine_of, self.checkpoint, self.store.source_with_text, self.store.vacuum),
            self.reader,
            settings.choice,
            settings.rules,
        )
        self.renderer = self.renderer_of(settings.choice)
        self.intake = Intake(
            *(self.store, self.checkpoint, self.runner, self.renderer, self.reader),
            settings.choice,
            rules=settings.rules,
            patience_s=settings.busy_timeout_s,
        )
        self.lookup = SourceLookup(self.store, self.checkpoint)
        self.copies = Copies(backend, self.store)
        preview, reader = Preview(self.store), WikiReader(self.store, relate)
        self.sources = Sources(self.store, self.checkpoint, self.lookup, preview)
        self.runs = Runs(
            *(self.store, self.checkpoint, self.lookup, self.pipeline, added, self.runner)
        )
        self.entities = Entities(self.store)
        self.facts = Facts(
            *(self.store, self.lookup, self.runner, preview, self.reader, self.extractor),
            *(self.copies, self.intake),
        )
        self.wiki = Pages(reader, self.renderer)
        self.costs = Costs(self.journal, self.models)
        self.queue = Queue(
            *(backend, self.runs, self._for_workers, settings.busy_timeout_s),
        )
        linter = Linter(self.store, reader)
        without_leads = self.renderer_of(None)
        self.banks = Banks(
            *(backend, self.store, self.runs, linter, reader, self.embedders, without_leads),
            *(self.copies, self.runner, self.queue),
        )

    def _for_workers(self, concurrency: int) -> Parts:
        """The parts of a worker."""
        settings = for_workers(self.settings, concurrency)
        return Parts(self.backend, settings, outside(self.backend.journal, settings))

    def machine_of(self, ctx: RetainContext) -> Machine:
        """The machine for a run; forgetting needs no model.

        Raises:
            InputError: The run's model cannot be used.
            MissingExtraError: The extra ``llm`` is not installed.
        """
        match ctx.task:
            case Task.FORGET:
                return self._forgetting
            case Task.FORGET_FACT:
                return self._forgetting_facts
            case Task.RETAIN | Task.APPEND:
                return self._machine_of(ctx.task, ctx.model)

    async def check(self) -> None:
        """Validate the configured models; nothing is sent.

        Raises:
            InputError: A model cannot be used.
            MissingExtraError: The extra ``llm`` is not installed.
        """
        if self.settings.choice is not None:
            await asyncio.to_thread(self.models.of, self.settings.choice)
        from retain.providers.embedders.remote import RemoteEmbedder  # loads numpy

        preferred = self.embedders.get(self.embedders.preferred)
        if isinstance(preferred, RemoteEmbedder):
            await preferred.check()

    def judge_of(self, choice: ModelChoice) -> Judge:
        """What decides with a model, and writes leads."""
        return self.models.of(choice).judge

    def renderer_of(self, choice: ModelChoice | None) -> Renderer:
        """What renders banks with a model, or without leads."""
        return Renderer(self.store, self.renders, self.judge_of, choice)

    def answerer(self) -> Answerer | None:
        """Answers questions with the configured model; None where none is configured."""
        choice = self.settings.choice
        return None if choice is None else Answerer(self.models.of(choice).model)

    def subscribe(self, observer: Observer) -> Callable[[], None]:
        """Call `observer` with the events of every pipeline; the returned function ends that."""
        key = object()
        ends = [machine.subscribe(observer) for machine in self._machines.values()]
        self._observers[key] = (observer, ends)

        def unsubscribe() -> None:
            _, ends = self._observers.pop(key, (observer, []))
            for end in ends:
                end()

        return unsubscribe

    async def close(self) -> None:
        """Finish pending work, then close the database and the connections to models."""
        self.reader.close()
        await self.models.close()
        await self.backend.close()

    def _machine_of(self, task: Task, choice: ModelChoice | None) -> Machine:
        """The machine that does a task with a model, or with rules."""
        key = (task, choice)
        if choice is not None and key not in self._machines:
            asking = self.models.of(choice)
            services = replace(self._rules, extractor=asking.extractor, judge=asking.judge)
            make = appending if task == Task.APPEND else pipeline
            most = self.settings.max_recoveries
            machine = self._machines[key] = make(services, max_recoveries=most)
            for observer, ends in self._observers.values():
                ends.append(machine.subscribe(observer))
        return self._machines[key]
