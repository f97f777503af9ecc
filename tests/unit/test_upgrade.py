"""What is logged of an upgrade: nothing of a fast one, and a line a second of a slow one."""

import logging

import pytest

from retain import upgrade


@pytest.fixture
def clock(monkeypatch):
    """The time, which the test turns."""
    now = [100.0]
    monkeypatch.setattr(upgrade.time, "monotonic", lambda: now[0])
    return now


def test_a_fast_upgrade_is_not_logged(clock, caplog):
    with caplog.at_level(logging.INFO, "retain.upgrade"):
        slow = upgrade.Upgrade("memory.db")
        for step in "12":
            clock[0] += 0.4
            slow.at(f"step {step} of 2")
            slow.tick()
    assert caplog.messages == []


def test_a_slow_upgrade_is_logged_once_a_step_and_at_most_once_a_second(clock, caplog):
    with caplog.at_level(logging.INFO, "retain.upgrade"):
        slow = upgrade.Upgrade("memory.db")
        slow.at("step 1 of 4")
        for _ in range(5):
            clock[0] += 0.5
            slow.tick()
        for step in "234":
            clock[0] += 0.6
            slow.at(f"step {step} of 4")
    assert caplog.messages == [
        "bringing memory.db up to date: step 1 of 4",
        "bringing memory.db up to date: step 2 of 4",
        "bringing memory.db up to date: step 4 of 4",
    ]
