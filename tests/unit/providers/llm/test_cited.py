"""Sentences with the numbers of what they are made from."""

import time

import pytest

from retain.providers.llm.cited import cited


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Ana lives in Faro [1].", "Ana lives in Faro."),
        ("Ana \n lives  in Faro\t[1, 2] now", "Ana lives in Faro now"),
        ("[1] Ana lives in Faro", "Ana lives in Faro"),
        ("Version [7] is out [1]", "Version [7] is out"),
        ("Ana [1 ,\n2] lives", "Ana lives"),
    ],
)
def test_numbers_are_taken_out_of_a_sentence(text: str, line: str) -> None:
    assert cited([(text, [1])], 3, 100) == [(line, (1,))]


@pytest.mark.parametrize("piece", [" ", "\n", "[", "[1,", " [1 ,", "\u3000"])
def test_a_long_answer_takes_no_more_than_its_length(piece: str) -> None:
    begun = time.process_time()
    cited([(piece * (400_000 // len(piece)) + "x", [1])], 3, 100)
    assert time.process_time() - begun < 5
