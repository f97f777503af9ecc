"""Kill a run with a map, a question, retries and an `on_error` state at every point in turn."""

import shutil
import signal
from collections import Counter

import pytest
from tests.crash.engine_nursery import history, kept_by, load_worker, nursery

worker = load_worker("asking_worker")
STEPS = {
    "INIT", "PACK", "SEAL", "ASK", "BILL", "REFUND", "DONE",
    *(f"CHARGE-{name}" for name in worker.ITEMS),
}  # fmt: skip
MOST_ATTEMPTS = {"PACK": 3, "CHARGE-ben": 3, "CHECK": 2}


def until_completed(workers, folder, where, kill_at):
    """Kill the run once, then resume and answer it until it has completed.

    Returns:
        How the life ended that was to be killed, and the context.
    """
    killed = workers.run(folder, where, kill_at)
    lives = 0
    while (ctx := kept_by(worker, workers.backend, folder)) is None or ctx.completed_at is None:
        assert workers.run(folder) == 0
        lives += 1
        assert lives <= 4, ctx
    return killed, ctx


def check(ctx, lines, kills):
    """Nothing kept is done again, each answer is used for one end, and the data is whole."""
    assert sorted(ctx.parts) == ["packed", "sealed"]
    assert ctx.bills == {name: f"paid by {name}" for name in worker.ITEMS}
    assert ctx.refunds == ["CHECK"]
    assert ctx.status == "completed"
    assert ctx.engine_state.answers == {}
    begun, ended, kept, answers = Counter(), Counter(), set(), []
    for verb, *words in lines:
        if verb == "kept":
            kept |= set(words)
        elif verb == "answer":
            answers += words
        elif verb == "start":
            assert words[0] not in kept, f"{words[0]} was kept as done, and is done again"
            begun[words[0]] += 1
        elif verb == "end":
            ended[words[0]] += 1
        elif verb == "use":
            assert words == answers[-1:], "a state heard an answer that was not the last one"
    assert set(ended) == STEPS
    again = sum(ended.values()) - len(STEPS)
    assert again <= kills * 2, "more was done again than was under way"
    assert ctx.agreed == answers[-1]
    for name, most in MOST_ATTEMPTS.items():
        assert begun[name] <= most + kills


@pytest.mark.parametrize(
    ("backend", "where", "stride"),
    [
        ("file", "awaits", 1),
        ("sqlite", "awaits", 1),
        ("file", "writes", 1),
        ("sqlite", "writes", 3),  # a save has several statements
    ],
)
def test_a_run_that_asks_maps_retries_and_fails_survives_a_kill_at_any_point(
    backend, where, stride, tmp_path
):
    asking, calm, folder = tmp_path / "asking", tmp_path / "calm", tmp_path / "killed"
    asking.mkdir()
    with nursery(backend, worker) as workers:
        assert workers.run(asking) == 0
        shutil.copytree(asking, calm)
        assert workers.run(calm) == 0
        check(kept_by(worker, backend, calm), history(calm), 0)
        for begun in (None, asking):  # in the life that asks, and in the one with the answer
            kill_at, status = 1 - stride, -signal.SIGKILL
            while status == -signal.SIGKILL:  # until a life has fewer points
                kill_at += stride
                shutil.copytree(begun, folder) if begun else folder.mkdir()
                status, ctx = until_completed(workers, folder, where, kill_at)
                check(ctx, history(folder), 1)
                shutil.rmtree(folder)
            assert status == 0
            assert kill_at > (25 if where == "awaits" else 12)
