"""Estimates of tokens, against what the tokenizers of models count."""

import json
from importlib.resources import files

import pytest

from retain.memory.model import Message, ModelRequest
from retain.providers.embedders.pieces import Pieces
from retain.providers.llm.prompts import prompt
from retain.providers.llm.tokens import estimate, of_request, upper_bound

# Counted with the ranks of o200k_base and of cl100k_base.
COUNTED = {
    "Ana moved to Porto in March 2021, and she doesn't miss Lisbon.": (16, 17),
    "Each chapter builds on the one before it, so reading them in order is worth it.": (18, 18),
    '{"facts":[{"text":"Ana lives in Porto","quote":"I live in Porto","type":"world",'
    '"subject":"Ana","slot":"lives in","value":"Porto","first_day":null,"last_day":null,'
    '"names":[{"name":"Ana","kind":"person"}],"confidence":0.95}]}': (66, 64),
    "fn main() {\n    let mut guess = String::new();\n"
    "    io::stdin().read_line(&mut guess)?;\n}\n": (25, 25),
    "Анна переехала в Порту весной и больше не скучает по Лиссабону.": (22, 30),
    "アナは三月にポルトへ引っ越しました。": (14, 18),
    "안나는 봄에 포르투로 이사했습니다.": (13, 21),
    "😀🎉 done": (4, 6),
}


@pytest.mark.parametrize("text", COUNTED)
def test_an_estimate_is_near_what_a_tokenizer_counts(text):
    newer, _ = COUNTED[text]
    assert estimate(text) == pytest.approx(newer, rel=0.25)


@pytest.mark.parametrize("text", COUNTED)
def test_the_bound_is_not_passed_by_any_tokenizer_and_no_bytes_are_left(text):
    assert max(COUNTED[text]) <= upper_bound(text) <= len(text.encode())


def test_the_bound_holds_for_a_small_vocabulary_too():
    data = files("retain.providers.embedders") / "data" / "static-pieces.json"
    pieces = Pieces(json.loads(data.read_text(encoding="utf-8")))
    for text in [*COUNTED, prompt("facts").text, json.dumps(prompt("facts").schema)]:
        assert len(pieces.encode(text)) <= upper_bound(text)


def test_an_empty_text_is_no_token_and_half_a_pair_is_some():
    assert estimate("") == 0
    assert 1 <= estimate("half \ud83d of it") <= upper_bound("half \ud83d of it")


def test_a_request_counts_its_messages_its_schema_and_what_stands_around_them():
    asked = prompt("names").request("name: Bob\nkind: person", max_tokens=50)
    texts = sum(estimate(message.text) for message in asked.messages)
    schema = estimate(json.dumps(asked.schema))
    assert texts + schema < of_request(asked) < texts + schema + 20
    longer = ModelRequest(
        asked.purpose, (*asked.messages, Message("assistant", "no")), asked.schema, 50
    )
    assert of_request(longer) > of_request(asked)
