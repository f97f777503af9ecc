"""Which runs other runs of a bank wait for before they see to its pages."""

import pytest

from retain.engine.context import FanOut
from retain.memory.context import RetainContext
from retain.states.leading import has_decided


def run(last_state: str, **more: object) -> RetainContext:
    ctx = RetainContext("b", "s", "text", last_state=last_state)
    for name, value in more.items():
        setattr(ctx, name, value)
    return ctx


@pytest.mark.parametrize("state", ["INIT", "STORE", "IDENTIFY_AFFECTED_WIKIS"])
def test_a_run_that_has_yet_to_come_to_its_pages_is_waited_for(state: str) -> None:
    assert not has_decided(run(state))


@pytest.mark.parametrize("state", ["UPDATE_INDEX_MD", "APPEND_LOG_MD", "COMPLETE"])
def test_a_run_that_is_past_its_pages_is_not(state: str) -> None:
    assert has_decided(run(state))


def test_a_run_that_is_among_its_pages_is_not() -> None:
    block = FanOut("IDENTIFY_AFFECTED_WIKIS", (("WRITE_NEW_WIKIS",),), "UPDATE_INDEX_MD", [0])
    assert has_decided(run("IDENTIFY_AFFECTED_WIKIS", fan_out=block))


def test_a_run_that_forgets_is_not() -> None:
    assert has_decided(run("FORGET", task="forget"))
