"""What models answer, read forgivingly: what is not as asked costs the least that it can.

An answer that is no answer at all is an error that says how. In a list, an item that says nothing
is left out and counted, and its neighbours stay.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, cast, get_args

import msgspec

from retain.errors import AnswerError
from retain.memory.model import EntityKind, FactType, Replacement, Sameness
from retain.providers.llm.json_reading import Object, json_in

T = TypeVar("T")

NameKind = Literal["person", "place", "organisation", "thing"]

_KINDS: Mapping[str, EntityKind] = {
    "people": "person", "human": "person", "user": "person",
    "location": "place", "city": "place", "country": "place", "region": "place", "gpe": "place",
    "organization": "organisation", "company": "organisation", "org": "organisation",
    "team": "organisation", "institution": "organisation",
    "object": "thing", "product": "thing", "event": "thing", "animal": "thing", "pet": "thing",
}  # fmt: skip
_WORDS = ("subject", "slot", "value", "first_day", "last_day")
_TRUE, _FALSE = ("true", "yes", "1"), ("false", "no", "0")


class NameAnswer(msgspec.Struct, frozen=True):
    """A name in a statement."""

    name: str
    kind: EntityKind


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


class FactsAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """The statements of a section.

    Args:
        facts: Those that could be read.
        malformed: How many could not.
    """

    facts: tuple[FactAnswer, ...]
    malformed: int = 0


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

    Raises:
        AnswerError: It is not JSON, or not as asked; the message says where.
    """
    return cast(T, _READERS[kind](json_in(text)))


def _facts(value: Any) -> FactsAnswer:
    items = _items(value, "facts", ("text", "quote"))
    read = [_fact(one) for one in items]
    return FactsAnswer(tuple(one for one in read if one), _unread(read, "facts"))


def _fact(item: Any) -> FactAnswer | None:
    """A statement; None if it says nothing."""
    if not isinstance(item, dict):
        return None
    given = cast(Object, item)
    text, quote = _word(given.get("text")), _word(given.get("quote"))
    if not text and not quote:
        return None
    return FactAnswer(
        text or quote or "",
        quote or text or "",
        _choice(given.get("type"), get_args(FactType)) or "world",
        **{name: _word(given.get(name)) for name in _WORDS},
        names=_names(given.get("names")),
        confidence=_share(given.get("confidence")),
    )


def _names(value: Any) -> tuple[NameAnswer, ...]:
    found: list[NameAnswer] = []
    for one in cast("list[Any]", value) if isinstance(value, list) else ():
        given: Object = cast(Object, one) if isinstance(one, dict) else {"name": one}
        if name := _word(given.get("name")):
            found.append(NameAnswer(name, _kind(given.get("kind") or given.get("type"))))
    return tuple(found)


def _kind(value: Any) -> EntityKind:
    word = _plain(value)
    known: EntityKind | None = _choice(value, get_args(EntityKind))
    return known or _KINDS.get(word, "unknown")


def _same(value: Any) -> SameAnswer:
    return SameAnswer(_verdict(value, get_args(Sameness)))


def _replaces(value: Any) -> ReplacesAnswer:
    return ReplacesAnswer(_verdict(value, get_args(Replacement)))


def _verdict(value: Any, verdicts: tuple[Any, ...]) -> Any:
    found = _choice(_object(value).get("verdict"), verdicts)
    if found is None:
        raise AnswerError(f"not as asked: `verdict` is none of {', '.join(verdicts)}")
    return found


def _lead(value: Any) -> LeadAnswer:
    read = _sentences(value, "facts")
    return LeadAnswer(tuple(LeadSentenceAnswer(one.text, one.numbers) for one in read))


def _answer(value: Any) -> QuestionAnswer:
    given = _object(value) if isinstance(value, dict) else {}
    known = _plain(given.get("known"))
    if known in _FALSE or (given.get("sentences") is None and "known" in given):
        return QuestionAnswer(False, ())
    if known not in _TRUE and "sentences" not in given and not isinstance(value, list):
        raise AnswerError("not as asked: neither `known` nor `sentences`")
    read = _sentences(value, "memories")
    return QuestionAnswer(True, tuple(RememberedAnswer(one.text, one.numbers) for one in read))


@dataclass(frozen=True, slots=True)
class _Numbered:
    text: str
    numbers: tuple[int, ...]


def _sentences(value: Any, of: str) -> list[_Numbered]:
    read = [_sentence(one, of) for one in _items(value, "sentences", ("text",))]
    _unread(read, "sentences")
    return [one for one in read if one]


def _sentence(item: Any, of: str) -> _Numbered | None:
    if not isinstance(item, dict):
        return None
    given = cast(Object, item)
    text, numbers = _word(given.get("text")), given.get(of)
    listed = cast("list[Any]", numbers) if isinstance(numbers, list) else [numbers]
    found = (_number(one) for one in listed)
    kept = tuple(n for n in found if n is not None)
    return None if text is None else _Numbered(text, kept)


def _number(value: Any) -> int | None:
    """A number, also one that is written as a text or in brackets."""
    if isinstance(value, str) and len(value) <= 8 and (digits := value.strip(" []")).isdecimal():
        return int(digits)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _object(value: Any) -> Object:
    if not isinstance(value, dict):
        raise AnswerError(f"not as asked: a JSON {type(value).__name__}, no object")
    return cast(Object, value)


def _items(value: Any, name: str, of_one: tuple[str, ...]) -> list[Any]:
    """The list called `name` in an answer; a list alone, or one item alone, is it as well."""
    if isinstance(value, list):
        return cast("list[Any]", value)
    given = _object(value)
    if name not in given:
        if any(key in given for key in of_one):
            return [given]
        inner = [cast(Object, one) for one in given.values() if isinstance(one, dict)]
        inner = [one for one in inner if name in one]
        if len(inner) != 1:
            raise AnswerError(f"not as asked: no `{name}`")
        given = inner[0]
    items = given[name]
    if items is None:
        return []
    if isinstance(items, dict):
        return [items]
    if not isinstance(items, list):
        raise AnswerError(f"not as asked: `{name}` is no list")
    return cast("list[Any]", items)


def _unread(read: list[Any], name: str) -> int:
    """How many items could not be read.

    Raises:
        AnswerError: None of them could.
    """
    unread = sum(one is None for one in read)
    if read and unread == len(read):
        raise AnswerError(f"not as asked: none of the {unread} `{name}` can be read")
    return unread


def _word(value: Any) -> str | None:
    """A text, or a number as one; None if it holds half of a surrogate pair, which is no text."""
    if isinstance(value, str):
        return None if any("\ud800" <= sign <= "\udfff" for sign in value) else value
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _choice(value: Any, choices: tuple[Any, ...]) -> Any:
    """The choice that `value` is, however it is written; None if it is none."""
    plain = _plain(value)
    return next((one for one in choices if plain and plain == one.replace("_", " ")), None)


def _plain(value: Any) -> str:
    if isinstance(value, (bool, int)):
        return str(value).lower()
    return " ".join(value[:60].lower().replace("_", " ").split()) if isinstance(value, str) else ""


def _share(value: Any) -> float:
    try:
        return 1.0 if value is None else float(value)
    except (TypeError, ValueError, OverflowError):
        return float("nan")


_READERS: Mapping[type, Callable[[Any], object]] = {
    FactsAnswer: _facts,
    SameAnswer: _same,
    ReplacesAnswer: _replaces,
    LeadAnswer: _lead,
    QuestionAnswer: _answer,
}
