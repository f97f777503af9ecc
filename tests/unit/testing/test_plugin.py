"""The pytest plugin, in a suite of its user."""

from importlib.metadata import entry_points

import pytest

pytest_plugins = ["pytester"]

SUITE = """
from retain.testing.modelserver import Plan, Rule, Status


def test_an_empty_memory_retains_and_recalls(retain_memory):
    retain_memory.retain_text("Ana lives in Lisbon.", source_id="a").raise_for_status()
    assert "Lisbon" in retain_memory.recall("Where does Ana live?")[0].text


def test_each_test_has_a_memory_of_its_own(retain_memory):
    assert retain_memory.banks() == {}


def test_a_run_whose_model_fails_is_resumed_once_it_answers(retain_model, open_retain_memory):
    retain_model.plan = Plan(rules=[Rule([Status(503)], share=1)])
    run = open_retain_memory(retain_model).retain_text("Ana lives in Lisbon.", source_id="a")
    assert run.status != "completed"
    retain_model.plan = Plan()
    assert open_retain_memory(retain_model).resume("a").status == "completed"
    assert retain_model.log.counts.distinct >= 1
"""


def test_a_suite_uses_its_fixtures(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(SUITE)
    is_loaded = any(one.name == "retain" for one in entry_points(group="pytest11"))
    words = [] if is_loaded else ["-p", "retain.testing.plugin"]
    pytester.runpytest_inprocess(*words).assert_outcomes(passed=3)
    shown = pytester.runpytest_inprocess(*words, "--fixtures").stdout.str()
    assert "A model's server on loopback" in shown
