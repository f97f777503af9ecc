"""A language model behind its server, spoken to through pydantic-ai."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from retain.errors import ModelBusyError, TermsError
from retain.memory.model import Finish, Message, ModelAnswer, ModelChoice, ModelRequest, Price
from retain.memory.ports import ChatModel
from retain.providers.llm.endpoint import COMPATIBLE, Endpoint, endpoint
from retain.providers.llm.opening import opening
from retain.providers.llm.prices import price_of
from retain.providers.llm.secrecy import hide_in_logs, without
from retain.providers.llm.terms import FORMS, Terms

if TYPE_CHECKING:
    import httpx2
    from pydantic_ai.exceptions import ModelHTTPError
    from pydantic_ai.messages import ModelMessage, ModelRequestPart, ModelResponse
    from pydantic_ai.models import Model, ModelRequestParameters
    from pydantic_ai.settings import ModelSettings

    from retain.providers.llm.failures import Failures

_FINISH: Mapping[str, Finish] = {"length": "length", "content_filter": "refused"}
"""Other reasons are no news: the answer is whole."""

_SHORTEST_KEY = 16
_LEAST_KEY = 6
"""What is shorter than the first is made up for a server that wants any, and may be a word of
documents; what is shorter than the second may be one of an answer's own."""


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
        terms = Terms(forms=FORMS if to.provider == COMPATIBLE else FORMS[:1])

        def made() -> Model[Any]:
            return model_of(to, client, terms.form, new_name=terms.new_name)

        model = made()
    hide_in_logs(to.secrets)
    return _Chat(to, price_of(choice), model, made, terms, client, Failures(to, timeout_s))


class _Chat:
    def __init__(
        self,
        to: Endpoint,
        price: Price | None,
        model: Model[Any],
        made: Callable[[], Model[Any]],
        terms: Terms,
        client: httpx2.AsyncClient,
        failures: Failures,
    ) -> None:
        self.name = to.model
        self.price = price
        self._model = model
        self._made = made
        self._terms = terms
        self._client = client
        self._failures = failures
        self._key = to.key or ""

    def __repr__(self) -> str:
        return f"<model {self.name}>"

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        return await self._failures.once(lambda: self._ask(request))

    async def close(self) -> None:
        await self._client.aclose()

    async def _ask(self, request: ModelRequest) -> ModelAnswer:
        from pydantic_ai.exceptions import ModelHTTPError

        model, room = self._model, self._terms.room(request)
        parameters = _parameters(model, request)
        settings = _settings(model, room, temperature=self._terms.temperature)
        messages = model.prepare_messages(_messages(request.messages), parameters)
        try:
            answer = _answer(await model.request(messages, settings, parameters))
        except ModelHTTPError as exc:
            answer = exc
        if isinstance(answer, ModelHTTPError):  # not in the handler: its words may hold the key
            self._learn(answer, request, room)
            raise answer
        self._terms.answered = True
        # A server may echo the key, and answers are kept.
        return replace(answer, text=self._without_key(answer.text, request))

    def _learn(self, exc: ModelHTTPError, request: ModelRequest, room: int) -> None:
        """Learn from a refusal.

        Raises:
            TermsError: The request may go through in another form.
        """
        said = f"{exc.message} {exc.body}"
        if self._terms.learn(exc.status_code, said, request, room):
            self._model = self._made()
            raise TermsError(f"{self.name} refuses the form of a request (HTTP {exc.status_code})")
        self._terms.forget_forms()
        self._model = self._made()

    def _without_key(self, text: str, request: ModelRequest) -> str:
        """The answer without the key, unless it is a short one and a word of what was asked."""
        key = self._key
        if len(key) < _SHORTEST_KEY and (
            len(key) < _LEAST_KEY or any(key in message.text for message in request.messages)
        ):
            return text
        return without(text, key)


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


def _settings(model: Model[Any], max_tokens: int, *, temperature: bool) -> ModelSettings:
    """Temperature 0, unless the model or its server refuses to be told one."""
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
    if not temperature or thinks or profile.get("anthropic_disallows_sampling_settings", False):
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
    from pydantic_ai.messages import TextPart, ThinkingPart, ToolCallPart

    calls = [
        part.args if isinstance(part.args, str) else part.args_as_json_str()
        for part in response.parts
        if isinstance(part, ToolCallPart)
    ]
    texts = [part.content for part in response.parts if isinstance(part, TextPart)]
    if response.finish_reason != "length" and not calls and not "".join(texts).strip():
        # Some servers take all that a model writes for its thoughts.
        texts = [part.content for part in response.parts if isinstance(part, ThinkingPart)]
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
