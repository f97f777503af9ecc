"""The models in use, each with its journal, its limits and the services that call it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from retain.config import Settings
from retain.errors import UnknownPriceError
from retain.memory.model import Call, ModelChoice, Spending
from retain.memory.ports import ChatModel, EmbeddingModel, Extractor, Journal, Judge, LanguageModel
from retain.memory.ports.limits import CallLimits
from retain.providers.llm.budget import BudgetGuard
from retain.providers.llm.cached_model import CachedModel
from retain.providers.llm.caller import Caller, Patience
from retain.providers.llm.extractor import ModelExtractor
from retain.providers.llm.judge import ModelJudge
from retain.providers.llm.limiter import Limiter
from retain.providers.llm.single_flight import SingleFlight

if TYPE_CHECKING:
    from retain.providers.embedders.remote import RemoteEmbedder

IMPATIENT = Patience(attempts=3, max_s=2.0)
"""For a question: a person waits for the answer."""

CallObserver = Callable[[Call], object]
"""Is called with every call to a model, once it has ended."""

logger = logging.getLogger("retain.models")

OpenChat = Callable[[ModelChoice], ChatModel]
"""Connects to a language model; nothing is sent yet."""

OpenEmbedding = Callable[[ModelChoice], EmbeddingModel]
"""Connects to an embedding model; nothing is sent yet."""


@dataclass(frozen=True, slots=True)
class ModelServices:
    """The services that call one model.

    Args:
        model: The model.
        extractor: Extracts facts from sections.
        judge: Decides where rules cannot, and writes the first paragraphs of pages.
    """

    model: LanguageModel
    extractor: Extractor
    judge: Judge


class Models:
    """The models in use, opened when they are first needed.

    Args:
        settings: The number of calls at once, and the limits.
        journal: Keeps the answers.
        rules: The rule-based extractor.
        open_chat: Connects to a language model.
        open_embedding: Connects to an embedding model.
        limits: Limits that other processes share; None: there are none.
    """

    def __init__(
        self,
        settings: Settings,
        journal: Journal,
        rules: Extractor,
        open_chat: OpenChat,
        open_embedding: OpenEmbedding,
        limits: CallLimits | None = None,
    ) -> None:
        self._limits = limits
        self._settings = settings
        self._journal = journal
        self._rules = rules
        self._open_chat = open_chat
        self._open_embedding = open_embedding
        self._budget_guard = BudgetGuard(journal, settings.budget, settings.run_budget)
        self._single_flight = SingleFlight(journal)
        self._limiters: dict[tuple[str, str | None], Limiter] = {}
        self._asking: dict[ModelChoice, ModelServices] = {}
        self._models: list[CachedModel] = []
        self._chats: list[ChatModel] = []
        self._embedders: list[RemoteEmbedder] = []
        self._observers: dict[object, CallObserver] = {}

    @property
    def spent(self) -> Spending:
        """What the calls have cost."""
        return self._budget_guard.spent

    @property
    def hits(self) -> int:
        """How many answers came from the journal, so that no call was made for them."""
        return sum(one.hits for one in (*self._models, *self._embedders))

    def of(self, choice: ModelChoice) -> ModelServices:
        """The services that call a model.

        Raises:
            InputError: There is no such model.
            UnknownPriceError: A cost limit is set, and the model's price is not known.
            MissingExtraError: The extra ``llm`` is not installed.
        """
        if choice not in self._asking:
            chat = self._open_chat(choice)
            self._check_price(chat)
            model = CachedModel(chat, self._caller(choice))
            self._models.append(model)
            self._chats.append(chat)
            extractor = ModelExtractor(model, self._rules, 2 * self._settings.concurrency)
            self._asking[choice] = ModelServices(model, extractor, ModelJudge(model))
        return self._asking[choice]

    def embedder(self, model: str) -> RemoteEmbedder:
        """The embedder of a model behind a server; the model is opened when it is first needed."""
        from retain.providers.embedders.remote import RemoteEmbedder  # loads numpy

        choice = self._settings.embedder_choice(model)

        def opened() -> EmbeddingModel:
            found = self._open_embedding(choice)
            self._check_price(found)
            return found

        def asking() -> Caller:
            return self._caller_of(Limiter(1), IMPATIENT)

        embedder = RemoteEmbedder(model, opened, self._caller(choice), asking)
        self._embedders.append(embedder)
        return embedder

    async def close(self) -> None:
        """Close the connections to the servers."""
        for one in (*self._chats, *self._embedders):
            await one.close()

    def _caller(self, choice: ModelChoice) -> Caller:
        """The caller of the model's server; all models of a server share its limiter."""
        server = choice.model.partition(":")[0], choice.base_url
        if server not in self._limiters:
            self._limiters[server] = Limiter(self._settings.concurrency)
        patience = Patience(attempts=self._settings.attempts)
        return self._caller_of(self._limiters[server], patience)

    def _caller_of(self, limiter: Limiter, patience: Patience) -> Caller:
        flight = self._single_flight
        return Caller(
            self._journal,
            limiter,
            self._budget_guard,
            limits=self._limits,
            single_flight=flight,
            patience=patience,
            observe=self._observe,
        )

    def subscribe(self, observer: CallObserver) -> Callable[[], None]:
        """Call `observer` with each call once it has ended; the returned function ends that."""
        key = object()
        self._observers[key] = observer

        def unsubscribe() -> None:
            self._observers.pop(key, None)

        return unsubscribe

    def _observe(self, call: Call) -> None:
        for observer in list(self._observers.values()):
            try:
                observer(call)
            except Exception:  # a broken observer costs no paid answer
                logger.exception("an observer of model calls failed")

    def _check_price(self, chat: ChatModel | EmbeddingModel) -> None:
        limits = (self._settings.budget, self._settings.run_budget)
        if chat.price is None and any(limit.max_cost is not None for limit in limits):
            raise UnknownPriceError(chat.name)
