"""The tally of what runs."""

from retain.cli.progress import Tally
from retain.engine.events import RunEnded, RunStarted, StepEnded, StepStarted


def test_the_tally_follows_the_runs() -> None:
    tally = Tally()
    assert tally.total is None
    tally.planned(["a", "b", "c"], ["d"])
    assert (tally.total, tally.begun) == (3, False)
    for source in ("a", "b", "c"):
        tally.observe(RunStarted(("bank", source), "INIT", resumed=True))
    tally.observe(StepStarted(("bank", "a"), "READ", 1))
    assert tally.begun
    assert tally.states == {("bank", "a"): "READ", ("bank", "b"): "INIT", ("bank", "c"): "INIT"}
    tally.observe(StepEnded(("bank", "a"), "READ", 1, 2.0, None))
    for source, status in (("a", "completed"), ("b", "failed"), ("c", "interrupted")):
        tally.observe(RunEnded(("bank", source), status, (), 1))
    assert (tally.done, tally.failed, tally.states) == (2, 1, {})
