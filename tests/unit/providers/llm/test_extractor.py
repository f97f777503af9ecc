"""Facts by a model: one request a section, and how each section ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import pytest

from retain.errors import (
    AnswerError,
    BudgetError,
    DatabaseBusyError,
    DatabaseError,
    ModelBusyError,
    ModelRefusedError,
    TruncatedError,
)
from retain.memory.model import Extraction, Limits, ModelRequest, Section
from retain.providers.llm.extractor import ModelExtractor
from retain.providers.llm.fence import unfenced
from retain.providers.local.extractor import LocalExtractor
from retain.sources.reader import parse_text

T = TypeVar("T")

TEXT = """# Ines

Ines moved to Porto in May 2024.

## Work

Ines works at Acme. She has two dogs.

## Empty

## Greeting

Hello there!
"""


class Asked:
    """A `LanguageModel` that answers from what is asked.

    Args:
        answer: The answer to a section's text, or the error.
        slow: What stands in a text that is answered later than others.
    """

    name = "test:model"

    def __init__(self, answer: Callable[[str], str | Exception], slow: str = "(none)") -> None:
        self.requests: list[ModelRequest] = []
        self.ended = 0
        self._answer = answer
        self._slow = slow

    async def ask(self, request: ModelRequest, read: Callable[[str], T], **_options: Any) -> T:
        self.requests.append(request)
        text = self.text(request)
        for _ in range(10 if self._slow in text else 1):
            await asyncio.sleep(0)
        self.ended += 1
        answer = self._answer(text)
        if isinstance(answer, Exception):
            raise answer
        return read(answer)

    @staticmethod
    def text(request: ModelRequest) -> str:
        return (unfenced(request.messages[1].text) or "").split("\n\n", 1)[1]


def facts(*quotes: str) -> str:
    told = [{"text": quote, "quote": quote, "type": "world"} for quote in quotes]
    return json.dumps({"facts": told})


def sections(text: str = TEXT) -> list[Section]:
    parsed = parse_text(text, source_id="a.md", reference_date=None, limits=Limits())
    return list(parsed.sections)


def extract(model: Asked, text: str = TEXT, of: list[Section] | None = None) -> Extraction:
    among = of or sections(text)
    extractor = ModelExtractor(model, LocalExtractor())
    return asyncio.run(extractor.extract(text, among, among=among))


def sentences(text: str) -> str:
    """The sentences of a section, as facts."""
    body = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    return facts(*(one.strip() for one in body.split(".") if one.strip()))


def test_each_section_that_says_something_is_asked_about_once_and_facts_stand_in_order():
    model = Asked(sentences)
    got = extract(model)

    assert len(model.requests) == 3  # a heading alone is not asked about
    assert [fact.text for fact in got.facts][:3] == [
        "Ines moved to Porto in May 2024",
        "Ines works at Acme",
        "She has two dogs",
    ]
    assert all(TEXT[fact.start : fact.end] == fact.quote for fact in got.facts)
    assert got.failed == got.truncated == {}


def test_no_more_sections_than_said_are_asked_of_at_once_whatever_source_they_are_of():
    text = "# Shelves\n\n" + "".join(f"## {n}\n\nBox {n} is red.\n\n" for n in range(9))

    class Slow(Asked):
        asking = 0
        most = 0

        async def ask(self, *args, **how):
            self.asking += 1
            self.most = max(self.most, self.asking)
            await asyncio.sleep(0)
            self.asking -= 1
            return await super().ask(*args, **how)

    async def both(model):
        extractor = ModelExtractor(model, LocalExtractor(), 3)
        of = sections(text)
        await asyncio.gather(*(extractor.extract(text, of, among=of) for _ in range(2)))

    model = Slow(sentences)
    asyncio.run(both(model))
    assert (model.most, len(model.requests)) == (3, 18)


def test_a_line_that_only_begins_like_a_heading_is_asked_about():
    model = Asked(lambda _: facts("Ines moves to Porto"))
    assert extract(model, "# Plans\n\n#1 is that Ines moves to Porto.\n").facts
    assert len(model.requests) == 1


def test_a_request_is_made_of_the_section_alone():
    said = datetime(2024, 5, 3, tzinfo=UTC)
    turn = "**Ana:** I live in Porto."

    def asked(text: str, start: int, ordinal: int) -> ModelRequest:
        section = Section(
            "s1", ordinal, "turn", 0, ("Chat",), start, start + len(turn), 9, 9, "Ana", said
        )
        model = Asked(lambda _: facts())
        extract(model, text, [section])
        return model.requests[0]

    alone, within = asked(turn, 0, 0), asked("Something before.\n\n" + turn, 19, 4)
    assert alone == within
    assert alone.key("m") == within.key("m")
    data = unfenced(alone.messages[1].text)
    assert data == f"section: turn\nheadings: Chat\nspeaker: Ana\ndate: 2024-05-03\n\n{turn}"


def test_a_quote_that_is_not_in_the_section_is_quarantined_though_it_is_in_the_source():
    model = Asked(lambda text: facts("Ines works at Acme", "Bob owes Eve money"))
    got = extract(model)

    assert [fact.quote for fact in got.facts] == ["Ines works at Acme"]
    assert len(got.quarantined) == 5


def test_a_section_whose_answer_cannot_be_used_has_failed_and_the_others_have_their_facts():
    def answer(text: str) -> str | Exception:
        return AnswerError("the model's answer is not JSON") if "Acme" in text else sentences(text)

    got = extract(Asked(answer))
    assert list(got.failed.values()) == ["the model's answer is not JSON"]
    assert "Ines moved to Porto in May 2024" in [fact.text for fact in got.facts]


def test_a_server_that_gives_no_answer_fails_the_sections_that_it_was_asked_about():
    got = extract(Asked(lambda _: ModelBusyError("cannot be reached")))
    assert len(got.failed) == 3


@pytest.mark.parametrize(
    "error",
    [
        BudgetError("spent"),
        ModelRefusedError("the key is refused"),
        DatabaseBusyError("the journal is locked"),
        DatabaseError("the disk is full"),
    ],
)
def test_what_ends_all_asking_is_raised_once_what_was_asked_has_ended(error: Exception):
    model = Asked(lambda text: error if "Acme" in text else sentences(text), slow="Hello")
    with pytest.raises(type(error), match=str(error)):
        extract(model)
    assert model.ended == 3


def test_a_cut_answer_is_asked_for_in_halves_that_end_with_a_sentence():
    text = "# Long\n\n" + " ".join(f"Ines has {n} dogs." for n in range(40))
    longest = 200

    def answer(part: str) -> str | Exception:
        return TruncatedError("the answer was cut") if len(part) > longest else sentences(part)

    model = Asked(answer)
    got = extract(model, text)
    assert [fact.quote for fact in got.facts] == [f"Ines has {n} dogs" for n in range(40)]
    assert got.truncated == got.failed == {}
    for request in model.requests:
        assert Asked.text(request).rstrip().endswith(".")


def test_a_cut_answer_to_a_single_sentence_leaves_its_section_truncated():
    text = "# Long\n\n" + "word " * 300
    got = extract(Asked(lambda _: TruncatedError("the answer was cut after 900 tokens")), text)

    (told,) = got.truncated.values()
    assert told == "the answer was cut after 900 tokens, and it cannot be asked in smaller parts"


def test_no_facts_where_rules_see_some_is_told_of():
    got = extract(Asked(lambda _: facts()))

    told = {section.section_id: section.path[-1] for section in sections()}
    assert {told[key]: text for key, text in got.warnings.items()} == {
        "Ines": "the model found none, rules see 1",
        "Work": "the model found none, rules see 2",
    }


def test_the_setting_names_the_model_and_the_prompt_and_nothing_of_the_source():
    extractor = ModelExtractor(Asked(sentences), LocalExtractor())
    one = asyncio.run(extractor.setting(TEXT, sections()))
    other = asyncio.run(extractor.setting("Something else.", sections("Something else.")))

    assert one == other
    assert one.startswith("test:model ")
