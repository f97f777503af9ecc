"""An embedder whose model is behind a server: what it was asked before is not asked again."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from retain.errors import AnswerError
from retain.memory.call_context import call_context
from retain.memory.model import CallContext, embedding_key
from retain.memory.ports import EmbeddingModel
from retain.providers.llm import tokens
from retain.providers.llm.caller import Asked, Caller, Got

BATCH = 64
"""The most texts of one request."""

MAX_BYTES = 8_000
"""The part of a text that is read, in UTF-8: a token is a byte at least, and models read 8,191."""

QUESTIONS = 256
"""How many vectors of questions are remembered, in memory alone."""

_BATCH_BYTES = 250_000
_PROBE = "word"

Vector = NDArray[np.float32]


class RemoteEmbedder:
    """Embeds by an `EmbeddingModel`.

    The vectors of a source's texts are kept in the journal, as 32-bit floats, little-endian, as
    they came. Where no source pays, as for a question, the journal learns no more than the cost.

    Args:
        model: ``PROVIDER:NAME``.
        open_model: Opens it, when it is first needed; what it raises, `embed` raises.
        caller: Makes the calls for sources.
        asking: Makes what makes the calls for a question: somebody waits for its answer, and a
            server that gives none to one may give one to the next.
    """

    def __init__(
        self,
        model: str,
        open_model: Callable[[], EmbeddingModel],
        caller: Caller,
        asking: Callable[[], Caller],
    ) -> None:
        self.model = model
        self._open_model = open_model
        self._opening = asyncio.Lock()
        self._opened: EmbeddingModel | None = None
        self._caller = caller
        self._asking = asking
        self._questions: OrderedDict[str, Vector] = OrderedDict()
        self.hits = 0

    @property
    def reads_code(self) -> bool:
        """It is given all of a text."""
        return True

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of `texts`, (n, d) float32, L2-normalised; zero for a text without a word.

        Raises:
            InputError: The model cannot be used.
            MissingExtraError: The extra ``llm`` is not installed.
            ModelBusyError: No attempt got an answer.
            ModelRefusedError: The server refuses the key, or does not know the model.
            AnswerError: It refuses a text, or gives vectors of several lengths.
            BudgetError: The call may come to more than is left.
        """
        read = [_readable(text) for text in texts]
        if not read:
            return np.zeros((0, 0), dtype=np.float32)
        worded = [text for text in dict.fromkeys(read) if any(map(str.isalnum, text))]
        found = await self._vectors(worded or [_PROBE])
        sizes = {len(vector) for vector in found.values()}
        if len(sizes) != 1:
            raise AnswerError(f"{self.model} gives vectors of several lengths: {sorted(sizes)}")
        nothing = np.zeros(sizes.pop(), dtype=np.float32)
        key_of = {text: embedding_key(self.model, text) for text in worded}
        return np.stack([found[key_of[text]] if text in key_of else nothing for text in read])

    async def check(self) -> None:
        """Open the model; what keeps it from being used is told at once.

        Raises:
            InputError: The model cannot be used.
            MissingExtraError: The extra ``llm`` is not installed.
        """
        await self._chosen()

    async def close(self) -> None:
        """Close the connections to its server."""
        if self._opened is not None:
            await self._opened.close()

    async def _chosen(self) -> EmbeddingModel:
        async with self._opening:
            if self._opened is None:
                self._opened = await asyncio.to_thread(self._open_model)
            return self._opened

    async def _vectors(self, texts: Sequence[str]) -> Mapping[str, Vector]:
        """The vectors of different texts, by their keys."""
        who, wanted = call_context(), {embedding_key(self.model, text): text for text in texts}
        if not who.source_id:
            return await self._of_question(wanted)
        sources, journal = (who.source_id,), self._caller.journal
        vectors: dict[str, Vector] = {}
        while missing := [key for key in wanted if key not in vectors]:
            kept = await journal.find(who.bank_id, missing, sources, who.since)
            vectors |= {key: _unit(np.frombuffer(body, "<f4")) for key, body in kept.items()}
            self.hits += len(kept)
            new = {key: wanted[key] for key in missing if key not in kept}
            vectors |= await self._sent(who, new, sources)
        return vectors

    async def _sent(
        self, who: CallContext, new: Mapping[str, str], sources: Sequence[str]
    ) -> Mapping[str, Vector]:
        """The vectors that this task asks for; those that others are asking for are left out."""
        flight = self._caller.single_flight
        # What another task is asking for must not delay the rest.
        free = {key: text for key, text in new.items() if flight.is_free(who.bank_id, key)}

        async def send(batch: Mapping[str, str]) -> Mapping[str, Vector]:
            work = partial(self._ask, self._caller, batch, sources)
            return await flight.send(who.bank_id, list(batch), work, sources, who.since) or {}

        return await _together(send, free or new)

    async def _of_question(self, wanted: Mapping[str, str]) -> Mapping[str, Vector]:
        """The vectors of a question; one recall may need them several times."""
        found = {key: self._questions[key] for key in wanted if key in self._questions}
        new = {key: text for key, text in wanted.items() if key not in found}
        found |= await _together(partial(self._ask, self._asking(), sources=()), new)
        self._questions.update(found)
        while len(self._questions) > QUESTIONS:
            self._questions.popitem(last=False)
        return found

    async def _ask(
        self, caller: Caller, batch: Mapping[str, str], sources: Sequence[str]
    ) -> dict[str, Vector]:
        chosen, keys, texts = await self._chosen(), list(batch), list(batch.values())
        most = sum(map(tokens.upper_bound, texts))
        asked = Asked("embeddings", self.model, keys[0], sources, most, lambda: 0, chosen.price)

        async def work() -> Got[NDArray[np.float32]]:
            vectors, read = await chosen.embed(texts)
            kept = {
                key: vector.astype("<f4").tobytes()
                for key, vector in zip(keys, vectors, strict=True)
            }
            if not 0 < read <= tokens.MOST:  # some servers do not count
                read = sum(map(tokens.estimate, texts))
            return Got(vectors, kept if sources else {}, read, 0)

        vectors = await caller.call(asked, work)
        return {key: _unit(vector) for key, vector in zip(keys, vectors, strict=True)}


async def _together(
    ask: Callable[[Mapping[str, str]], Awaitable[Mapping[str, Vector]]], texts: Mapping[str, str]
) -> Mapping[str, Vector]:
    """Ask for all batches at once; if one fails, the answers of the others are kept first."""
    found: dict[str, Vector] = {}
    for got in await asyncio.gather(*map(ask, _batches(texts)), return_exceptions=True):
        if isinstance(got, BaseException):
            raise got
        found |= got
    return found


def _readable(text: str) -> str:
    """The part of a text that is read, without halves of surrogate pairs."""
    return text.encode("utf-8", "replace")[:MAX_BYTES].decode("utf-8", "ignore")


def _batches(wanted: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
    batch: dict[str, str] = {}
    size = 0
    for key, text in wanted.items():
        length = len(text.encode())
        if batch and (len(batch) == BATCH or size + length > _BATCH_BYTES):
            yield batch
            batch, size = {}, 0
        batch[key] = text
        size += length
    if batch:
        yield batch


def _unit(vector: NDArray[np.floating]) -> Vector:
    length = float(np.linalg.norm(vector))
    return (vector / length if length else vector).astype(np.float32)
