"""Which requests meet a fault."""

from tests.unit.testing.modelserver.asking import body_of, serving

from retain.testing.modelserver import (
    FAULTS,
    Plan,
    Rule,
    Status,
)
from retain.testing.modelserver.plan import name_of


def test_rules_choose_by_number_text_purpose_and_how_often_the_same_was_asked():
    rules = [
        Rule([Status(500)], numbers={1}),
        Rule([Status(503)], containing='Clara says "no"'),
        Rule([Status(429)], purpose="names", times=range(1, 3)),
    ]
    with serving(Plan(rules=rules)) as (_, client):
        asked = [body_of(), body_of(), body_of('Clara says "no".'), *[body_of(purpose="names")] * 3]
        assert [client.post(one)[0] for one in asked] == [500, 200, 503, 429, 429, 200]


def outcomes_of(texts, seed):
    plan = Plan(rules=[Rule([Status(429), Status(500)], share=0.5)], seed=seed)
    with serving(plan) as (_, client):
        return {text: tuple(client.post(body_of(text))[0] for _ in "abc") for text in texts}


def test_a_draw_depends_on_the_seed_and_on_what_is_asked_and_on_no_order():
    texts = [f"Box {n} is red." for n in range(20)]
    drawn = outcomes_of(texts, seed=1)
    assert outcomes_of(texts[::-1], seed=1) == drawn
    assert outcomes_of(texts, seed=2) != drawn
    met = [status for three in drawn.values() for status in three]
    assert {status for status in met if status != 200} == {429, 500}
    assert 15 < sum(status != 200 for status in met) < 45
    assert any(len(set(three)) > 1 for three in drawn.values())


def test_every_fault_has_a_name_for_the_command_line_and_the_log():
    assert {name: name_of(fault) for name, fault in FAULTS.items()} == {one: one for one in FAULTS}
