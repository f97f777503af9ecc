"""The models of pydantic-ai, each opened for one server.

They ask once; whether to ask again is decided elsewhere.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import httpx2
from pydantic_ai.models import Model, infer_model
from pydantic_ai.providers import Provider, infer_provider, infer_provider_class
from pydantic_ai.settings import ModelSettings

from retain.errors import AnswerError, InputError
from retain.providers.llm.endpoint import COMPATIBLE, Endpoint
from retain.providers.llm.terms import Form

if TYPE_CHECKING:
    from pydantic_ai.embeddings import EmbeddingModel
    from pydantic_ai.providers.openai import OpenAIProvider
    from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

# What explains frames that only agents need is left out: a system prompt goes out as it is.
_STANDING = ModelSettings(framing_announcement="never")


def model_of(
    to: Endpoint, client: httpx2.AsyncClient, form: Form = "schema", *, new_name: bool = False
) -> Model[Any]:
    """The language model.

    Args:
        to: Its server.
        client: What connects to it.
        form: How JSON is asked for, where the server is of no known provider.
        new_name: Whether such a server calls the greatest length ``max_completion_tokens``.

    Raises:
        InputError: There is no such provider.
        ImportError: What the provider needs is not installed.
        UserError: The provider's own client cannot be made, as without its key.
    """
    match to.provider:
        case "openai" | "openai-chat" | "openai-responses":
            model = _of_openai(to, client)
        case "anthropic":
            model = _of_anthropic(to, client)
        case _ if to.provider == COMPATIBLE:
            from pydantic_ai.models.openai import OpenAIChatModel

            provider = _compatible(to, client, form, new_name=new_name)
            model = OpenAIChatModel(to.name, provider=provider, settings=_STANDING)
        case _:
            model = _inferred(to, client)
    _ask_once(getattr(model, "client", None))
    return model


def embedding_model_of(to: Endpoint, client: httpx2.AsyncClient) -> EmbeddingModel:
    """The model of embeddings, of OpenAI or of a server that speaks its protocol.

    Raises:
        ImportError: What it needs is not installed.
    """
    from pydantic_ai.embeddings.openai import OpenAIEmbeddingModel

    provider = _compatible(to, client) if to.provider == COMPATIBLE else _openai(to, client)
    _ask_once(provider.client)
    _put_in_order(provider.client.embeddings)
    return OpenAIEmbeddingModel(to.name, provider=provider)


def _put_in_order(embeddings: Any) -> None:
    """Have the vectors of an answer come in the order of the texts.

    A server may give them in any order, each with the index of its text; pydantic-ai takes them in
    the order in which they stand.
    """
    create = embeddings.create

    async def ordered(*, input: Sequence[str], **others: Any) -> Any:
        response = await create(input=input, **others)
        if isinstance(response.data, list):
            response.data = by_index(cast("list[Any]", response.data), len(input))
        return response

    embeddings.create = ordered


def by_index(vectors: Sequence[Any], number: int) -> list[Any]:
    """The vectors of `number` texts in the order of the texts; as they are if none has an index.

    Raises:
        AnswerError: A text has no vector, or more than one.
    """
    indexes = [getattr(vector, "index", None) for vector in vectors]
    if all(index is None for index in indexes):
        return list(vectors)
    found = dict(zip(indexes, vectors, strict=True))
    if len(vectors) != number or found.keys() != set(range(number)):
        raise AnswerError(
            f"the server's vectors do not belong to the {number} texts one by one: an index is "
            "missing, stands twice, or is of no text"
        )
    return [found[n] for n in range(number)]


def _of_openai(to: Endpoint, client: httpx2.AsyncClient) -> Model[Any]:
    """Chat completions, unless responses are asked for: other servers at a base URL have none.

    OpenAI is told to keep nothing; of responses, it would otherwise keep the texts.
    """
    from pydantic_ai.models.openai import (
        OpenAIChatModel,
        OpenAIChatModelSettings,
        OpenAIResponsesModel,
        OpenAIResponsesModelSettings,
    )

    provider = _openai(to, client)
    if to.provider == "openai-responses":
        settings = OpenAIResponsesModelSettings(**_STANDING, openai_store=False)
        return OpenAIResponsesModel(to.name, provider=provider, settings=settings)
    settings = OpenAIChatModelSettings(**_STANDING, openai_store=False)
    return OpenAIChatModel(to.name, provider=provider, settings=settings)


def _of_anthropic(to: Endpoint, client: httpx2.AsyncClient) -> Model[Any]:
    from pydantic_ai.models.anthropic import AnthropicModel
    from pydantic_ai.providers.anthropic import AnthropicProvider

    provider = AnthropicProvider(base_url=to.base_url, api_key=to.key, http_client=client)
    return AnthropicModel(to.name, provider=provider, settings=_STANDING)


def _openai(to: Endpoint, client: httpx2.AsyncClient) -> OpenAIProvider:
    from pydantic_ai.providers.openai import OpenAIProvider

    return OpenAIProvider(base_url=to.base_url, api_key=to.key, http_client=client)


def _compatible(
    to: Endpoint, client: httpx2.AsyncClient, form: Form = "schema", *, new_name: bool = False
) -> OpenAICompatibleProvider:
    """Of a server that speaks OpenAI's protocol; most such servers know ``json_schema``.

    The greatest length goes as ``max_tokens``, the older name, which most of them read.
    """
    from pydantic_ai.profiles.openai import OpenAIModelProfile
    from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

    return OpenAICompatibleProvider(
        COMPATIBLE,
        base_url=str(to.base_url),
        api_key=to.key,
        http_client=client,
        profile=OpenAIModelProfile(
            supports_json_schema_output=form == "schema",
            supports_json_object_output=form == "object",
            supports_tools=form == "tool",
            openai_chat_supports_max_completion_tokens=new_name,
        ),
    )


def _inferred(to: Endpoint, client: httpx2.AsyncClient) -> Model[Any]:
    """A model of any other provider, by our HTTP client where that provider takes one."""
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


def _ask_once(sdk: Any) -> None:
    if hasattr(sdk, "max_retries"):
        sdk.max_retries = 0
