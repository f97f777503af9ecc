"""What a judge makes of a model's answers, good ones and others."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest
from tests.asked import AskedModel, verdict

from retain.errors import (
    AnswerError,
    BudgetError,
    ModelBusyError,
    ModelRefusedError,
    TruncatedError,
)
from retain.memory.call_context import in_call_context
from retain.memory.model import Fact, FactPair, Judgement, NamePair, Verdict
from retain.providers.llm.judge import ModelJudge

T = TypeVar("T")

KATE = NamePair("Kate", "person", "Katherine", "person")
NYC = NamePair("NYC", "place", "New York City", "place")
PARIS = NamePair("Paris", "place", "Paris City", "place")
NAMES = (KATE, NYC, PARIS)


def run(work: Coroutine[Any, Any, T]) -> T:
    """What `work` gives; no task may be left behind."""

    async def alone() -> T:
        try:
            return await work
        finally:
            assert asyncio.all_tasks() == {asyncio.current_task()}

    return asyncio.run(alone())


def by_name(**words: str | Exception) -> AskedModel:
    """A model that says of names what the first of them has."""

    def answer(_: str, data: str) -> str | Exception:
        word = words[data.split("\n")[0].removeprefix("name: ")]
        return word if isinstance(word, Exception) else verdict(word)

    return AskedModel(answer)


def test_a_judgement_a_pair_whatever_stands_beside_it() -> None:
    model = by_name(Kate="same", NYC="unsure", Paris="different")
    found = run(ModelJudge(model).same(NAMES))
    assert found == [
        Judgement("Kate", "Katherine", "same"),
        Judgement("NYC", "New York City", "unsure"),
        Judgement("Paris", "Paris City", "different"),
    ]
    assert run(ModelJudge(model).same([PARIS, KATE])) == [found[2], found[0]]
    assert model.about("names")[0] == "name: Kate\nkind: person\nname: Katherine\nkind: person"
    assert len(model.asked) == model.most_at_once == 3


def test_facts_are_asked_of_with_their_days_and_belong_to_their_sources() -> None:
    old = Fact("f1", "s", "world", "Ana is vegan", "Ana is vegan", 0, 12)
    new = Fact("f2", "s", "world", "Ana eats fish", "Ana eats fish", 0, 13)
    model = AskedModel(lambda *_: verdict("replaces"))
    with in_call_context("bank", "b.md", "STATE"):
        found = run(ModelJudge(model).supersedes([FactPair(old, "a.md", new, "b.md")]))
    assert found == [Verdict("f1", "f2", "replaces")]
    (asked,) = model.asked
    assert asked.data == "older: Ana is vegan\nnewer: Ana eats fish"
    assert asked.sources == ("a.md", "b.md")
    assert (asked.call_context.source_id, asked.call_context.state) == ("b.md", "STATE")


def test_nothing_is_asked_of_nothing() -> None:
    model = by_name()
    assert run(ModelJudge(model).same([])) == []
    assert run(ModelJudge(model).supersedes([])) == []


@pytest.mark.parametrize(
    "bad", [AnswerError("it is a poem"), TruncatedError("it was cut"), "perhaps"]
)
def test_a_pair_without_a_usable_answer_is_left_out_and_told_of(
    bad: Exception | str, caplog: pytest.LogCaptureFixture
) -> None:
    model = by_name(Kate="same", NYC=bad, Paris="different")
    with caplog.at_level(logging.WARNING):
        found = run(ModelJudge(model).same(NAMES))
    assert [one.name for one in found] == ["Kate", "Paris"]
    assert "1 of 3 questions about names have no usable answer" in caplog.text
    assert "New York" not in caplog.text


@pytest.mark.parametrize(
    "error", [BudgetError("all is spent"), ModelBusyError("no answer", retry_after=3)]
)
def test_other_errors_come_through_once_all_that_was_asked_has_ended(error: Exception) -> None:
    model = by_name(Kate=error, NYC="same", Paris="same")
    with pytest.raises(type(error)) as raised:
        run(ModelJudge(model).same(NAMES))
    assert raised.value is error
    assert len(model.kept) == 2


def test_a_refused_key_ends_all_at_once() -> None:
    refused = ModelRefusedError("the key is refused")
    model = by_name(Kate=refused, NYC="same", Paris="same")
    with pytest.raises(ModelRefusedError, match="the key is refused"):
        run(ModelJudge(model).same(NAMES))


def test_a_cancelled_judge_leaves_no_task() -> None:
    async def cancelled(after: int) -> None:
        task = asyncio.create_task(ModelJudge(by_name(Kate="same")).same([KATE] * 9))
        for _ in range(after):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    for after in range(4):
        run(cancelled(after))
