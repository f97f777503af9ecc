"""Embeddings over real HTTP: what goes out, and what comes of every answer and failure."""

import asyncio
import base64

import numpy as np
import pytest
from tests.rawserver import DROP, Reply, raw_server

from retain.errors import (
    AnswerError,
    InputError,
    ModelBusyError,
    ModelRefusedError,
    RetainError,
    UnknownModelError,
)
from retain.memory.model import ModelChoice
from retain.providers.llm.embedding import open_embedding

CANARY = "sk-canary-9f8e7d6c5b4a"


def answer(*vectors, tokens=7):
    data = [
        {"object": "embedding", "index": n, "embedding": vector} for n, vector in enumerate(vectors)
    ]
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "data": data, "model": "m", "usage": usage}


def embed(reply, texts=("one", "two"), model="openai-compatible:m", timeout_s=10.0):
    async def main():
        async with raw_server(lambda _: reply) as server:
            chosen = open_embedding(
                ModelChoice(model, server.url),
                timeout_s=timeout_s,
                environ={"OPENAI_API_KEY": CANARY},
            )
            try:
                return await chosen.embed(texts), server.asked
            except RetainError as exc:
                return exc, server.asked
            finally:
                await chosen.close()

    got, seen = asyncio.run(main())
    assert len(seen) == 1, "a call is made once"
    return got, seen[0]


@pytest.mark.parametrize("model", ["openai-compatible:m", "openai:text-embedding-3-small"])
def test_vectors_come_as_numbers_or_as_bytes(model):
    (vectors, tokens), seen = embed(Reply(answer([1.0, 2.0], [0.5, -1.0])), model=model)
    assert vectors.dtype == np.float32
    assert vectors.tolist() == [[1.0, 2.0], [0.5, -1.0]]
    assert tokens == 7
    assert seen.path == "/v1/embeddings"
    assert seen.body["input"] == ["one", "two"]
    assert seen.body["model"] == model.partition(":")[2]
    assert seen.headers["authorization"] == f"Bearer {CANARY}"
    written = base64.b64encode(np.array([3, 4], dtype="<f4").tobytes()).decode()
    (vectors, _), _ = embed(Reply(answer(written)), ["one"], model)
    assert vectors.tolist() == [[3.0, 4.0]]


@pytest.mark.parametrize(
    "body",
    [
        answer([1.0, 2.0]),
        answer([1.0, 2.0], [1.0]),
        answer([], []),
        answer([1.0], [None]),
        answer([1.0], ["x"]),
        answer([1.0], None),
        answer([1.0], "!"),
        {"data": None},
        {},
    ],
)
def test_what_is_no_vector_for_each_text_is_an_error(body):
    got, _ = embed(Reply(body))
    assert isinstance(got, AnswerError), got


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply({"error": {"message": CANARY}}, 401), ModelRefusedError),
        (Reply({"error": {"message": CANARY}}, 404), UnknownModelError),
        (Reply({"error": {"message": f"too long {CANARY}"}}, 400), AnswerError),
        (Reply({"error": {"message": CANARY}}, 429, {"Retry-After": "3"}), ModelBusyError),
        (Reply({"error": {"message": CANARY}}, 500), ModelBusyError),
        (DROP, ModelBusyError),
        (Reply(b"nothing"), ModelBusyError),
        (Reply(answer([1.0], [2.0]), every_s=0.1), ModelBusyError),
        (Reply(b"", length=40 << 20), AnswerError),
    ],
)
def test_failures_are_told_as_those_of_language_models_are(reply, kind):
    got, _ = embed(reply, timeout_s=0.5 if reply.every_s else 10.0)
    assert type(got) is kind
    assert CANARY not in str(got)
    assert got.__context__ is None


@pytest.mark.parametrize(
    ("model", "url", "message"),
    [
        ("anthropic:claude-x", None, "no embeddings from anthropic"),
        ("openai-compatible:m", None, "needs to know where its server is"),
        ("openai:m", None, "set OPENAI_API_KEY"),
        ("m", None, "write PROVIDER:NAME"),
    ],
)
def test_what_cannot_be_opened_says_what_to_do(model, url, message):
    keys = {"ANTHROPIC_API_KEY": CANARY}
    with pytest.raises(InputError, match=message):
        open_embedding(ModelChoice(model, url), timeout_s=1, environ=keys)
