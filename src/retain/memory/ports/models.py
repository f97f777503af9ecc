"""The ports of language models: as servers speak, and as states ask them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

from retain.memory.model import (
    FactPair,
    Judgement,
    Lead,
    LeadRequest,
    ModelAnswer,
    ModelRequest,
    NamePair,
    Price,
    Verdict,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

T = TypeVar("T")


class ChatModel(Protocol):
    """A model behind its server: every call is a request, and is paid for."""

    @property
    def name(self) -> str:
        """``PROVIDER:NAME``."""
        ...

    @property
    def price(self) -> Price | None:
        """What it costs, if that is known."""
        ...

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        """Ask once; nothing is tried again.

        Raises:
            ModelBusyError: The server is busy, out of reach or too slow; it may carry
                ``retry_after``, in seconds.
            ModelRefusedError: It refuses the key, or does not know the model.
            AnswerError: It refuses this request, or its answer is too large.
        """
        ...

    async def close(self) -> None:
        """Close its connections; it is not asked again."""
        ...


class EmbeddingModel(Protocol):
    """A model of embeddings behind its server."""

    @property
    def name(self) -> str:
        """``PROVIDER:NAME``."""
        ...

    @property
    def price(self) -> Price | None:
        """What it costs, if that is known."""
        ...

    async def embed(self, texts: Sequence[str]) -> tuple[NDArray[np.float32], int]:
        """The vectors of `texts`, (n, d) float32, of any length, and the tokens that were read.

        Raises:
            ModelBusyError: As `ChatModel.complete` does, and so for the others.
            ModelRefusedError: As there.
            AnswerError: As there.
        """
        ...

    async def close(self) -> None:
        """Close its connections; it is not asked again."""
        ...


class LanguageModel(Protocol):
    """A model whose answers are kept: what was answered before costs nothing.

    What is asked stands in the ledger of the `call_context` of the calling task.
    """

    @property
    def name(self) -> str:
        """``PROVIDER:NAME``."""
        ...

    async def ask(
        self,
        request: ModelRequest,
        read: Callable[[str], T],
        *,
        sources: Sequence[str] | None = None,
        keep_cut: bool = False,
    ) -> T:
        """What `read` makes of the answer; it is kept before it is read.

        An answer that cannot be read is shown to the model once, with what is wrong with it.

        Args:
            request: What is asked.
            read: Reads an answer; what is wrong with it, it raises as an `AnswerError`.
            sources: The ids of the sources that the request holds words of: forgetting one of
                them removes the answer. The default is the source of the
                call context.
            keep_cut: Whether an answer that was cut stays: asking again brings it again. It need
                not where nothing smaller can be asked.

        Raises:
            AnswerError: Neither answer can be read; both are set aside, so that asking again asks
                the model again.
            TruncatedError: The answer was cut at its greatest length.
            ModelBusyError: No attempt got an answer.
            ModelRefusedError: The server refuses the key, or does not know the model.
            BudgetError: The request may cost more than is left.
        """
        ...


class Judge(Protocol):
    """Decides what rules leave open."""

    async def same(self, pairs: Sequence[NamePair]) -> Sequence[Judgement]:
        """Whether the names of each pair mean the same; those that could be asked of."""
        ...

    async def supersedes(self, pairs: Sequence[FactPair]) -> Sequence[Verdict]:
        """Whether the newer fact of each pair replaces the older one."""
        ...

    async def leads(self, wanted: Sequence[LeadRequest]) -> Sequence[Lead]:
        """The first paragraphs of pages; none for a page of which nothing could be cited."""
        ...
