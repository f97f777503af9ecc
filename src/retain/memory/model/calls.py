"""Calls to models: what is asked, what is answered, and what it costs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from retain.memory.hashing import sha256_of

Purpose = Literal["facts", "names", "supersedes", "lead", "answer", "embeddings"]
"""What a call is for; of all but embeddings, there is a prompt of that name."""

Finish = Literal["stop", "length", "refused"]
"""Why an answer ends: it is whole, it was cut at its greatest length, or the model refused."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a request."""

    role: Literal["system", "user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """What a model is asked.

    Args:
        purpose: What for.
        messages: The system's first.
        schema: The JSON schema of the answer.
        max_tokens: The greatest length of the answer, in tokens.
        thinking_tokens: What the model may think beside, in tokens; it does not name the request.
        least_tokens: Where the server has room for a shorter answer only, it is not asked; nor
            does this name the request.
    """

    purpose: Purpose
    messages: tuple[Message, ...]
    schema: Mapping[str, Any]
    max_tokens: int
    thinking_tokens: int = 0
    least_tokens: int = 0

    def key(self, model: str) -> str:
        """Name the request, put to `model`: equal requests have equal keys, and no others do."""
        canonical = {
            "model": model,
            "messages": [[message.role, message.text] for message in self.messages],
            "schema": self.schema,
            "parameters": {"max_tokens": self.max_tokens, "temperature": 0},
        }
        return _digest(canonical)


def embedding_key(model: str, text: str) -> str:
    """Name the request for the vector of `text`."""
    return _digest({"model": model, "embed": text})


def _digest(canonical: Mapping[str, Any]) -> str:
    return sha256_of(json.dumps(canonical, sort_keys=True, separators=(",", ":")))


@dataclass(frozen=True, slots=True)
class ModelAnswer:
    """What a model answered, as it came.

    Args:
        text: The answer; JSON, if the model did as it was asked.
        finish: Why it ends.
        input_tokens: What was read, by the server's count.
        output_tokens: What was written, by the server's count.
    """

    text: str
    finish: Finish
    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True)
class CallContext:
    """What a model call is booked on in the ledger.

    Args:
        bank_id: The bank.
        source_id: The source whose run makes the call; empty for a call outside of a run.
        state: The state of the run, or the name of the operation that makes the call.
        since: When the first text of the request may have been read, UTC; None if unknown.
        run: When the run was created, UTC; None for a call outside of a run.
    """

    bank_id: str = ""
    source_id: str = ""
    state: str = ""
    since: datetime | None = field(default=None, compare=False)
    run: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """One request that went to a model's server: a row of the ledger.

    Args:
        call_context: What it is booked on.
        purpose: What for.
        model: Its name.
        key: See `ModelRequest.key`; of several texts to embed, the first one's.
        at: When it was sent, UTC.
        latency_ms: How long it took, in milliseconds.
        input_tokens: By the server's count.
        output_tokens: By the server's count.
        cost: In US dollars; None where the model's price is not known.
        error: Why there is no answer; None if there is one.
    """

    call_context: CallContext
    purpose: Purpose
    model: str
    key: str
    at: datetime
    latency_ms: float
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = None
    error: str | None = None


ClaimOutcome = Literal["claimed", "answered", "busy"]
"""What came of a claim: it was taken, one of its requests has an answer, or another one is live."""


@dataclass(frozen=True, slots=True)
class RequestClaim:
    """The right to send a request, which nobody else has until it is released or expires.

    Args:
        bank_id: The bank.
        keys: See `ModelRequest.key`; one for each text to embed.
        token: Names the claim; no other one has it.
        lifetime_s: Seconds until it expires, counted from when it was taken or last renewed.
    """

    bank_id: str
    keys: tuple[str, ...]
    token: str
    lifetime_s: float


@dataclass(frozen=True, slots=True)
class Spending:
    """What calls came to.

    Args:
        calls: Requests that went to a server, failed ones included.
        failed: Those without an answer that could be used.
        input_tokens: In all.
        output_tokens: In all.
        cost: In US dollars, of the calls whose price is known.
        unpriced: How many answered calls have no known price.
    """

    calls: int = 0
    failed: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float = 0.0
    unpriced: int = 0

    @property
    def tokens(self) -> int:
        """Read and written."""
        return self.input_tokens + self.output_tokens


@dataclass(frozen=True, slots=True)
class CostLine:
    """What one run's state came to with one model.

    Args:
        call_context: The run and its state; the source is empty where it is forgotten.
        purpose: What was asked for.
        model: What was asked.
        spending: What it came to.
        latency_ms: The mean of its calls, in milliseconds.
    """

    call_context: CallContext
    purpose: Purpose
    model: str
    spending: Spending
    latency_ms: float


@dataclass(frozen=True, slots=True)
class Price:
    """What a model costs, in US dollars for a million tokens."""

    input: float
    output: float

    def of(self, input_tokens: int, output_tokens: int) -> float:
        """What so many tokens cost, in US dollars."""
        return (self.input * input_tokens + self.output * output_tokens) / 1e6


@dataclass(frozen=True, slots=True)
class Budget:
    """What may be spent; None: anything.

    Args:
        max_tokens: Read and written, together.
        max_cost: In US dollars.
    """

    max_tokens: int | None = None
    max_cost: float | None = None


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """The model that a run is made with; nothing secret is in it.

    Args:
        model: ``PROVIDER:NAME``, such as ``openai:gpt-4o-mini`` or ``openai-compatible:qwen3``.
        base_url: Where its server is, if not where the provider's is.
        price: What it costs, where the user knows better.
    """

    model: str
    base_url: str | None = None
    price: Price | None = None
