"""A language model behind its server, spoken to through pydantic-ai."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from retain.errors import ModelBusyError
from retain.memory.model import Finish, Message, ModelAnswer, ModelChoice, ModelRequest, Price
from retain.memory.ports import ChatModel
from retain.providers.llm.endpoint import Endpoint, endpoint
from retain.providers.llm.opening import opening
from retain.providers.llm.prices import price_of
from retain.providers.llm.secrecy import hidden, hide_in_logs

if TYPE_CHECKING:
    import httpx2
    from pydantic_ai.messages import ModelMessage, ModelRequestPart, ModelResponse
    from pydantic_ai.models import Model, ModelRequestParameters
    from pydantic_ai.settings import ModelSettings

    from retain.providers.llm.failures import Failures

_FINISH: Mapping[str, Finish] = {"length": "length", "content_filter": "refused"}
"""Other reasons are no news: the answer is whole."""

_SHORTEST_KEY = 16
"""What is shorter is made up for a server that wants any, and may be a word of documents."""


def open_chat(
    choice: ModelChoice,
    *,
    timeout_s: float,
    environ: Mapping[str, str],
    api_key: str | None = None,
) -> ChatModel:
    """The model that was chosen, ready to be asked; it loads much code, so not on the event loop.

    Args:
        choice: The model.
        timeout_s: How long an answer may take in all, in seconds.
        environ: The environment, for the key; a provider's own client may read the process's.
        api_key: The key of the server at the choice's base URL; the default is the environment's.

    Raises:
        InputError: There is no such model, it lacks a key, or its URL cannot be used.
        MissingExtraError: What it needs is not installed.
    """
    to = endpoint(choice.model, choice.base_url, environ, api_key)
    with opening(to.model):
        from retain.providers.llm.failures import Failures
        from retain.providers.llm.http import MAX_ANSWER_BYTES, http_client
        from retain.providers.llm.sdk import model_of

        client = http_client(timeout_s, MAX_ANSWER_BYTES, local=to.local)
        model = model_of(to, client)
    hide_in_logs(to.secrets)
    return _Chat(to, price_of(choice), model, client, Failures(to, timeout_s))


class _Chat:
    def __init__(
        self,
        to: Endpoint,
        price: Price | None,
        model: Model[Any],
        client: httpx2.AsyncClient,
        failures: Failures,
    ) -> None:
        self.name = to.model
        self.price = price
        self._model = model
        self._client = client
        self._failures = failures
        self._key = (to.key,) if to.key and len(to.key) >= _SHORTEST_KEY else ()

    def __repr__(self) -> str:
        return f"<model {self.name}>"

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        return await self._failures.once(lambda: self._ask(request))

    async def close(self) -> None:
        await self._client.aclose()

    async def _ask(self, request: ModelRequest) -> ModelAnswer:
        parameters = _parameters(self._model, request)
        settings = _settings(self._model, request.max_tokens + request.thinking_tokens)
        messages = self._model.prepare_messages(_messages(request.messages), parameters)
        answer = _answer(await self._model.request(messages, settings, parameters))
        # A server may echo the key, and answers are kept.
        return replace(answer, text=hidden(answer.text, self._key)) if self._key else answer


def _messages(asked: Sequence[Message]) -> list[ModelMessage]:
    from pydantic_ai.messages import (
        ModelRequest,
        ModelResponse,
        SystemPromptPart,
        TextPart,
        UserPromptPart,
    )

    found: list[ModelMessage] = []
    parts: list[ModelRequestPart] = []
    for message in asked:
        match message.role:
            case "system":
                parts.append(SystemPromptPart(message.text))
            case "user":
                parts.append(UserPromptPart(message.text))
            case "assistant":
                found += [ModelRequest(parts), ModelResponse([TextPart(message.text)])]
                parts = []
    return [*found, ModelRequest(parts)]


def _settings(model: Model[Any], max_tokens: int) -> ModelSettings:
    """Temperature 0, unless the model refuses to be told one."""
    from pydantic_ai.settings import ModelSettings

    profile = cast("Mapping[str, Any]", model.profile)
    efforts = profile.get("openai_reasoning_efforts")
    may_not_think = (
        profile.get("openai_supports_reasoning_effort_none", False)
        if efforts is None
        else "none" in efforts
    )
    thinks = profile.get("openai_supports_reasoning", False) and (
        profile.get("thinking_enabled_by_default", False) or not may_not_think
    )
    if thinks or profile.get("anthropic_disallows_sampling_settings", False):
        return ModelSettings(max_tokens=max_tokens)
    return ModelSettings(max_tokens=max_tokens, temperature=0.0)


def _parameters(model: Model[Any], request: ModelRequest) -> ModelRequestParameters:
    """How the answer is asked for: by schema, else as a tool's arguments, else in words."""
    from pydantic_ai.models import ModelRequestParameters
    from pydantic_ai.output import OutputObjectDefinition
    from pydantic_ai.tools import ToolDefinition

    schema = dict(request.schema)
    native = model.profile.get("supports_json_schema_output", False)
    if not native and model.profile.get("supports_tools", True):
        tool = ToolDefinition(
            name=request.purpose,
            parameters_json_schema=schema,
            description="The answer.",
            kind="output",
        )
        return ModelRequestParameters(
            output_mode="tool", output_tools=[tool], allow_text_output=False
        )
    return ModelRequestParameters(
        output_mode="native" if native else "prompted",
        output_object=OutputObjectDefinition(json_schema=schema, name=request.purpose),
    )


def _answer(response: ModelResponse) -> ModelAnswer:
    from pydantic_ai.messages import TextPart, ToolCallPart

    calls = [
        part.args if isinstance(part.args, str) else part.args_as_json_str()
        for part in response.parts
        if isinstance(part, ToolCallPart)
    ]
    texts = [part.content for part in response.parts if isinstance(part, TextPart)]
    if response.finish_reason == "error":
        raise ModelBusyError("the model ended with an error")
    details = response.provider_details or {}
    refusal = details.get("refusal")
    return ModelAnswer(
        text=calls[0] if calls else "".join(texts) or str(refusal or ""),
        finish=_FINISH.get(response.finish_reason or "stop", "stop"),
        input_tokens=response.usage.input_tokens,
        output_tokens=response.usage.output_tokens,
    )
