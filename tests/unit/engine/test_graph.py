"""The declared graph: what `validate` reports before a run, and the picture."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest

from retain.engine import Complete, Parallel, RetainFSM, StepLogEntry

from .support import machine, step

DONE = Complete()


def graph(**to: Iterable[Any] | None) -> RetainFSM[Any, None]:
    return named(to)


def named(to: dict[str, Any]) -> RetainFSM[Any, None]:
    """A machine of states with these declarations; nothing of it runs."""

    async def never_run(ctx: Any, services: None) -> str:
        raise AssertionError

    fsm: RetainFSM[Any, None] = RetainFSM(None)
    for name, targets in to.items():
        fsm.register(name, never_run, to=targets)
    return fsm


PIPELINE = {
    "INIT": ["READ", DONE],
    "READ": [Parallel((("FACTS", "DEDUPE"), "EMBED"), "LINK")],
    "FACTS": (),
    "DEDUPE": (),
    "EMBED": (),
    "LINK": ["COMPLETE"],
    "COMPLETE": (),
}


@pytest.mark.parametrize(
    "to",
    [
        PIPELINE,
        {"INIT": None},
        {"INIT": ()},
        {"INIT": [DONE]},
        {"INIT": ["INIT", DONE]},
        {"INIT": [Parallel((), "END")], "END": ()},
    ],
)
def test_a_sound_graph_has_no_problems(to):
    assert named(to).validate() == ()


def test_the_initial_state_must_be_registered():
    assert graph(READ=[DONE]).validate() == ("the initial state 'INIT' is not registered",)
    assert graph(READ=[DONE]).validate("READ") == ()
    assert graph().validate() == ("the initial state 'INIT' is not registered",)
    assert graph(READ=["GONE", DONE]).validate() == (
        "the initial state 'INIT' is not registered",
        "READ: unknown target 'GONE'",
    )


def test_unknown_targets_are_told_with_the_state_that_names_them():
    fsm = graph(INIT=["B", "GONE", Parallel(("C", ("D", "GONE")), "NOWHERE")], B=[DONE], C=(), D=())
    assert fsm.validate() == (
        "INIT: unknown target 'GONE'",
        "INIT: unknown target 'NOWHERE'",
    )


def test_unreachable_states_are_told():
    fsm = graph(INIT=["B"], B=[DONE], LOST=["C"], C=["B"])
    assert fsm.validate() == (
        "C: cannot be reached from 'INIT'",
        "LOST: cannot be reached from 'INIT'",
    )


def test_states_that_can_never_complete_are_told():
    fsm = graph(INIT=["A", "END"], A=["B"], B=["A"], END=[DONE])
    assert fsm.validate() == ("A: can never complete", "B: can never complete")


def test_a_block_completes_by_its_join():
    assert graph(INIT=[Parallel(("A",), "J")], A=(), J=["J"]).validate() == (
        "INIT: can never complete",
        "J: can never complete",
    )


def test_a_state_may_go_on_from_a_block_and_from_elsewhere():
    """LOOP is a branch, and a state of the run as well: there it never ends."""
    fsm = graph(INIT=[Parallel(("LOOP",), "J"), "LOOP"], LOOP=["LOOP"], J=[DONE])
    assert fsm.validate() == ("LOOP: can never complete",)


def test_where_a_branch_says_it_goes_does_not_count():
    """What a branch returns is ignored, so its targets reach nothing and complete nothing."""
    fsm = graph(INIT=[Parallel((("A", "B"),), "J")], A=["B", "LOST"], B=["B"], J=["J"], LOST=[DONE])
    assert fsm.validate() == (
        "LOST: cannot be reached from 'INIT'",
        "INIT: can never complete",
        "J: can never complete",
    )


def test_an_undeclared_state_may_go_anywhere():
    """Behind it nothing can be known to be out of reach, or to have no end."""
    assert graph(INIT=["A"], A=None, B=[DONE], C=["A"]).validate() == ()


def test_an_undeclared_state_out_of_reach_silences_nothing():
    assert graph(INIT=[DONE], A=None, B=[DONE]).validate() == (
        "A: cannot be reached from 'INIT'",
        "B: cannot be reached from 'INIT'",
    )


def test_an_undeclared_branch_silences_nothing():
    fsm = graph(INIT=[Parallel(("A",), "J")], A=None, J=[DONE], LOST=[DONE])
    assert fsm.validate() == ("LOST: cannot be reached from 'INIT'",)


def test_an_undeclared_state_still_names_no_unknown_targets_of_others():
    assert graph(INIT=None, A=["GONE", DONE]).validate() == ("A: unknown target 'GONE'",)


def test_the_picture_of_a_pipeline():
    assert named(PIPELINE).diagram() == (
        """\
