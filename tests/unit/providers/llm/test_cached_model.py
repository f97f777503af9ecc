"""A model whose answers are kept: asked once, repaired once, within a budget, in the ledger."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from retain.errors import (
    AnswerError,
    BudgetError,
    ModelBusyError,
    ModelRefusedError,
    TruncatedError,
    UnknownModelError,
)
from retain.memory.call_context import in_call_context
from retain.memory.model import Budget, ModelAnswer, ModelRequest, NamePair, Price
from retain.providers.llm.answers import SameAnswer, read
from retain.providers.llm.budget import BudgetGuard
from retain.providers.llm.cached_model import CachedModel
from retain.providers.llm.caller import Caller, Patience
from retain.providers.llm.fence import unfenced
from retain.providers.llm.formats import names_data
from retain.providers.llm.limiter import Limiter
from retain.providers.llm.prompts import prompt
from retain.stores.sqlite.journal import SQLiteJournal

from .scripted import Scripted, said

ANY = Budget()
SAME = '{"verdict": "same"}'
READ = partial(read, kind=SameAnswer)


def request(name: str = "Kate") -> ModelRequest:
    pair = NamePair(name, "person", "Katherine", "person")
    return prompt("names").request(names_data(pair), 64)


class Bench:
    """A journalled model on a real journal.

    Args:
        journal: The journal.
        chat: What answers.
        command: What all calls may come to.
        run: What each run may come to.
        most: How many calls at once.
        beside: Asks another model of the same server.
    """

    def __init__(
        self,
        journal: SQLiteJournal,
        chat: Scripted,
        command: Budget = ANY,
        run: Budget = ANY,
        most: int = 8,
        beside: Bench | None = None,
    ) -> None:
        self.waits: list[float] = []
        self.budget_guard = BudgetGuard(journal, command, run)
        self.limiter = Limiter(most) if beside is None else beside.limiter
        caller = Caller(
            journal,
            self.limiter,
            self.budget_guard,
            patience=Patience(attempts=4),
            now=lambda: datetime(2026, 1, 1, tzinfo=UTC),
            random=lambda: 0.0,
            sleep=self._wait,
        )
        self.model = CachedModel(chat, caller)

    async def wait_for(self, number: int) -> None:
        """Go on when so many wait for the one request that is under way."""
        for _ in range(10_000):
            if sum(flight.waiting for flight in self.model._flights.values()) == number:
                return
            await asyncio.sleep(0.001)
        raise AssertionError("they do not wait")

    async def _wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        await asyncio.sleep(0)

    async def ask(
        self,
        name: str = "Kate",
        *,
        source: str = "a.md",
        bank: str = "ana",
        keep_cut: bool = False,
    ) -> str:
        with in_call_context(bank, source, "NORMALIZE_ENTITIES"):
            return (await self.model.ask(request(name), READ, keep_cut=keep_cut)).verdict


def with_journal(
    tmp_path: Path, work: Callable[[SQLiteJournal], Coroutine[Any, Any, None]]
) -> None:
    async def run() -> None:
        journal = SQLiteJournal(tmp_path / "memory.journal.db", durability="process")
        try:
            await work(journal)
        finally:
            await journal.close()

    asyncio.run(run())


async def ledger(journal: SQLiteJournal) -> tuple[int, int, int, int]:
    """Calls, failed calls, tokens read and tokens written."""
    lines = [line.spending for line in await journal.costs()]
    return (
        sum(one.calls for one in lines),
        sum(one.failed for one in lines),
        sum(one.input_tokens for one in lines),
        sum(one.output_tokens for one in lines),
    )


def test_what_was_answered_is_not_asked_again_not_even_by_another_process(tmp_path):
    async def first(journal: SQLiteJournal) -> None:
        bench = Bench(journal, Scripted(SAME))
        assert [await bench.ask(), await bench.ask()] == ["same", "same"]
        assert await ledger(journal) == (1, 0, 100, 30)

    async def second(journal: SQLiteJournal) -> None:
        chat = Scripted(AssertionError("nothing is to be asked"))
        assert await Bench(journal, chat).ask() == "same"
        assert chat.requests == []

    with_journal(tmp_path, first)
    with_journal(tmp_path, second)


def test_another_bank_asks_for_itself(tmp_path):
    async def work(journal: SQLiteJournal) -> None:
        chat = Scripted(SAME)
        bench = Bench(journal, chat)
        await bench.ask(bank="ana")
        await bench.ask(bank="bob")
        assert len(chat.requests) == 2

    with_journal(tmp_path, work)


def test_equal_requests_at_once_wait_for_the_one_under_way(tmp_path):
    async def work(journal: SQLiteJournal) -> None:
        go_on = asyncio.Event()

        async def late() -> str:
            await go_on.wait()
            return SAME

        chat = Scripted(lambda _: late())
        bench = Bench(journal, chat)
        tasks = [asyncio.create_task(bench.ask(source=f"{n}.md")) for n in range(20)]
        await bench.wait_for(20)
        go_on.set()
        assert await asyncio.gather(*tasks) == ["same"] * 20
        assert len(chat.requests) == 1
        # It belongs to each of them: with any, it goes.
        await journal.forget("ana", "13.md")
        assert await journal.find("ana", [request().key("test:scripted")], ()) == {}

    with_journal(tmp_path, work)


def test_an_answer_that_another_process_is_waiting_for_is_shared_and_costs_nothing(tmp_path):
    async def work(journal: SQLiteJournal) -> None:
        chat = Scripted(lambda _: asyncio.sleep(0.1, SAME))
        other = SQLiteJournal(journal.path, durability="process")
        first, second = Bench(journal, chat), Bench(other, Scripted(AssertionError("sent twice")))
        asking = asyncio.create_task(first.ask())
        await chat.began.wait()
        assert await second.ask(source="b.md") == "same"
        assert await asking == "same"
        assert (second.model.hits, second.budget_guard.spent.calls) == (1, 0)
        await other.close()
        await journal.forget("ana", "b.md")
        assert await journal.find("ana", [request().key("test:scripted")], ()) == {}

    with_journal(tmp_path, work)


def test_whoever_waits_is_answered_though_the_first_who_asked_is_cancelled(tmp_path):
    async def work(journal: SQLiteJournal) -> None:
        go_on = asyncio.Event()

        async def late() -> str:
            await go_on.wait()
            return SAME

        chat = Scripted(lambda _: late())
        bench = Bench(journal, chat)
        first, second = (asyncio.create_task(bench.ask(source=f"{n}.md")) for n in range(2))
        await bench.wait_for(2)
        first.cancel()
        await asyncio.wait([first])
        go_on.set()
        assert await second == "same"
        assert len(chat.requests) == 1

    with_journal(tmp_path, work)


def test_a_request_that_nobody_waits_for_is_cancelled_and_can_be_asked_again(tmp_path):
    async def work(journal: SQLiteJournal) -> None:
        chat = Scripted(lambda _: asyncio.Event().wait(), SAME)
        bench = Bench(journal, chat)
        task = asyncio.create_task(bench.ask())
        await chat.began.wait()
        task.cancel()
        await asyncio.wait([task])
        assert chat.active == 0
        assert await bench.ask() == "same"

    with_journal(tmp_path, work)


def test_an_answer_that_came_is_kept_though_the_asker_is_cancelled_meanwhile(tmp_path):
    async def work(journal: SQLiteJournal) -> None:
        task: asyncio.Task[str] | None = None

        def answer(_: ModelRequest) -> str:
            assert task is not None
            task.cancel()
            return SAME

        bench = Bench(journal, Scripted(answer))
        task = asyncio.create_task(bench.ask())
        await asyncio.wait([task])
        assert task.cancelled()
        assert await ledger(journal) == (1, 0, 100, 30)
        assert await Bench(journal, Scripted(AssertionError("asked again"))).ask() == "same"

    with_journal(tmp_path, work)


def test_a_bad_answer_is_shown_to_the_model_once_with_what_is_wrong(tmp_path):
    async def work(journal: SQLiteJournal) -> None:
        chat = Scripted('{"verdict": "ignore all of that"}', SAME)
        assert await Bench(journal, chat).ask() == "same"
        (system, asked), shown = request().messages, chat.requests[1].messages
        assert [message.role for message in shown] == ["system", "user"]
        assert shown[0] == system
        assert shown[1].text.startswith(asked.text)
        repair = shown[1].text.removeprefix(asked.text)
        inside = unfenced(repair)
        assert inside is not None
        assert '{"verdict": "ignore all of that"}' in inside
        assert "not as asked" in inside
        assert "ignore" not in repair.replace(inside, "")
        again = Scripted(AssertionError("both answers are kept"))
        assert await Bench(journal, again).ask() == "same"

    with_journal(tmp_path, work)


def test_two_bad_answers_are_an_error_and_both_are_asked_for_again_later(tmp_path):
    async def work(journal: SQLiteJournal) -> None:
        chat = Scripted("{", "not even that", SAME)
        bench = Bench(journal, chat)
        with pytest.raises(AnswerError, match="not JSON"):
            await bench.ask()
        assert len(chat.requests) == 2
        assert await ledger(journal) == (2, 2, 200, 60)  # paid, and of no use
        assert await bench.ask() == "same"
        assert chat.requests[2].messages == request().messages

    with_journal(tmp_path, work)


def test_a_refusal_is_an_error_and_is_not_repaired(tmp_path):
    async def work(journal: SQLiteJournal) -> None:
        chat = Scripted(said("I cannot help with that.", "refused"), SAME)
        bench = Bench(journal, chat)
        with pytest.raises(AnswerError, match="a refusal: I cannot help with that"):
            await bench.ask()
        assert len(chat.requests) == 1
        assert await bench.ask() == "same"

    with_journal(tmp_path, work)


@pytest.mark.parametrize(("keep_cut", "asked"), [(True, 1), (False, 2)])
def test_a_cut_answer_says_so_and_is_asked_for_again_where_no_smaller_part_can_be(
    tmp_path, keep_cut: bool, asked: int
):
    async def work(journal: SQLiteJournal) -> None:
        chat = Scripted(said('{"verd', "length"))
        bench = Bench(journal, chat)
        for _ in range(2):
            with pytest.raises(TruncatedError):
                await bench.ask(keep_cut=keep_cut)
        assert len(chat.requests) == asked

    with_journal(tmp_path, work)


def test_a_busy_server_is_asked_again_after_longer_and_longer_waits(tmp_path):
    async def work(journal: SQLiteJournal) -> None:
        chat = Scripted(
            ModelBusyError("429 too many requests"),
            ModelBusyError("503 unavailable"),
            ModelBusyError("no answer within 5 s"),
            SAME,
        )
        bench = Bench(journal, chat)
        assert await bench.ask() == "same"
        assert bench.waits == [0.5, 1.0, 2.0]
        assert await ledger(journal) == (4, 3, 100, 30)
        assert bench.budget_guard.spent.calls == 4

    with_journal(tmp_path, work)


def test_the_server_says_how_long_to_wait(tmp_path):
    async def work(journal: SQLiteJournal) -> None:
        busy = ModelBusyError("429", retry_after=0.01)
        bench = Bench(journal, Scripted(busy, SAME))
        assert await bench.ask() == "same"
        far = Bench(journal, Scripted(ModelBusyError("429", retry_after=7.0), SAME))
        far.limiter.overloaded = lambda *_: None  # it would pause all calls
        assert await far.ask("Kat") == "same"
        assert far.waits == [7.0]

    with_journal(tmp_path, work)


def test_a_server_that_is_gone_is_given_up_after_one_call_has_tried_for_long(tmp_path):
    async def work(journal: SQLiteJournal) -> None:
        chat = Scripted(ModelBusyError("cannot be reached"))
        bench = Bench(journal, chat)
        for _ in range(3):
            with pytest.raises(ModelBusyError, match="cannot be reached"):
                await bench.ask()
        assert len(chat.requests) == 4  # the attempts of the first
        assert len(bench.waits) == 3  # and those between them: the others end at once

    with_journal(tmp_path, work)


def test_a_refused_key_stops_all_calls_at_the_first(tmp_path):
    async def work(journal: SQLiteJournal) -> None:
        chat = Scripted(ModelRefusedError("the server refuses the key"))
        bench = Bench(journal, chat)
        asked = [bench.ask(f"Kat{n}", source=f"{n}.md") for n in range(30)]
        errors = await asyncio.gather(*asked, return_exceptions=True)
        assert {str(error) for error in errors} == {"the server refuses the key"}
        assert len(chat.requests) == 1

    with_journal(tmp_path, work)


def test_a_model_that_the_server_does_not_know_leaves_its_others_alone(tmp_path):
    async def work(journal: SQLiteJournal) -> None:
        chat = Scripted(UnknownModelError("the server knows no model 'test'"))
        bench = Bench(journal, chat)
        asked = [bench.ask(f"Kat{n}", source=f"{n}.md") for n in range(30)]
        errors = await asyncio.gather(*asked, return_exceptions=True)
        assert {str(error) for error in errors} == {"the server knows no model 'test'"}
        assert len(chat.requests) == 1
        assert await Bench(journal, Scripted(SAME), beside=bench).ask() == "same"

    with_journal(tmp_path, work)


def test_no_more_calls_at_once_than_wanted(tmp_path):
    async def work(journal: SQLiteJournal) -> None:
        chat = Scripted(SAME)
        bench = Bench(journal, chat, most=3)
        await asyncio.gather(*(bench.ask(f"Kat{n}") for n in range(40)))
        assert len(chat.requests) == 40
        assert chat.most_active == 3

    with_journal(tmp_path, work)


@pytest.mark.parametrize(
    ("budget", "told"),
    [(Budget(max_tokens=5_000), "tokens"), (Budget(max_cost=0.005), "cost")],
)
def test_a_budget_is_never_overrun_however_many_calls_are_made_at_once(
    tmp_path, budget: Budget, told: str
):
    async def work(journal: SQLiteJournal) -> None:
        chat = Scripted(ModelAnswer(SAME, "stop", 400, 60), price=Price(input=1.0, output=2.0))
        bench = Bench(journal, chat, command=budget)
        asked = [bench.ask(f"Kat{n}", source=f"{n}.md") for n in range(50)]
        ended = await asyncio.gather(*asked, return_exceptions=True)
        errors = [one for one in ended if not isinstance(one, str)]
        assert {type(error) for error in errors} == {BudgetError}
        assert f"--max-{told}" in str(errors[0])
        spent = bench.budget_guard.spent
        assert spent.tokens <= (budget.max_tokens or spent.tokens)
        assert spent.cost <= (budget.max_cost or spent.cost)
        assert 5 <= ended.count("same") == len(chat.requests)  # and it is made use of

    with_journal(tmp_path, work)


def test_a_run_s_budget_counts_what_it_spent_before_and_leaves_others_alone(tmp_path):
    async def work(journal: SQLiteJournal) -> None:
        each = Budget(max_tokens=800)
        answer = ModelAnswer(SAME, "stop", 300, 50)
        first = Bench(journal, Scripted(answer), run=each)
        assert await first.ask("Kat") == "same"
        later = Bench(journal, Scripted(answer), run=each)
        with pytest.raises(BudgetError, match=r"'a.md'.*--max-tokens-per-run"):
            await later.ask("Kit")
        assert await later.ask("Kit", source="b.md") == "same"
        assert await Bench(journal, Scripted(answer), run=Budget(max_tokens=9_000)).ask("Ket")

    with_journal(tmp_path, work)


def test_what_the_budget_has_no_room_for_is_still_answered_by_the_journal(tmp_path):
    async def work(journal: SQLiteJournal) -> None:
        await Bench(journal, Scripted(SAME)).ask()
        nothing = Bench(journal, Scripted(AssertionError()), command=Budget(max_tokens=0))
        assert await nothing.ask() == "same"

    with_journal(tmp_path, work)
