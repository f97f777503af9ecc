"""The contract of `Journal`, as tests that any backend can run.

    class TestMyJournal(JournalContract):
        def open_journal(self, folder, now):
            return my_journal(folder / "journal", now=now)

It needs pytest, and no plugin of it.
"""
# ruff: noqa: S101 - assertions are what a test suite is made of

from __future__ import annotations

import asyncio
import random
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from retain.errors import InputError
from retain.memory.model import Call, CallContext, CostLine, Purpose, RequestClaim, Spending
from retain.memory.ports import Journal
from retain.testing.stores import HOSTILE_IDS

NOON = datetime(2024, 2, 29, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
CANARY = "zyqcanary"
LONE = "half \ud800 pair"


def call_of(
    key: str,
    source_id: str = "s",
    *,
    bank_id: str = "b",
    state: str = "EXTRACT_FACTS",
    purpose: Purpose = "facts",
    model: str = "openai:small",
    at: datetime = NOON,
    since: datetime | None = None,
    cost: float | None = 0.25,
    error: str | None = None,
) -> Call:
    """A call of 100 tokens in and 20 out that took 12 ms; one that failed came to nothing."""
    call_context = CallContext(bank_id, source_id, state, since)
    if error is not None:
        return Call(call_context, purpose, model, key, at, 12.0, error=error)
    return Call(call_context, purpose, model, key, at, 12.0, 100, 20, cost)


async def kept(
    journal: Journal, *keys: str, bank_id: str = "b", sources: Sequence[str] = ("s",)
) -> list[str]:
    """Which of the keys are answered, each as `keep` below does it, in order."""
    found = await journal.find(bank_id, keys, sources)
    assert found == {key: answer_to(key) for key in found}
    return sorted(found)


async def keep(
    journal: Journal, key: str, *sources: str, bank_id: str = "b", at: datetime = NOON
) -> None:
    """Keep an answer that belongs to the sources, the first of which pays."""
    call = call_of(key, sources[0], bank_id=bank_id, at=at)
    await journal.keep(call, {key: answer_to(key)}, sources)


def claim_of(token: str, *keys: str, bank_id: str = "b", lifetime_s: float = 60.0) -> RequestClaim:
    """A claim on the keys that does not expire during a test, unless it is to."""
    return RequestClaim(bank_id, keys, token, lifetime_s)


def answer_to(key: str) -> bytes:
    """The answer that `keep` keeps."""
    return f'{{"answer to": "{key}"}}'.encode()


def files_with(folder: Path, words: bytes) -> list[str]:
    """The files of the folder that hold these bytes."""
    files = sorted(path for path in folder.iterdir() if path.is_file())
    return [path.name for path in files if words in path.read_bytes()]


class JournalContract(ABC):
    """What every journal has to do."""

    now = NOON
    """What the clock of the journal tells; a test may turn it."""

    @abstractmethod
    def open_journal(
        self, folder: Path, now: Callable[[], datetime]
    ) -> AbstractAsyncContextManager[Journal]:
        """The journal that is kept in the folder."""

    def with_journal(self, folder: Path, work: Callable[[Journal], Awaitable[None]]) -> None:
        """Run `work` with the journal in the folder, in an event loop of its own."""

        async def main() -> None:
            async with self.open_journal(folder, lambda: self.now) as journal:
                await work(journal)

        asyncio.run(main())

    def test_what_is_kept_is_found_also_later(self, tmp_path: Path) -> None:
        body = b'{"facts": [\x00\xff]}'

        async def write(journal: Journal) -> None:
            await journal.keep(call_of("k"), {"k": body}, ["s"])
            assert await journal.find("b", ["k"], ["s"]) == {"k": body}

        async def read(journal: Journal) -> None:
            assert await journal.find("b", ["k"], ["s"]) == {"k": body}

        self.with_journal(tmp_path, write)
        self.with_journal(tmp_path, read)

    def test_an_empty_journal_has_nothing(self, tmp_path: Path) -> None:
        async def check(journal: Journal) -> None:
            assert await journal.find("b", ["k"], ["s"]) == {}
            assert await journal.find("b", [], []) == {}
            assert await journal.spent("b", "s") == Spending()
            assert list(await journal.costs()) == []
            assert await journal.prune(timedelta(0)) == 0
            await journal.reject("b", ["k"], "no reason")
            await journal.renew([claim_of("1", "k")])
            await journal.release(claim_of("1", "k"))
            await journal.forget("b", "s")
            assert list(await journal.costs("b")) == []

        self.with_journal(tmp_path, check)

    def test_only_what_is_kept_is_found(self, tmp_path: Path) -> None:
        async def check(journal: Journal) -> None:
            for key in ("one", "two", "three"):
                await keep(journal, key, "s")
            asked = ["three", "nothing", "one", "one"]
            assert await kept(journal, *asked) == ["one", "three"]

        self.with_journal(tmp_path, check)

    def test_a_call_may_bring_many_answers_of_any_bytes(self, tmp_path: Path) -> None:
        noise = random.Random(4).randbytes(1024)  # noqa: S311 - as vectors are
        answers = {"empty": b"", "noise": noise, "nul": bytes(9), "long": b"ab" * 5_000_000}
        answers |= {f"key{n}": f"vector {n}".encode() for n in range(3_000)}

        async def check(journal: Journal) -> None:
            await journal.keep(call_of("noise"), answers, ["s"])
            assert await journal.find("b", list(answers), ["s"]) == answers
            (line,) = await journal.costs()
            assert line.spending == Spending(1, 0, 100, 20, 0.25)

        self.with_journal(tmp_path, check)

    def test_the_latest_answer_to_a_key_counts(self, tmp_path: Path) -> None:
        async def check(journal: Journal) -> None:
            await journal.keep(call_of("k"), {"k": b"first"}, ["s"])
            await journal.keep(call_of("k"), {"k": b"second"}, ["s"])
            assert await journal.find("b", ["k"], ["s"]) == {"k": b"second"}
            assert (await journal.spent("b", "s")).calls == 2

        self.with_journal(tmp_path, check)

    def test_a_rejected_answer_is_not_found_until_it_is_kept_again(self, tmp_path: Path) -> None:
        async def check(journal: Journal) -> None:
            for key in ("good", "bad"):
                await keep(journal, key, "s")
            await journal.reject("b", ["bad", "nothing"], "no JSON")
            assert await kept(journal, "good", "bad") == ["good"]
            spent = Spending(2, 1, 200, 40, 0.5)
            assert await journal.spent("b", "s") == spent, "it was paid for all the same"
            await journal.reject("b", ["bad"], "no JSON")
            assert await journal.spent("b", "s") == spent
            await keep(journal, "bad", "s")
            assert await kept(journal, "good", "bad") == ["bad", "good"]
            assert await journal.spent("b", "s") == Spending(3, 1, 300, 60, 0.75)

        self.with_journal(tmp_path, check)

    def test_rejecting_one_of_many_answers_fails_their_call(self, tmp_path: Path) -> None:
        async def check(journal: Journal) -> None:
            await journal.keep(call_of("one"), {"one": b"1", "two": b"2"}, ["s"])
            await keep(journal, "three", "s")
            await journal.reject("b", ["two"], "too short")
            assert await journal.find("b", ["one", "two"], ["s"]) == {"one": b"1"}
            assert await journal.spent("b", "s") == Spending(2, 1, 200, 40, 0.5)

        self.with_journal(tmp_path, check)

    def test_a_call_without_an_answer_is_in_the_ledger_alone(self, tmp_path: Path) -> None:
        async def check(journal: Journal) -> None:
            await journal.note(call_of("k", error="the server is busy"))
            assert await journal.find("b", ["k"], ["s"]) == {}
            (line,) = await journal.costs()
            assert line.spending == Spending(1, 1, 0, 0, 0.0)
            assert await journal.spent("b", "s") == Spending(1, 1, 0, 0, 0.0)

        self.with_journal(tmp_path, check)

    def test_costs_are_told_by_run_state_purpose_and_model(self, tmp_path: Path) -> None:
        calls = [
            call_of("1"),
            replace(call_of("2"), latency_ms=24.0),
            call_of("3", error="timed out"),
            call_of("4", cost=None),
            call_of("5", model="openai:large"),
            call_of("6", state="EMBED", purpose="embeddings"),
            call_of("7", "r"),
            call_of("8", "", state="REFLECT", purpose="answer"),
            call_of("9", bank_id="a"),
        ]
        once = Spending(1, 0, 100, 20, 0.25)

        def line(
            bank_id: str, source_id: str, state: str, purpose: Purpose, model: str
        ) -> CostLine:
            return CostLine(CallContext(bank_id, source_id, state), purpose, model, once, 12.0)

        facts = "EXTRACT_FACTS"
        expected = [
            line("a", "s", facts, "facts", "openai:small"),
            line("b", "", "REFLECT", "answer", "openai:small"),
            line("b", "r", facts, "facts", "openai:small"),
            line("b", "s", "EMBED", "embeddings", "openai:small"),
            line("b", "s", facts, "facts", "openai:large"),
            replace(
                line("b", "s", facts, "facts", "openai:small"),
                spending=Spending(4, 1, 300, 60, 0.5, unpriced=1),
                latency_ms=15.0,
            ),
        ]

        async def check(journal: Journal) -> None:
            for call in calls:
                await journal.note(call)
            assert list(await journal.costs()) == expected
            assert list(await journal.costs("b")) == expected[1:]
            assert list(await journal.costs("nobody")) == []
            assert await journal.spent("b", "s") == Spending(6, 1, 500, 100, 1.0, unpriced=1)
            assert await journal.spent("a", "s") == once

        self.with_journal(tmp_path, check)

    def test_what_one_run_of_a_source_came_to_is_known(self, tmp_path: Path) -> None:
        async def check(journal: Journal) -> None:
            first, second = NOON, NOON + timedelta(hours=1)
            for n, run in enumerate((None, first, first, second)):
                call = call_of(f"k{n}")
                of_run = replace(call, call_context=replace(call.call_context, run=run))
                await journal.keep(of_run, {call.key: b"answer"}, ["s"])
            assert (await journal.spent("b", "s", run=first)).calls == 2
            assert (await journal.spent("b", "s", run=second)).calls == 1
            assert (await journal.spent("b", "s")).calls == 4
            assert await journal.spent("b", "r", run=first) == Spending()

        self.with_journal(tmp_path, check)

    def test_a_rejected_answer_without_a_price_has_none(self, tmp_path: Path) -> None:
        async def check(journal: Journal) -> None:
            await journal.keep(call_of("k", cost=None), {"k": b"?"}, ["s"])
            await journal.reject("b", ["k"], "no JSON")
            assert await journal.spent("b", "s") == Spending(1, 1, 100, 20, 0.0, unpriced=1)

        self.with_journal(tmp_path, check)

    def test_costs_since_a_moment_in_any_zone(self, tmp_path: Path) -> None:
        async def check(journal: Journal) -> None:
            for hour in range(10, 14):
                at = datetime(2024, 2, 29, hour + 9, tzinfo=timezone(timedelta(hours=9)))
                await journal.note(call_of(str(hour), at=at))
            (line,) = await journal.costs(since=NOON)
            assert line.spending.calls == 2
            assert list(await journal.costs(since=NOON + timedelta(hours=2))) == []

        self.with_journal(tmp_path, check)

    def test_forgetting_removes_the_answers_and_keeps_the_amounts(self, tmp_path: Path) -> None:
        async def check(journal: Journal) -> None:
            await keep(journal, "mine", "s")
            await keep(journal, "other", "r")
            await journal.note(call_of("mine", error="words of the source"))
            await journal.forget("b", "s")
            assert await kept(journal, "mine", "other", sources=["r"]) == ["other"]
            assert await journal.spent("b", "s") == Spending()
            nobody, other = await journal.costs("b")
            assert nobody.call_context == CallContext("b", "", "EXTRACT_FACTS")
            assert nobody.spending == Spending(2, 1, 100, 20, 0.25)
            assert other.call_context.source_id == "r"
            await journal.forget("b", "s")
            assert list(await journal.costs("b")) == [nobody, other]
            self.now = NOON + MINUTE
            await keep(journal, "mine", "s", at=self.now)
            assert await kept(journal, "mine") == ["mine"], "retained again, it is asked again"

        self.with_journal(tmp_path, check)

    @pytest.mark.parametrize("whose", [f"{CANARY}source", "r", ""])
    def test_what_was_under_way_at_a_forget_is_not_kept_after_it(
        self, tmp_path: Path, whose: str
    ) -> None:
        source, key = f"{CANARY}source", f"{CANARY}key"
        bodies = {key: f"{CANARY}body".encode(), f"{key}b": f"{CANARY}too".encode()}

        async def check(journal: Journal) -> None:
            await keep(journal, "other", "r", at=NOON - MINUTE)
            await journal.forget("b", source)
            call = call_of(key, whose, at=NOON + MINUTE, since=NOON)  # it had to wait for others
            await journal.keep(call, bodies, ["r", source])
            failed = call_of(key, whose, at=NOON + MINUTE, since=NOON, error=f"{CANARY}!")
            await journal.note(failed, [source, "r"])
            assert await journal.find("b", list(bodies), ["r"]) == {}
            assert await kept(journal, "other", sources=["r"]) == ["other"]
            assert files_with(tmp_path, CANARY.encode()) == [], "while the journal is open"
            spent = {
                line.call_context.source_id: line.spending for line in await journal.costs("b")
            }
            once, both = Spending(1, 0, 100, 20, 0.25), Spending(2, 1, 100, 20, 0.25)
            all_of_r = Spending(3, 1, 200, 40, 0.5)
            assert spent == ({"r": all_of_r} if whose == "r" else {"r": once, "": both})

        self.with_journal(tmp_path, check)
        assert files_with(tmp_path, CANARY.encode()) == []

    def test_a_forgotten_run_is_not_named_by_an_answer_with_words_of_others(
        self, tmp_path: Path
    ) -> None:
        source = f"{CANARY}source"

        async def check(journal: Journal) -> None:
            await keep(journal, "other", "r")
            await journal.forget("b", source)
            call = call_of("k", source, at=NOON + MINUTE, since=NOON)
            await journal.keep(call, {"k": answer_to("k")}, ["r"])
            await journal.note(replace(call, error=f"{CANARY}!"), ["r"])
            assert await kept(journal, "k", sources=["r"]) == ["k"]
            assert files_with(tmp_path, CANARY.encode()) == []
            assert sum(line.spending.calls for line in await journal.costs("b")) == 3

        self.with_journal(tmp_path, check)

    def test_an_answer_is_found_by_a_forgotten_source_without_its_name(
        self, tmp_path: Path
    ) -> None:
        source = f"{CANARY}source"

        async def check(journal: Journal) -> None:
            await keep(journal, "k", "r")
            self.now = NOON + MINUTE
            await journal.forget("b", source)
            assert await journal.find("b", ["k"], [source, "t"], NOON) == {"k": answer_to("k")}
            assert files_with(tmp_path, CANARY.encode()) == []
            await journal.forget("b", "t")
            assert await kept(journal, "k", sources=["r"]) == [], "the other is noted"

        self.with_journal(tmp_path, check)

    def test_what_is_asked_after_a_forget_is_kept(self, tmp_path: Path) -> None:
        async def check(journal: Journal) -> None:
            await keep(journal, "other", "r")
            await journal.forget("b", "s")
            await journal.forget("a", "r")
            self.now = NOON + MINUTE
            await keep(journal, "mine", "s", "r", at=self.now)
            await journal.keep(call_of("old", "r", since=NOON), {"old": answer_to("old")}, ["r"])
            await journal.note(call_of("mine", at=self.now, error="timed out"), ["s"])
            assert await kept(journal, "mine", "old", "other") == ["mine", "old", "other"]
            assert await journal.spent("b", "s") == Spending(2, 1, 100, 20, 0.25)
            await journal.forget("b", "s")
            assert await kept(journal, "mine", sources=["r"]) == []

        self.with_journal(tmp_path, check)

    def test_a_forget_by_a_clock_that_was_wrong_costs_a_day_at_most(self, tmp_path: Path) -> None:
        async def check(journal: Journal) -> None:
            await keep(journal, "other", "r")
            self.now = NOON + timedelta(days=400)
            await journal.forget("b", "s")
            self.now = NOON
            await keep(journal, "years", "s", "r")
            assert await kept(journal, "years", sources=["r"]) == ["years"]
            self.now = NOON + timedelta(hours=3)
            await journal.forget("b", "s")
            self.now = NOON
            await keep(journal, "hours", "s")
            await keep(journal, "hour of others", "r")
            asked = ["hours", "hour of others"]
            assert await kept(journal, *asked, sources=["r"]) == ["hour of others"]
            self.now = NOON + timedelta(hours=4)
            await keep(journal, "hours", "s", at=self.now)
            assert await kept(journal, "hours") == ["hours"]

        self.with_journal(tmp_path, check)

    @pytest.mark.parametrize("forgotten", ["first", "second", "third"])
    def test_a_shared_answer_goes_with_any_of_its_sources(
        self, tmp_path: Path, forgotten: str
    ) -> None:
        async def check(journal: Journal) -> None:
            await keep(journal, "shared", "first", "second")
            await keep(journal, "own", "fourth")
            assert await kept(journal, "shared", sources=["third"]) == ["shared"]
            await journal.forget("b", forgotten)
            assert await kept(journal, "shared", "own", sources=["fourth"]) == ["own"]
            assert (await journal.spent("b", "first")).calls == (forgotten != "first")

        self.with_journal(tmp_path, check)

    def test_an_answer_that_is_found_belongs_to_who_asked_also_later(self, tmp_path: Path) -> None:
        async def ask(journal: Journal) -> None:
            await journal.keep(call_of("k"), {"k": answer_to("k"), "l": answer_to("l")}, ["s"])
            assert await kept(journal, "k", "nothing", sources=["s", "r"]) == ["k"]

        async def forget(journal: Journal) -> None:
            await journal.forget("b", "r")
            assert await kept(journal, "k", "l") == ["l"]

        self.with_journal(tmp_path, ask)
        self.with_journal(tmp_path, forget)

    def test_pruning_removes_old_answers_and_no_cost(self, tmp_path: Path) -> None:
        async def check(journal: Journal) -> None:
            for days in range(6):
                await keep(journal, f"k{days}", "s", at=NOON - timedelta(days=days))
            await keep(journal, "other bank's", "s", bank_id="a", at=NOON - timedelta(days=9))
            await journal.reject("b", ["k5"], "no JSON")
            costs = list(await journal.costs())
            assert await journal.prune(timedelta(days=3), "b") == 2
            assert await kept(journal, *(f"k{n}" for n in range(6))) == ["k0", "k1", "k2", "k3"]
            assert await journal.prune(timedelta(days=3), "b") == 0
            assert await journal.prune(timedelta(days=3)) == 1
            assert await journal.prune(timedelta(weeks=999_999)) == 0
            assert list(await journal.costs()) == costs
            self.now = NOON + timedelta(days=2)
            assert await journal.prune(timedelta(days=3)) == 2
            self.now = NOON - timedelta(days=400)
            assert await journal.prune(timedelta(0)) == 0, "a clock may go backwards"
            assert await kept(journal, *(f"k{n}" for n in range(6))) == ["k0", "k1"]

        self.with_journal(tmp_path, check)

    def test_what_is_pruned_can_be_kept_again_and_is_still_forgotten(self, tmp_path: Path) -> None:
        async def check(journal: Journal) -> None:
            await keep(journal, "k", "r", "s", at=NOON - timedelta(days=9))
            assert await journal.prune(timedelta(days=3)) == 1
            assert await kept(journal, "k") == []
            await keep(journal, "k", "r")
            assert await kept(journal, "k", sources=["r"]) == ["k"]
            await journal.forget("b", "s")
            assert await kept(journal, "k", sources=["r"]) == [], "the request has its words"

        self.with_journal(tmp_path, check)

    def test_a_bank_sees_nothing_of_another(self, tmp_path: Path) -> None:
        async def check(journal: Journal) -> None:
            await keep(journal, "k", "s", bank_id="ana")
            await keep(journal, "k", "s", bank_id="bob")
            assert await kept(journal, "k", bank_id="eve") == []
            await journal.reject("ana", ["k"], "no JSON")
            assert await kept(journal, "k", bank_id="ana") == []
            assert await kept(journal, "k", bank_id="bob") == ["k"]
            await keep(journal, "k", "s", bank_id="ana")
            await journal.forget("ana", "s")
            assert await kept(journal, "k", bank_id="ana") == []
            assert await kept(journal, "k", bank_id="bob") == ["k"]
            assert await journal.spent("bob", "s") == Spending(1, 0, 100, 20, 0.25)
            assert await journal.spent("ana", "s") == Spending()
            assert [line.spending.failed for line in await journal.costs("ana")] == [1]

        self.with_journal(tmp_path, check)

    def test_one_claim_at_a_time_on_any_key_of_a_bank(self, tmp_path: Path) -> None:
        async def check(journal: Journal) -> None:
            assert await journal.claim(claim_of("1", "x", "y"), ["s"]) == "claimed"
            assert await journal.claim(claim_of("1", "x", "y"), ["s"]) == "claimed", "it is its own"
            assert await journal.claim(claim_of("2", "z", "y"), ["r"]) == "busy"
            assert await journal.claim(claim_of("3", "z"), ["r"]) == "claimed", "none, or all"
            assert await journal.claim(claim_of("4", "x", bank_id="a"), ["s"]) == "claimed"
            assert await journal.find("b", ["x", "y"], ["s"]) == {}

        self.with_journal(tmp_path, check)

    def test_a_claim_that_is_released_can_be_taken_by_one_of_those_that_wait(
        self, tmp_path: Path
    ) -> None:
        async def check(journal: Journal) -> None:
            first = claim_of("first", "x", "y")
            assert await journal.claim(first, ["s"]) == "claimed"
            await journal.note(call_of("x", error="the server is busy"), ["s"])
            assert await journal.claim(claim_of("2", "x"), ["s"]) == "busy", "it is tried again"
            await journal.release(first)
            await journal.release(first)
            waiting = [claim_of(f"{n}", "y", "x") for n in range(8)]
            outcomes = [await journal.claim(one, ["s"]) for one in waiting]
            assert outcomes == ["claimed", *["busy"] * 7]
            await journal.release(first)
            assert await journal.claim(waiting[1], ["s"]) == "busy", "it is another's now"

        self.with_journal(tmp_path, check)

    def test_a_claim_expires_unless_it_is_renewed(self, tmp_path: Path) -> None:
        async def check(journal: Journal) -> None:
            kept_up = claim_of("up", "x", lifetime_s=1.0)
            left = claim_of("left", "y", lifetime_s=0.2)
            for claim in (kept_up, left):
                assert await journal.claim(claim, ["s"]) == "claimed"
            for _ in range(8):
                await asyncio.sleep(0.2)
                await journal.renew([kept_up])
            assert await journal.claim(claim_of("2", "x", lifetime_s=1.0), ["s"]) == "busy"
            assert await journal.claim(claim_of("2", "y", lifetime_s=0.2), ["s"]) == "claimed"
            await journal.renew([left])
            await journal.release(left)
            assert await journal.claim(claim_of("3", "y"), ["s"]) == "busy", "it was taken over"

        self.with_journal(tmp_path, check)

    def test_an_answer_ends_the_claim_on_it(self, tmp_path: Path) -> None:
        async def check(journal: Journal) -> None:
            assert await journal.claim(claim_of("1", "x"), ["s"]) == "claimed"
            await keep(journal, "x", "s")
            assert await journal.claim(claim_of("2", "x", "y"), ["r"]) == "answered"
            assert await journal.claim(claim_of("3", "y"), ["r"]) == "claimed", "none, or all"
            await journal.reject("b", ["x"], "no JSON")
            assert await journal.claim(claim_of("4", "x"), ["s"]) == "claimed"

        self.with_journal(tmp_path, check)

    def test_a_claim_is_forgotten_with_any_source_of_its_request(self, tmp_path: Path) -> None:
        source, key = f"{CANARY}source", f"{CANARY}key"

        async def check(journal: Journal) -> None:
            await keep(journal, "other", "r", at=NOON - MINUTE)
            asked = [claim_of("1", key, f"{key}b"), claim_of("2", "of others")]
            assert await journal.claim(asked[0], ["r", source]) == "claimed"
            assert await journal.claim(asked[1], ["r"]) == "claimed"
            assert await journal.prune(timedelta(0)) == 1, "that drops no claim"
            await journal.forget("b", source)
            await journal.renew(asked)
            assert files_with(tmp_path, CANARY.encode()) == []
            assert await journal.claim(claim_of("3", "of others"), ["r"]) == "busy"
            # Whoever read its words before may ask, but leaves no trace of that.
            for token in "45":
                late = claim_of(token, key)
                assert await journal.claim(late, ["r", source], NOON) == "claimed"
                await journal.release(late)
            assert files_with(tmp_path, CANARY.encode()) == []
            self.now = NOON + MINUTE
            again = [claim_of(token, key) for token in "67"]
            outcomes = [await journal.claim(one, ["r", source], self.now) for one in again]
            assert outcomes == ["claimed", "busy"], "it came in again"

        self.with_journal(tmp_path, check)

    def test_of_many_that_claim_at_once_one_is_first(self, tmp_path: Path) -> None:
        async def check(journal: Journal) -> None:
            keys = [f"k{n}" for n in range(6)]
            chance = random.Random(7)  # noqa: S311 - which keys is all that it decides
            claims = [claim_of(f"{n}", *chance.sample(keys, 3)) for n in range(60)]
            outcomes = await asyncio.gather(*(journal.claim(one, ["s"]) for one in claims))
            taken = [
                key
                for claim, outcome in zip(claims, outcomes, strict=True)
                if outcome == "claimed"
                for key in claim.keys
            ]
            assert 3 <= len(taken) == len(set(taken))

        self.with_journal(tmp_path, check)

    def test_ids_are_what_they_are(self, tmp_path: Path) -> None:
        async def check(journal: Journal) -> None:
            for n, name in enumerate(HOSTILE_IDS):
                await keep(journal, f"k{n}", name)
                await keep(journal, name, "s", bank_id=name)
            for n, name in enumerate(HOSTILE_IDS):
                assert (await journal.spent("b", name)).calls == 1
                assert await kept(journal, f"k{n}", sources=[name]) == [f"k{n}"]
                first, second = (claim_of(one, f"{name}2", bank_id=name) for one in "12")
                assert await journal.claim(first, [name]) == "claimed"
                assert await journal.claim(second, [name]) == "busy"
                await journal.release(first)
                found = await journal.find(name, HOSTILE_IDS, ["s"])
                assert found == {name: answer_to(name)}
            told = [line.call_context for line in await journal.costs()]
            assert {p.bank_id for p in told if p.source_id == "s"} == set(HOSTILE_IDS)
            assert {p.source_id for p in told if p.bank_id == "b"} == set(HOSTILE_IDS)
            await journal.forget("b", HOSTILE_IDS[0])
            await journal.forget(HOSTILE_IDS[1], "s")
            assert await kept(journal, *(f"k{n}" for n in range(len(HOSTILE_IDS)))) == sorted(
                f"k{n}" for n in range(1, len(HOSTILE_IDS))
            )
            assert len([line for line in await journal.costs() if line.call_context.source_id]) == (
                2 * len(HOSTILE_IDS) - 2
            )

        self.with_journal(tmp_path, check)

    @pytest.mark.parametrize("bad", [LONE, "a\0b"])
    def test_what_no_database_can_hold_is_refused(self, tmp_path: Path, bad: str) -> None:
        good = call_of("k")

        async def check(journal: Journal) -> None:
            for refused in (
                lambda: journal.find(bad, ["k"], ["s"]),
                lambda: journal.find("b", [bad], ["s"]),
                lambda: journal.find("b", ["k"], [bad]),
                lambda: journal.find("b", ["k"], ["s"], NOON.replace(tzinfo=None)),
                lambda: journal.keep(call_of("k", bank_id=bad), {"k": b""}, ["s"]),
                lambda: journal.keep(call_of("k", bad), {"k": b""}, ["s"]),
                lambda: journal.keep(call_of("k", model=bad), {"k": b""}, ["s"]),
                lambda: journal.keep(call_of("k", state=bad), {"k": b""}, ["s"]),
                lambda: journal.keep(good, {bad: b""}, ["s"]),
                lambda: journal.keep(good, {"k": b""}, [bad]),
                lambda: journal.keep(replace(good, at=NOON.replace(tzinfo=None)), {}, ["s"]),
                lambda: journal.note(call_of("k", since=NOON.replace(tzinfo=None))),
                lambda: journal.note(call_of(bad)),
                lambda: journal.note(good, [bad]),
                lambda: journal.claim(claim_of("1", "k", bank_id=bad), ["s"]),
                lambda: journal.claim(claim_of("1", bad), ["s"]),
                lambda: journal.claim(claim_of("1", "k"), [bad]),
                lambda: journal.claim(claim_of("1", "k"), [], NOON.replace(tzinfo=None)),
                lambda: journal.reject(bad, ["k"], "reason"),
                lambda: journal.spent("b", bad),
                lambda: journal.costs(bad),
                lambda: journal.costs(since=NOON.replace(tzinfo=None)),
                lambda: journal.forget("b", bad),
                lambda: journal.prune(timedelta(0), bad),
            ):
                with pytest.raises(InputError, match=r"surrogate|NUL|time zone"):
                    await refused()
            assert list(await journal.costs()) == []

        self.with_journal(tmp_path, check)

    def test_reasons_may_hold_anything(self, tmp_path: Path) -> None:
        async def check(journal: Journal) -> None:
            await keep(journal, "k", "s")
            await journal.reject("b", ["k"], f"not JSON: {LONE} \0")
            await journal.note(call_of("l", error=LONE))
            assert (await journal.spent("b", "s")).failed == 2

        self.with_journal(tmp_path, check)

    def test_everything_at_once(self, tmp_path: Path) -> None:
        async def check(journal: Journal) -> None:
            async def one(n: int) -> None:
                key, source_id = f"k{n % 40}", f"s{n % 5}"
                if await kept(journal, key, sources=[source_id]) == []:
                    await keep(journal, key, source_id)
                if n % 7 == 0:
                    await journal.reject("b", [f"k{(n + 20) % 40}"], "no JSON")
                if n % 11 == 0:
                    await journal.note(call_of(key, source_id, error="timed out"))

            await asyncio.gather(*(one(n) for n in range(200)), journal.forget("b", "s9"))
            spent = [await journal.spent("b", f"s{n}") for n in range(5)]
            noted = sum(one.calls - one.input_tokens // 100 for one in spent)
            assert noted == len(range(0, 200, 11))
            assert sum(line.spending.calls for line in await journal.costs()) == sum(
                one.calls for one in spent
            )
            await asyncio.gather(*(journal.forget("b", f"s{n}") for n in range(5)))
            assert await kept(journal, *(f"k{n}" for n in range(40))) == []

        self.with_journal(tmp_path, check)
