"""Leads as a model writes them: what of an answer is kept, and what becomes of errors."""

import asyncio
import json
import logging

import pytest
from tests.scripted import Answer, Scripted
from tests.unit.wiki.bank import fact

from retain.errors import (
    AnswerError,
    BudgetError,
    ModelBusyError,
    ModelRefusedError,
    RetainError,
    TruncatedError,
)
from retain.memory.model import Lead, LeadRequest, LeadSentence
from retain.providers.llm.leads import LONGEST, LeadWriter

FACTS = (
    fact("Ana lives in Lisbon", id="f1", said="2024-03-10"),
    fact("Ana works at Acme", id="f2", source="notes/work.md"),
    fact("Ana paints harbours", id="f3"),
)


def wanted(page_id: str = "ana") -> LeadRequest:
    return LeadRequest(page_id, page_id.title(), "d1", FACTS, ("notes/ana.md", "notes/work.md"))


def sentences(*given: tuple[str, list[int]]) -> str:
    return json.dumps({"sentences": [{"text": text, "facts": facts} for text, facts in given]})


def written(answer: Answer, *pages: str) -> tuple[list[Lead], Scripted]:
    model = Scripted(answer)
    asked = [wanted(page) for page in pages or ("ana",)]
    return list(asyncio.run(LeadWriter(model).leads(asked))), model


def test_a_lead_is_of_the_facts_that_its_sentences_cite() -> None:
    (lead,), model = written(lambda _: sentences(("Ana lives\n in Lisbon.", [1, 1]), ("So.", [3])))
    assert lead == Lead(
        "ana",
        "Ana",
        "d1",
        ("f1", "f2", "f3"),
        (LeadSentence("Ana lives in Lisbon.", ("f1",)), LeadSentence("So.", ("f3",))),
    )
    assert model.asked == [
        (
            "title: Ana\n\n[1] (2024-03-10) Ana lives in Lisbon\n[2] Ana works at Acme\n"
            "[3] Ana paints harbours"
        )
    ]
    assert model.sources == [("notes/ana.md", "notes/work.md")]


def test_what_cites_nothing_that_there_is_goes() -> None:
    answer = sentences(
        ("Ana is a spy.", []),
        ("Ana is rich.", [0, 4, -1]),
        ("Ana lives in Lisbon.", [9, 1]),
        ("", [2]),
        ("Ana works " + "very " * LONGEST, [2]),
    )
    (lead,), _ = written(lambda _: answer)
    assert lead.sentences == (LeadSentence("Ana lives in Lisbon.", ("f1",)),)


def test_no_more_than_four_sentences_are_kept() -> None:
    (lead,), _ = written(lambda _: sentences(*((f"Sentence {n}.", [1]) for n in range(9))))
    assert [one.text for one in lead.sentences] == [f"Sentence {n}." for n in range(4)]


@pytest.mark.parametrize(
    "useless",
    [
        "Ana lives in Lisbon.",
        sentences(),
        sentences(("Ana is rich.", [])),
        json.dumps({"sentences": [{"text": "Half a pair \ud83d", "facts": [1]}]}),
        '{"sentences": [{"text": "Half a pair \ud83d", "facts": [1]}]}',
    ],
)
def test_an_answer_without_a_cited_sentence_is_asked_for_again(useless: str) -> None:
    answers = iter([useless, sentences(("Ana lives in Lisbon.", [1]))])
    (lead,), model = written(lambda _: next(answers))
    assert [one.text for one in lead.sentences] == ["Ana lives in Lisbon."]
    assert len(model.asked) == 1, "the model saw to the second answer"


@pytest.mark.parametrize("lost", [AnswerError("a poem"), TruncatedError("cut")])
def test_a_page_without_a_usable_answer_stays_without_a_lead(
    lost: RetainError, caplog: pytest.LogCaptureFixture
) -> None:
    def answer(data: str) -> str | RetainError:
        return lost if "title: Bob" in data else sentences(("Ana lives in Lisbon.", [1]))

    with caplog.at_level(logging.WARNING, "retain.providers.llm"):
        leads, _ = written(answer, "ana", "bob", "eva")
    assert [lead.page_id for lead in leads] == ["ana", "eva"]
    told = f"1 of 3 questions about first paragraphs have no usable answer: {lost}"
    assert told in caplog.text


@pytest.mark.parametrize(
    "error", [ModelBusyError("busy"), ModelRefusedError("no such key"), BudgetError("spent")]
)
def test_other_errors_come_out_once_every_page_was_asked_for(error: RetainError) -> None:
    model = Scripted(lambda data: error if "Ana\n" in data else sentences(("Bob.", [1])))
    asked = [wanted("ana"), wanted("bob"), wanted("eva")]
    with pytest.raises(type(error), match=str(error)):
        asyncio.run(LeadWriter(model).leads(asked))
    assert model.titles == ["Ana", "Bob", "Eva"]


def test_nothing_is_asked_for_no_page() -> None:
    assert asyncio.run(LeadWriter(Scripted()).leads([])) == []
