"""OpenAI's chat completions: a body to what a model is asked, and its answer to a body.

https://platform.openai.com/docs/api-reference/chat tells the protocol.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

import msgspec

from retain.memory.model import Message, ModelAnswer, ModelRequest, Purpose
from retain.providers.llm.prompts import prompt
from retain.testing.modelserver.http import BadRequestError

CREATED = 1_700_000_000
"""When every answer was made: equal requests have equal answers, byte for byte."""

_ENOUGH = 1_000_000
_PURPOSES = tuple(name for name in get_args(Purpose) if name != "embeddings")


class Part(msgspec.Struct):
    """A part of a message; only text is read."""

    type: str
    text: str = ""


class Call(msgspec.Struct):
    """What an assistant called."""

    name: str
    arguments: str = ""


class ToolCall(msgspec.Struct):
    """A call of a tool."""

    function: Call


class ChatMessage(msgspec.Struct):
    """A message; what a tool said is taken for a user's."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[Part] | None = None
    tool_calls: list[ToolCall] | None = None

    def message(self) -> Message:
        """The same as a model is asked it."""
        match self.content:
            case str(text):
                pass
            case None:
                text = "\n".join(call.function.arguments for call in self.tool_calls or ())
            case parts:
                text = "\n".join(part.text for part in parts if part.type == "text")
        match self.role:
            case "system" | "developer":
                return Message("system", text)
            case "assistant":
                return Message("assistant", text)
            case "user" | "tool":
                return Message("user", text)


class JSONSchema(msgspec.Struct):
    """A schema with its name."""

    name: str
    schema: dict[str, Any] = {}


class ResponseFormat(msgspec.Struct):
    """The form of the answer."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: JSONSchema | None = None


class Function(msgspec.Struct):
    """What a tool takes."""

    name: str
    parameters: dict[str, Any] = {}


class Tool(msgspec.Struct):
    """A tool."""

    function: Function


class FunctionName(msgspec.Struct):
    """The name of a tool."""

    name: str


class ToolChoice(msgspec.Struct):
    """The tool that is to be called."""

    function: FunctionName


class ChatBody(msgspec.Struct):
    """The body of a request; what is not here is not looked at."""

    model: str
    messages: list[ChatMessage]
    response_format: ResponseFormat | None = None
    tools: list[Tool] | None = None
    tool_choice: Literal["none", "auto", "required"] | ToolChoice | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    stream: bool | None = False

    def tool(self) -> Function | None:
        """The tool that the answer is to call; None if it is to be a message."""
        if not self.tools or self.tool_choice == "none":
            return None
        wanted = self.tool_choice.function.name if isinstance(self.tool_choice, ToolChoice) else ""
        named = [tool.function for tool in self.tools if tool.function.name == wanted]
        if wanted and not named:
            raise BadRequestError(400, f"tool_choice: no tool {wanted!r}")
        return (named or [tool.function for tool in self.tools])[0]


@dataclass(frozen=True, slots=True)
class Chat:
    """A request as a model is asked it.

    Args:
        model: Its name.
        request: What is asked; None where it is none of Retain's.
        texts: The texts of its messages, one below the other.
        tool: The tool that the answer is to call.
        forced: Whether the request says that it must be this one.
    """

    model: str
    request: ModelRequest | None
    texts: str
    tool: str | None
    forced: bool


def chat_of(body: Mapping[str, Any]) -> Chat:
    """Read a body.

    Raises:
        BadRequestError: It is not as the protocol says, or asks for what is not done here.
    """
    try:
        asked = msgspec.convert(body, ChatBody)
    except msgspec.ValidationError as exc:
        raise BadRequestError(400, str(exc)) from exc
    if asked.stream:
        raise BadRequestError(400, "stream: this server does not stream")
    tool = asked.tool()
    form = asked.response_format.json_schema if asked.response_format else None
    name = tool.name if tool else form.name if form else ""
    schema = tool.parameters if tool else form.schema if form else {}
    messages = tuple(message.message() for message in asked.messages)
    purpose = _purpose(name, messages)
    if purpose is None and (tool or form):
        raise BadRequestError(400, f"{name!r}: no purpose of Retain's, nor a prompt of one")
    limit = asked.max_completion_tokens or asked.max_tokens or _ENOUGH
    return Chat(
        asked.model,
        None if purpose is None else ModelRequest(purpose, messages, schema, limit),
        "\n".join(message.text for message in messages),
        tool.name if tool else None,
        isinstance(asked.tool_choice, ToolChoice),
    )


def _purpose(name: str, messages: tuple[Message, ...]) -> Purpose | None:
    """What a schema or tool is named after, or else the prompt whose words are there."""
    if name in _PURPOSES:
        return cast(Purpose, name)
    told = "\n".join(message.text for message in messages if message.role == "system")
    return next((one for one in _PURPOSES if prompt(one).text in told), None)


def chat_body(chat: Chat, answer: ModelAnswer, key: str) -> bytes:
    """The body of a response."""
    message: dict[str, Any] = {"role": "assistant", "content": answer.text, "refusal": None}
    finish = {"stop": "stop", "length": "length", "refused": "content_filter"}[answer.finish]
    if answer.finish == "refused":
        message |= {"content": None, "refusal": answer.text}
    elif chat.tool is not None:
        call = {"name": chat.tool, "arguments": answer.text}
        message["content"] = None
        message["tool_calls"] = [{"id": f"call_{key[:24]}", "type": "function", "function": call}]
        if finish == "stop" and not chat.forced:
            finish = "tool_calls"
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish}
    return msgspec.json.encode(
        {
            "id": f"chatcmpl-{key[:24]}",
            "object": "chat.completion",
            "created": CREATED,
            "model": chat.model,
            "choices": [choice],
            "usage": {
                "prompt_tokens": answer.input_tokens,
                "completion_tokens": answer.output_tokens,
                "total_tokens": answer.input_tokens + answer.output_tokens,
            },
        }
    )
