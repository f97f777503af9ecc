"""What models answer, read strictly: an answer that is not as asked is an error that says how."""

from __future__ import annotations

import re
from typing import Literal, TypeVar

import msgspec

from retain.errors import AnswerError
from retain.memory.model import FactType, Replacement, Sameness
from retain.memory.nul import without_nul

T = TypeVar("T")

_CODE = re.compile(r"\A\s*```(?:json)?\s*\n(.*?)\n?```\s*\Z", re.DOTALL | re.IGNORECASE)


class NameAnswer(msgspec.Struct, frozen=True):
    """A name in a statement."""

    name: str
    kind: Literal["person", "place", "organisation", "thing"]


class FactAnswer(msgspec.Struct, frozen=True):
    """A statement; see ``prompts/facts.md``."""

    text: str
    quote: str
    type: FactType
    subject: str | None = None
    slot: str | None = None
    value: str | None = None
    first_day: str | None = None
    last_day: str | None = None
    names: tuple[NameAnswer, ...] = ()
    confidence: float = 1.0


class FactsAnswer(msgspec.Struct, frozen=True):
    """The statements of a section."""

    facts: tuple[FactAnswer, ...]


class SameAnswer(msgspec.Struct, frozen=True):
    """Whether two names mean the same."""

    verdict: Sameness


class ReplacesAnswer(msgspec.Struct, frozen=True):
    """Whether a statement replaces another."""

    verdict: Replacement


class LeadSentenceAnswer(msgspec.Struct, frozen=True):
    """A sentence, and the numbers of the facts that it is made from."""

    text: str
    facts: tuple[int, ...]


class LeadAnswer(msgspec.Struct, frozen=True):
    """The first paragraph of a page."""

    sentences: tuple[LeadSentenceAnswer, ...]


class RememberedAnswer(msgspec.Struct, frozen=True):
    """A sentence, and the numbers of the pieces of memory that it is made from."""

    text: str
    memories: tuple[int, ...]


class QuestionAnswer(msgspec.Struct, frozen=True):
    """The answer to a question, if the memory holds it."""

    known: bool
    sentences: tuple[RememberedAnswer, ...]


def read(text: str, kind: type[T]) -> T:
    """The answer in `text`, as a `kind`.

    Some models put their JSON into a block of code, which is taken off. Of a key that stands twice,
    the last counts. U+FFFD stands in place of each NUL, which no database keeps in a text.

    Raises:
        AnswerError: It is not JSON, or not as asked; the message says where.
    """
    if block := _CODE.match(text):
        text = block[1]
    try:
        return msgspec.json.decode(without_nul(text).encode("utf-8", "surrogatepass"), type=kind)
    except msgspec.ValidationError as exc:
        raise AnswerError(f"not as asked: {exc}") from exc
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise AnswerError(f"not JSON: {exc}") from exc
