"""A language model behind its server, spoken to through pydantic-ai."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from retain.errors import InputError, MissingExtraError, ModelBusyError, RetainError
from retain.memory.model import Finish, Message, ModelAnswer, ModelChoice, ModelRequest, Price
from retain.memory.ports import ChatModel
from retain.providers.llm.endpoint import COMPATIBLE, Endpoint, endpoint
from retain.providers.llm.prices import price_of
from retain.providers.llm.secrecy import hidden, hide_in_logs

if TYPE_CHECKING:
    import httpx2
    from pydantic_ai.messages import ModelMessage, ModelRequestPart, ModelResponse
    from pydantic_ai.models import Model, ModelRequestParameters
    from pydantic_ai.providers import Provider
    from pydantic_ai.settings import ModelSettings

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
    try:
        from pydantic_ai.exceptions import UserError

        from retain.providers.llm.http import http_client
    except ImportError as exc:
        raise MissingExtraError(
            f"the model {choice.model} needs {exc.name}: pip install 'retain[llm]'"
        ) from exc
    client = http_client(timeout_s, local=to.local)
    try:
        model = _model(to, client)
    except ImportError as exc:
        raise MissingExtraError(f"the model {choice.model} cannot be used: {exc}") from exc
    except UserError as exc:
        raise InputError(f"the model {choice.model} cannot be used: {exc}") from exc
    hide_in_logs(to.secrets)
    return _Chat(model, to, client, price_of(choice), timeout_s)


class _Chat:
    def __init__(
        self,
        model: Model[Any],
        to: Endpoint,
        client: httpx2.AsyncClient,
        price: Price | None,
        timeout_s: float,
    ) -> None:
        from retain.providers.llm.failures import Failures

        self.name = to.model
        self.price = price
        self._model = model
        self._client = client
        self._timeout_s = timeout_s
        self._failures = Failures(to)
        self._key = (to.key,) if to.key and len(to.key) >= _SHORTEST_KEY else ()

    def __repr__(self) -> str:
        return f"<model {self.name}>"

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        from pydantic_ai.exceptions import AgentRunError

        from retain.providers.llm.failures import UNREADABLE

        try:
            async with asyncio.timeout(self._timeout_s):
                response = await self._ask(request)
            return self._without_key(_answer(response))
        except TimeoutError:
            failure = self._failures.late(self._timeout_s)
        except RetainError as exc:
            failure = exc
        except (AgentRunError, *UNREADABLE) as exc:
            failure = self._failures.of(exc)
        raise failure  # outside of the handler: see `Failures.of`

    async def close(self) -> None:
        await self._client.aclose()

    def _without_key(self, answer: ModelAnswer) -> ModelAnswer:
        """A server may echo the key, and answers are kept."""
        return replace(answer, text=hidden(answer.text, self._key)) if self._key else answer

    async def _ask(self, request: ModelRequest) -> ModelResponse:
        parameters = _parameters(self._model, request)
        settings = _settings(self._model, request.max_tokens)
        messages = self._model.prepare_messages(_messages(request.messages), parameters)
        return await self._model.request(messages, settings, parameters)


def _model(to: Endpoint, client: httpx2.AsyncClient) -> Model[Any]:
    """The model, which asks once and then leaves it to us whether to ask again."""
    match to.provider:
        case "openai" | "openai-chat":
            # Chat completions, since OpenAI keeps the text of responses, and other servers at a
            # base URL have none. What only has responses is ``openai-responses:NAME``.
            from pydantic_ai.models.openai import OpenAIChatModel
            from pydantic_ai.providers.openai import OpenAIProvider

            provider = OpenAIProvider(base_url=to.base_url, api_key=to.key, http_client=client)
            model: Model[Any] = OpenAIChatModel(to.name, provider=provider, settings=_standing())
        case "openai-responses":
            from pydantic_ai.models.openai import OpenAIResponsesModel
            from pydantic_ai.providers.openai import OpenAIProvider

            provider = OpenAIProvider(base_url=to.base_url, api_key=to.key, http_client=client)
            model = OpenAIResponsesModel(to.name, provider=provider, settings=_standing())
        case "anthropic":
            from pydantic_ai.models.anthropic import AnthropicModel
            from pydantic_ai.providers.anthropic import AnthropicProvider

            model = AnthropicModel(
                to.name,
                settings=_standing(),
                provider=AnthropicProvider(
                    base_url=to.base_url, api_key=to.key, http_client=client
                ),
            )
        case _ if to.provider == COMPATIBLE:
            model = _compatible(to, client)
        case _:
            model = _inferred(to, client)
    sdk: Any = getattr(model, "client", None)
    if hasattr(sdk, "max_retries"):
        sdk.max_retries = 0
    return model


def _standing() -> ModelSettings:
    """No explanations of frames that are for agents: a system prompt goes out as it is."""
    from pydantic_ai.settings import ModelSettings

    return ModelSettings(framing_announcement="never")


def _compatible(to: Endpoint, client: httpx2.AsyncClient) -> Model[Any]:
    """A model of a server that speaks OpenAI's protocol; such servers know ``json_schema``.

    The greatest length goes as ``max_tokens``, the older name, which all of them read.
    """
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.profiles.openai import OpenAIModelProfile
    from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

    provider = OpenAICompatibleProvider(
        COMPATIBLE,
        base_url=str(to.base_url),
        api_key=to.key,
        http_client=client,
        profile=OpenAIModelProfile(
            supports_json_schema_output=True, openai_chat_supports_max_completion_tokens=False
        ),
    )
    return OpenAIChatModel(to.name, provider=provider, settings=_standing())


def _inferred(to: Endpoint, client: httpx2.AsyncClient) -> Model[Any]:
    """A model of any other provider, by our HTTP client where that provider takes one."""
    from pydantic_ai.models import infer_model
    from pydantic_ai.providers import infer_provider, infer_provider_class

    try:
        infer_provider_class(to.provider)
    except ValueError as exc:
        raise InputError(
            f"no provider {to.provider!r}: it is one that pydantic-ai knows, or {COMPATIBLE}"
        ) from exc

    def provider(name: str) -> Provider[Any]:
        if name.startswith("gateway/"):
            return infer_provider(name)
        found = infer_provider_class(name)
        takes = "http_client" in inspect.signature(found.__init__).parameters
        return cast("Any", found)(http_client=client) if takes else found()

    return infer_model(to.model, provider)


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
