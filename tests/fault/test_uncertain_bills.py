"""A call that may have been billed counts as what it can have cost: no limit is ever passed."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from tests.rawserver import DROP, Answering, RawServer, Reply, completion, raw_server

from retain import Memory
from retain.config import Settings
from retain.memory.model import Budget, Run

NOTE = "# Boats\n\n" + "Ana owns a red boat in Faro. " * 20
SENT_AT_MOST = 6_000
"""More than one request with its answer has by our count, and less than two have."""


def settings(url: str, **budgets: Budget) -> Settings:
    made = replace(Settings.from_environment({}), embedder="static", durability="process")
    return replace(made, model="openai-compatible:m", base_url=url, timeout_s=1.0, **budgets)


def retained(
    folder: Path, answering: Answering, times: int = 1, **budgets: Budget
) -> tuple[Run, RawServer, int]:
    """The run after so many commands, the server, and the tokens of the ledger."""

    async def work() -> tuple[Run, RawServer, int]:
        async with raw_server(answering) as server:
            for _ in range(times):
                given = settings(server.url, **budgets)
                async with Memory.open(f"sqlite:///{folder}/memory.db", settings=given) as memory:
                    run = await memory.retain_text(NOTE, source_id="n.md")
                    lines = await memory.costs()
                    spent = sum(one.spending.tokens for one in lines)
            return run, server, spent

    return asyncio.run(work())


ANSWERS = {
    "dropped": DROP,
    "cut off": Reply(b'{"id": "c-1", "choices": [', length=5000, cut=True),
    "no JSON": Reply(b"<html>502</html>"),
    "late": Reply(completion('{"facts": []}'), every_s=0.1),
}


@pytest.mark.parametrize("how", ANSWERS)
@pytest.mark.parametrize("limit", ["budget", "run_budget"])
def test_calls_whose_answers_are_lost_end_at_the_limit(
    tmp_path: Path, how: str, limit: str
) -> None:
    budget = Budget(max_tokens=SENT_AT_MOST)
    run, server, spent = retained(tmp_path, lambda _: ANSWERS[how], **{limit: budget})
    assert run.status == "suspended"
    assert len(server.asked) == 1
    assert 0 < spent <= SENT_AT_MOST


def test_what_was_lost_counts_in_later_commands_too(tmp_path: Path) -> None:
    budget = Budget(max_tokens=SENT_AT_MOST)
    run, server, spent = retained(tmp_path, lambda _: DROP, 3, run_budget=budget)
    assert run.status == "suspended"
    assert len(server.asked) == 1
    assert spent <= SENT_AT_MOST


def test_refusals_of_a_busy_server_cost_nothing(tmp_path: Path) -> None:
    refusals = [Reply({"error": {"message": "busy"}}, 503, {"Retry-After": "0"})] * 3

    def answering(_: object) -> Reply:
        return refusals.pop() if refusals else Reply(completion('{"facts": []}'))

    run, server, spent = retained(tmp_path, answering, budget=Budget(max_tokens=SENT_AT_MOST))
    assert run.status == "completed", run
    assert len(server.asked) > 3
    assert spent < SENT_AT_MOST


def test_an_answer_with_counts_that_cannot_be_is_paid_once(tmp_path: Path) -> None:
    body = {**completion('{"facts": []}'), "usage": {"prompt_tokens": 2**70}}
    run, server, spent = retained(tmp_path, lambda _: Reply(body), 2)
    assert run.status == "completed", run
    assert len(server.asked) == 1
    assert 0 < spent < SENT_AT_MOST
