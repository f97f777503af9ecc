"""What requests bring, checked by pydantic, with examples for the OpenAPI description."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from retain.memory.model import RELATED, RELEVANT


def _utc(when: datetime) -> datetime:
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


def _last_instant(given: object) -> object:
    """A day alone means its last instant."""
    if isinstance(given, str) and len(given) == len("2026-01-31"):
        return f"{given}T{time.max.isoformat()}"
    return given


When = Annotated[datetime, AfterValidator(_utc)]
"""A date or a time; one without a time zone is read as UTC."""

Until = Annotated[datetime, BeforeValidator(_last_instant), AfterValidator(_utc)]
"""A time; a date alone means its last instant."""

Name = Annotated[str, Field(min_length=1, max_length=2_000)]


class Request(BaseModel):
    """What all requests have in common: an unknown field is an error."""

    model_config = ConfigDict(extra="forbid")


class Content(Request):
    """A text or the messages of a conversation."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"text": "# Ana\n\nAna lives in Lisbon.", "metadata": {"status": "draft"}},
                {"messages": [{"role": "user", "content": "I moved to Porto."}]},
            ]
        },
    )

    text: Annotated[str | None, Field(description="A text of any format.")] = None
    messages: Annotated[
        list[dict[str, Any]] | None,
        Field(description="Messages with `role` and `content`, and perhaps `name`, `timestamp`."),
    ] = None
    date: Annotated[When | None, Field(description="When it was written.")] = None
    format: Annotated[str | None, Field(description="Its format; default: what it is.")] = None
    author: Annotated[str | None, Field(description="Who wrote it.")] = None
    metadata: Annotated[
        dict[str, str] | None, Field(description="Properties that recall can be limited to.")
    ] = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.text is None) == (self.messages is None):
            raise ValueError("give either text or messages")
        return self


class NewSource(Content):
    """A text or messages, with the id of the source."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"source_id": "notes/ana.md", "text": "# Ana\n\nAna lives in Lisbon."}]
        },
    )

    source_id: Annotated[Name, Field(description="Names the source in its bank.")]


class Turns(Request):
    """What is added to a source."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"messages": [{"role": "user", "content": "Where is the key?"}]}]
        },
    )

    text: str | None = None
    messages: list[dict[str, Any]] | None = None
    date: When | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.text is None) == (self.messages is None):
            raise ValueError("give either text or messages")
        return self


class Resume(Request):
    """How a run is to go on."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"value": True}]})

    value: Annotated[Any, Field(description="The answer to what the run asks.")] = None
    revive: Annotated[bool, Field(description="Whether to resume a dead run too.")] = False


class Filters(Request):
    """What a search is limited to."""

    as_of: Annotated[Until | None, Field(description="Answer as of this time.")] = None
    sources: Annotated[list[str], Field(description="Only these; `*` is any text.")] = []
    tags: Annotated[list[str], Field(description="Only sources with all of these tags.")] = []
    speaker: Annotated[str | None, Field(description="Only what this person says.")] = None
    since: Annotated[When | None, Field(description="Only what was said from then on.")] = None
    until: Annotated[Until | None, Field(description="Only what was said until then.")] = None
    metadata: Annotated[
        dict[str, str], Field(description="Only sources with these properties.")
    ] = {}


class Recall(Filters):
    """A search."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"query": "Where does Ana live?", "k": 5}]},
    )

    query: Name
    k: Annotated[int, Field(ge=1, le=1000, description="How many hits at most.")] = 10
    kinds: list[Literal["fact", "section"]] = ["fact", "section"]
    explain: bool = False
    with_superseded: bool = False
    min_relevance: Annotated[float, Field(ge=0, le=1)] = 0.0


class Context(Filters):
    """A request for a text that is ready for a prompt."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"query": "Where does Ana live?", "max_tokens": 500}]},
    )

    query: Name
    max_tokens: Annotated[int, Field(ge=50, le=200_000)] = 2_000
    k: Annotated[int, Field(ge=1, le=1000)] = 50
    min_relevance: Annotated[float, Field(ge=0, le=1)] = RELATED


class Ask(Request):
    """A question for the model, which answers from memory alone."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"question": "Where does Ana live?"}]}
    )

    question: Name
    k: Annotated[int, Field(ge=1, le=1000)] = 12
    as_of: Until | None = None
    min_relevance: Annotated[float, Field(ge=0, le=1)] = RELEVANT


class Statement(Request):
    """A fact in words of your own."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"text": "Ana is allergic to penicillin."}]}
    )

    text: Annotated[str, Field(min_length=1, max_length=2_000)]
    date: Annotated[When | None, Field(description="When it was said.")] = None
    author: Annotated[str | None, Field(description="Who `I` is in it.")] = None


class CopyOf(Request):
    """Where a bank is copied to."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"to": "ana-2"}]})

    to: Annotated[Name, Field(description="The bank to create.")]


class Names(Request):
    """Two names of entities."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "Ana", "other": "Ana Costa"}]}
    )

    name: Name
    other: Name
