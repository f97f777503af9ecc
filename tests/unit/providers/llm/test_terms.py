"""What a server takes: learned from its refusals over real HTTP, and kept."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.rawserver import Asked, Reply, completion, raw_server

from retain.errors import AnswerError, RetainError, TermsError, TruncatedError
from retain.memory.model import Message, ModelAnswer, ModelChoice, ModelRequest
from retain.providers.llm.chat import open_chat
from retain.providers.llm.secrecy import without

SCHEMA = {"type": "object", "properties": {"facts": {"type": "array"}}, "required": ["facts"]}


def request(words: str = "Ana lives in Rome.", most: int = 2_000, least: int = 0) -> ModelRequest:
    messages = (Message("system", "Find facts."), Message("user", words))
    return ModelRequest("facts", messages, SCHEMA, most, least_tokens=least)


def asked(
    refusal: Callable[[dict[str, Any]], str | None], *requests: ModelRequest, status: int = 400
) -> tuple[list[ModelAnswer | RetainError], list[dict[str, Any]]]:
    """What comes of the requests at a server that refuses some, and the bodies that it was sent."""

    def answering(one: Asked) -> Reply:
        words = refusal(one.body)
        if words is None:
            return Reply(completion('{"facts":[]}'))
        return Reply({"error": {"message": words}}, status)

    async def main() -> tuple[list[ModelAnswer | RetainError], list[dict[str, Any]]]:
        async with raw_server(answering) as server:
            choice = ModelChoice("openai-compatible:m", server.url)
            chat = open_chat(choice, timeout_s=10.0, environ={})
            got: list[ModelAnswer | RetainError] = []
            for one in requests:
                while True:
                    try:
                        got.append(await chat.complete(one))
                    except TermsError:
                        continue
                    except RetainError as exc:
                        got.append(exc)
                    break
            await chat.close()
            return got, [one.body for one in server.asked]

    return asyncio.run(main())


def form(body: dict[str, Any]) -> str:
    if "tools" in body:
        return "tool"
    return body.get("response_format", {}).get("type", "words")


def test_the_forms_of_json_are_tried_in_order_and_what_is_taken_is_kept():
    def only_words(body: dict[str, Any]) -> str | None:
        return None if form(body) == "words" else "This response_format or tools is unavailable"

    got, bodies = asked(only_words, request(), request("Ben sings."))
    assert all(isinstance(one, ModelAnswer) for one in got)
    forms = ["json_schema", "json_object", "tool", "words", "words"]
    assert [form(body) for body in bodies] == forms
    assert "required" in json.dumps(bodies[-1]), "the schema is told in words"


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (500, "[{'type': 'literal_error', 'loc': ('body', 'response_format', 'type')}]"),
        (400, "Bad request"),
        (422, "Unprocessable"),
    ],
)
def test_a_server_that_takes_any_object_is_asked_for_one(status: int, words: str):
    got, bodies = asked(
        lambda body: words if form(body) == "json_schema" else None, request(), status=status
    )
    assert [form(body) for body in bodies] == ["json_schema", "json_object"]
    assert isinstance(got[0], ModelAnswer)


def test_a_request_that_no_form_helps_is_refused_and_the_next_is_asked_in_the_first():
    def never(body: dict[str, Any]) -> str | None:
        return "no" if "Ana" in json.dumps(body) else None

    (one, other), bodies = asked(never, request(), request("Ben sings."))
    assert isinstance(one, AnswerError)
    assert isinstance(other, ModelAnswer)
    assert form(bodies[-1]) == "json_schema"


def test_what_a_filter_refuses_is_asked_once():
    policy = "The prompt triggered our content management policy"
    (got,), bodies = asked(lambda _: policy, request())
    assert isinstance(got, AnswerError)
    assert len(bodies) == 1


def test_temperature_and_the_name_of_the_length_are_learned():
    def strict(body: dict[str, Any]) -> str | None:
        if "max_tokens" in body:
            return "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
        return "'temperature' does not support 0" if "temperature" in body else None

    got, bodies = asked(strict, request(), request("Ben sings."))
    assert all(isinstance(one, ModelAnswer) for one in got)
    assert len(bodies) == 4
    assert bodies[-1]["max_completion_tokens"] == 2_000
    assert "temperature" not in bodies[-1]


@pytest.mark.parametrize(
    "words",
    [
        "This model's maximum context length is {n} tokens. However, you requested 9999 tokens",
        "the request exceeds the available context size ({n} tokens), try increasing it",
        "max_tokens is too large: 9999. This model supports at most {n} completion tokens",
        "max_tokens: 9999 > {n}, which is the maximum allowed number of output tokens",
        "Invalid max_tokens value, the valid range of max_tokens is [1, {n}]",
        "`max_tokens` must be less than or equal to `{n}`",
    ],
)
def test_a_limit_is_learned_from_the_words_of_a_refusal(words: str):
    def limited(body: dict[str, Any]) -> str | None:
        return words.format(n=4096) if body["max_tokens"] > 4_096 else None

    small, large = request(most=5_000), request(most=5_000, least=5_000)
    (one, other), bodies = asked(limited, small, large)
    assert isinstance(one, ModelAnswer), one
    assert isinstance(other, TruncatedError)
    assert len(bodies) == 2
    assert 3_500 < bodies[-1]["max_tokens"] <= 4_096


def test_a_limit_that_is_not_named_is_found_by_halves():
    def limited(body: dict[str, Any]) -> str | None:
        return "max_tokens is too large" if body["max_tokens"] > 1_300 else None

    (got,), bodies = asked(limited, request(most=5_000))
    assert isinstance(got, ModelAnswer)
    assert [body["max_tokens"] for body in bodies] == [5_000, 2_500, 1_250]


def test_a_server_that_refuses_without_end_is_believed():
    numbers = iter(range(1_000, 9_999))
    (got,), bodies = asked(
        lambda _: f"maximum context length is {next(numbers) * 10} tokens", request(most=900)
    )
    assert isinstance(got, AnswerError | TruncatedError)
    assert len(bodies) < 40


@pytest.mark.parametrize("key", ["topsecret-123", 'sk-a"b/c\\d-9f8e7d6c5b4a', "sk-SECRET-9f8e7d6c"])
def test_a_key_is_hidden_in_every_form_that_json_has_for_it(key: str):
    escaped = "".join(f"\\u{ord(sign):04X}" for sign in key)
    quoted = json.dumps(key)[1:-1]
    twice = json.dumps(json.dumps(key))[1:-1]
    for spelled in (key, quoted, quoted.replace("/", "\\/"), escaped, twice):
        text = without(f'{{"text": "Ana has {spelled}."}}', key)
        assert "***" in text
        assert spelled not in text
        assert text.startswith('{"text": "Ana has ')
    assert without(r"C:\new \u12 Ana\"s", key) == r"C:\new \u12 Ana\"s"
