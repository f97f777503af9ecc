"""Models as runs use them: each with its journal, its limits and what asks it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from retain.config import Settings
from retain.errors import InputError
from retain.memory.model import ModelChoice, Spending
from retain.memory.ports import (
    ChatModel,
    EmbeddingModel,
    Extractor,
    Journal,
    Judge,
    LanguageModel,
)
from retain.providers.embedders.remote import RemoteEmbedder
from retain.providers.llm.caller import Caller, Patience
from retain.providers.llm.extractor import ModelExtractor
from retain.providers.llm.journalled import JournalledModel
from retain.providers.llm.judge import ModelJudge
from retain.providers.llm.limiter import Limiter
from retain.providers.llm.purse import Purse
from retain.providers.llm.single_flight import SingleFlight

IMPATIENT = Patience(attempts=3, max_s=2.0)
"""For a question, whose answer somebody waits for."""

OpenChat = Callable[[ModelChoice], ChatModel]
"""Opens a model; nothing is sent yet."""

OpenEmbedding = Callable[[ModelChoice], EmbeddingModel]
"""Opens a model of embeddings; nothing is sent yet."""


@dataclass(frozen=True, slots=True)
class Asking:
    """What asks one model.

    Args:
        model: The model.
        extractor: Has it read sections.
        judge: Has it decide what rules leave open, and write the leads of pages.
    """

    model: LanguageModel
    extractor: Extractor
    judge: Judge


class Models:
    """The models that are in use, opened when they are first needed.

    Args:
        settings: How many calls are made at once, and what may be spent.
        journal: Keeps what is answered.
        rules: The extractor by rules.
        open_chat: Opens a model.
        open_embedding: Opens a model of embeddings.
    """

    def __init__(
        self,
        settings: Settings,
        journal: Journal,
        rules: Extractor,
        open_chat: OpenChat,
        open_embedding: OpenEmbedding,
    ) -> None:
        self._settings = settings
        self._journal = journal
        self._rules = rules
        self._open_chat = open_chat
        self._open_embedding = open_embedding
        self._purse = Purse(journal, settings.budget, settings.run_budget)
        self._single_flight = SingleFlight(journal)
        self._limiters: dict[tuple[str, str | None], Limiter] = {}
        self._asking: dict[ModelChoice, Asking] = {}
        self._models: list[JournalledModel] = []
        self._chats: list[ChatModel] = []
        self._embedders: list[RemoteEmbedder] = []

    @property
    def spent(self) -> Spending:
        """What the calls have come to."""
        return self._purse.spent

    @property
    def hits(self) -> int:
        """How many answers were not paid for, since the journal had them."""
        return sum(one.hits for one in (*self._models, *self._embedders))

    def of(self, choice: ModelChoice) -> Asking:
        """What asks the model of that choice.

        Raises:
            InputError: There is no such model, or its costs cannot be kept within the budget.
            MissingExtraError: The extra ``llm`` is not installed.
        """
        if choice not in self._asking:
            chat = self._open_chat(choice)
            self._check_price(chat)
            model = JournalledModel(chat, self._caller(choice))
            self._models.append(model)
            self._chats.append(chat)
            extractor = ModelExtractor(model, self._rules, 2 * self._settings.concurrency)
            self._asking[choice] = Asking(model, extractor, ModelJudge(model))
        return self._asking[choice]

    def embedder(self, model: str) -> RemoteEmbedder:
        """An embedder behind a server; its model is opened when it is first needed."""
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
        """Makes calls to the choice's server, which all its models share."""
        server = choice.model.partition(":")[0], choice.base_url
        if server not in self._limiters:
            self._limiters[server] = Limiter(self._settings.concurrency)
        patience = Patience(attempts=self._settings.attempts)
        return self._caller_of(self._limiters[server], patience)

    def _caller_of(self, limiter: Limiter, patience: Patience) -> Caller:
        flight = self._single_flight
        return Caller(self._journal, limiter, self._purse, single_flight=flight, patience=patience)

    def _check_price(self, chat: ChatModel | EmbeddingModel) -> None:
        limits = (self._settings.budget, self._settings.run_budget)
        if chat.price is None and any(limit.max_cost is not None for limit in limits):
            raise InputError(
                f"no price is known for {chat.name}, so --max-cost cannot be kept: give --price "
                "INPUT/OUTPUT in dollars for a million tokens, or --max-tokens"
            )