stateDiagram-v2
    state "INIT" as s0
    state "READ" as s1
    state "FACTS" as s2
    state "DEDUPE" as s3
    state "EMBED" as s4
    state "LINK" as s5
    state "COMPLETE" as s6
    [*] --> s0
    s0 --> s1
    s0 --> [*]
    state fork1 <<fork>>
    state join1 <<join>>
    s1 --> fork1
    fork1 --> s2
    s2 --> s3
    s3 --> join1
    fork1 --> s4
    s4 --> join1
    join1 --> s5
    s5 --> s6
    s6 --> [*]
"""
    )


def test_the_picture_begins_at_the_initial_state_wherever_it_was_registered():
    text = graph(B=[DONE], A=["B"]).diagram("A")
    assert text.splitlines()[1:4] == [
        '    state "A" as s0',
        '    state "B" as s1',
        "    [*] --> s0",
    ]


def test_the_picture_does_not_depend_on_the_order_of_targets():
    one = [Parallel(("A",), "C"), "A", DONE, "B", Parallel(("B",), "C")]
    rest: dict[str, Any] = {"A": (), "B": (), "C": ()}
    assert named({"INIT": one, **rest}).diagram() == named({"INIT": one[::-1], **rest}).diagram()


def test_a_target_that_is_not_registered_is_drawn_without_an_end():
    text = graph(INIT=["GONE", Parallel(("LOST",), "AWAY")]).diagram()
    names = dict(re.findall(r'state "(\w+)" as (s\d+)', text))
    assert set(names) == {"INIT", "GONE", "LOST", "AWAY"}
    assert f"{names['INIT']} --> {names['GONE']}" in text
    assert f"fork1 --> {names['LOST']}" in text
    assert f"join1 --> {names['AWAY']}" in text
    assert "--> [*]" not in text


def test_an_initial_state_that_is_not_registered_has_no_arrow():
    assert "[*] --> " not in graph(READ=[DONE]).diagram()


def test_a_machine_without_states_has_an_empty_picture():
    assert graph().diagram() == "stateDiagram-v2\n"


def test_an_undeclared_state_has_no_arrows():
    assert graph(INIT=None).diagram() == (
        'stateDiagram-v2\n    state "INIT" as s0\n    [*] --> s0\n'
    )


def test_a_branch_has_only_the_arrows_of_its_chain():
    text = graph(INIT=[Parallel(("A",), "J")], A=[DONE, "J"], J=[DONE]).diagram()
    names = dict(re.findall(r'state "(\w+)" as (s\d+)', text))
    assert [line.strip() for line in text.splitlines() if line.strip().startswith(names["A"])] == [
        f"{names['A']} --> join1"
    ]


@pytest.mark.parametrize("branches", [(), ((),)])
def test_a_block_without_work_leads_from_its_fork_to_its_join(branches):
    text = graph(INIT=[Parallel(branches, "J")], J=()).diagram()
    assert "    fork1 --> join1\n" in text


def test_two_blocks_have_their_own_forks():
    text = graph(INIT=[Parallel(("A",), "J"), Parallel(("B",), "J")], A=(), B=(), J=()).diagram()
    assert text.count("<<fork>>") == 2
    assert "fork2 --> " in text


@pytest.mark.parametrize(
    "name",
    [
        'say "hi"',
        "two\nlines",
        "carriage\rreturn",
        "back\\slash",
        "a --> b",
        "%%{init: {'theme': 'dark'}}%%",
        "<script>alert(1)</script>",
        "#quot;",
        "[*]",
        "semi;colon",
        "style: x #y;",
        "line\u2028separator",
        "",
        " ",
        "naïve café",
    ],
)
def test_a_hostile_name_stays_inside_its_label(name):
    """Every line has one of the few shapes that the engine writes, whatever states are called."""
    text = named({"INIT": [name, Parallel((name,), "END")], name: ["END"], "END": ()}).diagram()
    shape = re.compile(
        r"""stateDiagram-v2
        |\ \ \ \ state\ "(?P<label>(?:[\w .-]|\#(?:\d+|quot);)+)"\ as\ s\d+
        |\ \ \ \ state\ (?:fork|join)\d\ <<(?:fork|join)>>
        |\ \ \ \ (?:\[\*\]|s\d|fork\d|join\d)\ -->\ (?:\[\*\]|s\d|fork\d|join\d)""",
        re.VERBOSE,
    )
    lines = text.removesuffix("\n").split("\n")
    matches = [shape.fullmatch(line) for line in lines]
    assert all(matches), text

    labels = [match["label"] for match in matches if match and match["label"]]
    decoded = [
        re.sub(r"#(\d+|quot);", lambda m: '"' if m[1] == "quot" else chr(int(m[1])), label)
        for label in labels
    ]
    assert decoded == ["INIT", name or " ", "END"]


def test_a_run_colours_and_times_the_states_that_it_was_in():
    now = datetime(2024, 5, 8, tzinfo=UTC)
    steps = [
        StepLogEntry("INIT", now, now, 2.0),
        StepLogEntry("parallel:A", now, now, 3.0, "TimeoutError: late"),
        StepLogEntry("parallel:A", now, now, 4.0),
        StepLogEntry("B", now, now, 1.0, "no"),
        StepLogEntry("GONE", now, now, 1.0),
        StepLogEntry("J", now),
    ]
    fsm = named({"INIT": [Parallel(("A",), "B")], "A": None, "B": ["J", "K"], "J": (), "K": ()})
    text = fsm.diagram(steps=steps)
    assert 'state "INIT - 2 ms" as s0' in text
    assert 'state "A - 7 ms#44; 2 attempts" as s1' in text
    assert 'state "K" as' in text
    ids = {
        line.split('"')[1].split(" ")[0]: line.split()[-1]
        for line in text.splitlines()
        if '"' in line
    }
    for state, kind in (("INIT", "done"), ("A", "done"), ("B", "failed"), ("J", "running")):
        assert f"    class {ids[state]} {kind}\n" in text
    assert f"class {ids['K']} " not in text


def test_on_error_is_part_of_the_graph():
    fsm = machine(INIT=DONE, A="", B=DONE, UNDO=DONE, PATCH="", GONE=DONE)
    block = Parallel(("A",), "B")
    fsm.register("INIT", step("INIT", block), to=[block], on_error="UNDO")
    fsm.register("A", step("A", ""), to=["ignored"], on_error="PATCH")
    fsm.register("B", step("B", DONE), to=["GONE"], on_error="NOBODY")
    fsm.register("GONE", step("GONE", DONE), to=["B"], on_error="UNDO")
    for name in ("UNDO", "PATCH"):
        fsm.register(name, step(name, DONE), to=[])

    # PATCH ends a branch, and UNDO ends what INIT or GONE could not; only NOBODY is not there.
    assert fsm.validate() == ("A: unknown target 'ignored'", "B: unknown on_error 'NOBODY'")
    ids = {
        line.split('"')[1]: line.split(" as ")[1]
        for line in fsm.diagram().splitlines()
        if " as " in line
    }
    assert f"    {ids['INIT']} --> {ids['UNDO']} : on error" in fsm.diagram()
    assert f"    {ids['A']} --> {ids['PATCH']} : on error" in fsm.diagram()
