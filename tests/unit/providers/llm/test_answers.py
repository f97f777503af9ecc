"""What is made of answers that are not quite as asked, and how long reading them may take."""

from __future__ import annotations

import json
from time import process_time
from typing import Any

import pytest

from retain.errors import AnswerError
from retain.providers.llm.answers import (
    FactsAnswer,
    LeadAnswer,
    NameAnswer,
    QuestionAnswer,
    ReplacesAnswer,
    SameAnswer,
    read,
)

ANA: dict[str, Any] = {"text": "Ana lives in Porto", "quote": "lives in Porto", "type": "world"}
BEN: dict[str, Any] = {"text": "Ben paints", "quote": "Ben paints", "type": "experience"}
WHOLE = json.dumps({"facts": [ANA, BEN]})


@pytest.mark.parametrize(
    "text",
    [
        f"Here are the facts:\n\n{WHOLE}\n\nTell me if you need more!",
        f"Two [2] facts {{as asked}}: {WHOLE}",
        f"<think>\nI see {{a lot}} and [1, 2].\n</think>\n{WHOLE}",
        f'The user wants {{"facts": []}}, so\n</think>\n\n{WHOLE}',
        f"```json\n{WHOLE}\n```\nI left out greetings.",
        f"```\n{WHOLE}\n```",
        f"```json\n{WHOLE}",
        WHOLE.replace("]}", ",\n]\n,\n}"),
        json.dumps([ANA, BEN]),
        json.dumps({"result": {"facts": [ANA, BEN]}}),
    ],
)
def test_words_thoughts_fences_and_last_commas_are_read_around(text: str):
    assert [fact.text for fact in read(text, FactsAnswer).facts] == [ANA["text"], BEN["text"]]


@pytest.mark.parametrize(
    "broken",
    [
        WHOLE[: len(WHOLE) - 3],
        WHOLE[: len(WHOLE) // 2],
        WHOLE.replace("}, {", "} {"),
        f"```json\n{WHOLE[: len(WHOLE) - 2]}\n```",
        f"Here: {WHOLE[: len(WHOLE) - 2]}",
        json.dumps([ANA, BEN])[:-1],
    ],
)
def test_of_an_answer_that_breaks_off_no_part_is_taken_for_all_of_it(broken: str):
    with pytest.raises(AnswerError, match="not JSON"):
        read(broken, FactsAnswer)


def test_a_comma_before_a_bracket_inside_a_string_stays():
    fact = {**ANA, "quote": 'so ,] and \\" ,}'}
    text = json.dumps({"facts": [fact]}).replace("]}", ",]}")
    assert read(text, FactsAnswer).facts[0].quote == fact["quote"]


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ({"type": "fact"}, {"type": "world"}),
        ({"type": "Assistant Statement"}, {"type": "assistant_statement"}),
        ({"names": None, "confidence": None}, {"names": (), "confidence": 1.0}),
        ({"names": ["Ana"]}, {"names": (NameAnswer("Ana", "unknown"),)}),
        (
            {"names": [{"name": "Porto", "kind": "location"}, {"kind": "person"}]},
            {"names": (NameAnswer("Porto", "place"),)},
        ),
        ({"slot": "age", "value": 41}, {"value": "41"}),
        ({"quote": None}, {"quote": ANA["text"]}),
        ({"subject": ["Ana"]}, {"subject": None}),
    ],
)
def test_a_field_that_is_not_as_asked_costs_no_more_than_itself(
    wrong: dict[str, Any], right: dict[str, Any]
):
    answer = read(json.dumps({"facts": [{**ANA, **wrong}, BEN]}), FactsAnswer)
    assert len(answer.facts) == 2
    assert answer.malformed == 0
    for name, value in right.items():
        assert getattr(answer.facts[0], name) == value


@pytest.mark.parametrize("item", [None, 3, "Ana", [], {}, {"text": ""}, {"text": {"a": 1}}])
def test_a_statement_that_says_nothing_is_counted_and_its_neighbours_stay(item: Any):
    answer = read(json.dumps({"facts": [ANA, item, BEN]}), FactsAnswer)
    assert [fact.text for fact in answer.facts] == [ANA["text"], BEN["text"]]
    assert answer.malformed == 1


def test_no_list_is_no_statement():
    assert read('{"facts": null}', FactsAnswer).facts == ()
    assert read(json.dumps({"facts": ANA}), FactsAnswer).facts[0].text == ANA["text"]


def test_verdicts_are_read_however_they_are_written_and_others_are_errors():
    assert read('{"verdict": "Same"}', SameAnswer).verdict == "same"
    assert read('Sure: {"verdict": "both_hold"}', ReplacesAnswer).verdict == "both hold"
    for text in ('{"verdict": "perhaps"}', '{"verdict": null}', '{"verdict": 1}', "[]", "{}"):
        with pytest.raises(AnswerError):
            read(text, SameAnswer)


def test_sentences_are_read_with_numbers_that_are_written_in_any_way():
    text = '{"sentences": [{"text": "Ana paints.", "facts": ["[1]", 2, "x"]}, {"text": 1}, 3]}'
    first, second = read(text, LeadAnswer).sentences
    assert (first.text, first.facts) == ("Ana paints.", (1, 2))
    assert (second.text, second.facts) == ("1", ())
    answer = read(
        '{"known": "yes", "sentences": [{"text": "In Porto.", "memories": 1}]}', QuestionAnswer
    )
    assert answer.known
    assert answer.sentences[0].memories == (1,)
    assert not read('{"known": false}', QuestionAnswer).known
    assert not read('{"known": null, "sentences": null}', QuestionAnswer).known


@pytest.mark.parametrize(
    "piece",
    ["\n", " ", "```", "```\n", "{", "[", '"', "\\", '\\"', ",", ", ", ",]", "[{", '[{"a":', "[1,",
     "<think>", "</think>", "```json\n[", '{"facts": [', "\u2028", "0", "-", "e9"],
)  # fmt: skip
def test_however_much_of_the_same_a_model_writes_it_is_read_at_once(piece: str):
    for before, after in (("", ""), ("```json\n", ""), ('{"facts": ["', ""), ("", "]x")):
        text = before + piece * (400_000 // len(piece)) + after
        began = process_time()
        with pytest.raises(AnswerError):
            read(text, FactsAnswer)
        assert process_time() - began < 2.0
