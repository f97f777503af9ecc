"""What is logged of an upgrade: nothing of a fast one, and ever fewer lines of a slow one."""

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


def test_a_slow_upgrade_is_logged_at_most_once_a_step_with_growing_pauses(clock, caplog):
    with caplog.at_level(logging.INFO, "retain.upgrade"):
        slow = upgrade.Upgrade("memory.db")
        for step in range(1, 101):
            for _ in range(3):
                clock[0] += 1
                slow.at(f"step {step} of 100")
    steps = [int(message.split()[-3]) for message in caplog.messages]
    assert steps == [1, 2, 3, 6, 11, 21, 31, 41, 51, 61, 71, 81, 91]
