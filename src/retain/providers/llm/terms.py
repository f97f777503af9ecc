"""What a model's server takes, learned from what it refuses, and kept for the whole run.

Servers that speak OpenAI's protocol speak dialects of it: not all know ``json_schema``, a
temperature or ``max_tokens``, and each has limits of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

from retain.errors import TruncatedError
from retain.memory.model import ModelRequest
from retain.providers.llm import tokens

Form = Literal["schema", "object", "tool", "words"]
"""How JSON is asked for, the strictest way first: by the schema, as any object, as the arguments of
a tool, or in words alone."""

FORMS: tuple[Form, ...] = get_args(Form)
LEAST_ANSWER = 256
"""With less room than this, in tokens, no answer is worth asking for."""

_WORDS = 4_000
_MOST_LESSONS = 24
_NUMBER = re.compile(r"\d{3,8}")
_GROUPS = re.compile(r"(?<=\d),(?=\d{3})")
_LIMITS = (
    "maximum context length is", "context length is", "context length of only", "context window of",
    "context window is", "context size (", "n_ctx", "maximum context length of",
    "> ", "less than or equal to", "supports at most", "must be <=", "maximum allowed number",
    "valid range of max_tokens is [1", "at most",
)  # fmt: skip
_OF_CONTEXT = ("context", "too long", "prompt is", "input length", "n_ctx")
_OF_ANSWER = ("max_tokens", "max_completion_tokens", "completion tokens", "output tokens")
_OF_FORM = ("response_format", "json_schema", "json_object", "structured output", "grammar",
            "tool_choice", "tools")  # fmt: skip
_REFUSES = ("unsupported", "not support", "unavailable", "unknown", "unrecognized", "invalid",
            "not permitted", "extra inputs", "should be", "literal_error", "not allowed",
            "must be", "only the default")  # fmt: skip
_POLICY = ("content_filter", "content management", "content policy", "safety", "moderation")


@dataclass(slots=True)
class Terms:
    """What one server is known to take.

    Args:
        form: How JSON is asked for.
        forms: The forms that can be tried.
        temperature: Whether it takes one.
        new_name: Whether it calls the greatest length ``max_completion_tokens``.
        context: How many tokens a request and its answer have at most, if that is known.
        answer: How many an answer has at most, if that is known.
        answered: Whether it has answered: what it refuses after that is a request of its own.
        lessons: How often it refused something; a server that refuses without end is believed.
    """

    form: Form = "schema"
    forms: tuple[Form, ...] = ("schema",)
    temperature: bool = True
    new_name: bool = False
    context: int | None = None
    answer: int | None = None
    answered: bool = False
    lessons: int = 0

    def room(self, request: ModelRequest) -> int:
        """How many tokens the answer may have.

        Raises:
            TruncatedError: There is less room than the request needs.
        """
        wanted = request.max_tokens + request.thinking_tokens
        room = wanted if self.answer is None else min(wanted, self.answer)
        if self.context is not None:
            room = min(room, self.context - _read(request))
        if room < min(wanted, max(request.least_tokens, LEAST_ANSWER)):
            limits = f"{self.context:,} tokens in all" if self.context else "any length"
            longest = f", and answers of {self.answer:,}" if self.answer else ""
            raise TruncatedError(f"its server takes {limits}{longest}, which is too little for it")
        return room

    def learn(self, status: int, words: str, request: ModelRequest, room: int) -> bool:
        """Take note of a refusal; whether the request may go through in another way.

        Args:
            status: The status of HTTP.
            words: What the server said.
            request: What was asked.
            room: The length that was asked for.
        """
        self.lessons += 1
        if self.lessons > _MOST_LESSONS:
            return False
        said = _GROUPS.sub("", words[:_WORDS].lower())
        if status not in (400, 404, 413, 415, 422, 500, 501) or _has(said, _POLICY):
            return False
        refuses = _has(said, _REFUSES)
        if refuses and "temperature" in said and self.temperature:
            self.temperature = False
            return True
        if refuses and "max_completion_tokens" in said and "instead" in said and not self.new_name:
            self.new_name = True
            return True
        if refuses and _has(said, _OF_FORM):
            return self._next_form()
        if _has(said, _OF_CONTEXT) or _has(said, _OF_ANSWER):
            return self._learn_limit(said, request, room)
        # A server that has answered nothing yet may only say that it does not understand.
        return status in (400, 415, 422) and not self.answered and self._next_form()

    def forget_forms(self) -> None:
        """Begin anew with the strictest form, since no form helped; the others are not tried."""
        if not self.answered:
            self.form = self.forms[0]
            self.forms = self.forms[:1]

    def _next_form(self) -> bool:
        at = self.forms.index(self.form) + 1
        if at >= len(self.forms):
            return False
        self.form = self.forms[at]
        return True

    def _learn_limit(self, said: str, request: ModelRequest, room: int) -> bool:
        """The limit that the words name; else half of what was asked for."""
        limit = _limit(said)
        of_all = _has(said, _OF_CONTEXT)
        if of_all and limit is not None and limit != self.context:
            self.context = limit
            return True
        if not of_all and limit is not None and limit < room and limit != self.answer:
            self.answer = limit
            return True
        if room // 2 < LEAST_ANSWER:
            return False
        self.answer = room // 2
        return True


def _limit(said: str) -> int | None:
    """The number behind the first words that announce a limit."""
    for words in _LIMITS:
        at = said.find(words)
        number = _NUMBER.search(said, at + len(words), at + len(words) + 40) if at >= 0 else None
        if number is not None:
            return int(number[0])
    return None


def _read(request: ModelRequest) -> int:
    """About how many tokens a request has, rather more than fewer."""
    return tokens.of_request(request) * 11 // 10 + 32


def _has(said: str, any_of: tuple[str, ...]) -> bool:
    return any(words in said for words in any_of)
