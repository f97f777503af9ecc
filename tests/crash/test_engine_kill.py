"""Kill a run at every point where it awaits; resumed, it is the run that was never killed."""

import shutil
import signal
from collections import Counter
from dataclasses import fields, replace

import pytest
from tests.crash.backends import URL
from tests.crash.engine_nursery import history, kept_by, load_worker, nursery

worker = load_worker("engine_worker")
BRANCH_STATES = {
    name for chain in worker.CHAINS for name in ([chain] if isinstance(chain, str) else chain)
}


def kept_context(backend, folder):
    return kept_by(worker, backend, folder)


def data(ctx):
    """All that a run makes but for its times."""
    assert ctx.completed_at is not None
    differing = {"step_log", "started_at", "completed_at"}
    values = {f.name: getattr(ctx, f.name) for f in fields(ctx) if f.name not in differing}
    values["engine_state"] = replace(ctx.engine_state, run_id="")
    well = [e.state for e in ctx.step_log if e.completed_at is not None and e.error is None]
    return values | {
        "steps": [label for label in well if not label.startswith("parallel:")],
        "branch steps": sorted(label for label in well if label.startswith("parallel:")),
    }


def check_history(lines):
    """Nothing ran again once it was kept; the join waited for every branch."""
    kept, ended = set(), set()
    runs = Counter()
    for verb, *words in lines:
        if verb == "kept":
            kept |= {label.removeprefix("parallel:") for label in words}
            continue
        [name] = words
        if verb == "start":
            assert name not in kept, f"{name} was kept, and ran again"
            runs[name] += 1
            if name == worker.JOIN:
                assert ended >= BRANCH_STATES, f"the join ran after {ended}"
        else:
            ended.add(name)
    assert len(ended) == 10
    assert sum(runs.values()) <= 10 + 3, "one kill costs at most what was under way"


@pytest.mark.parametrize("where", ["awaits", "writes"])
@pytest.mark.parametrize("backend", ["file", "sqlite"])
def test_a_run_killed_at_any_point_is_resumed_to_the_same_end(backend, where, tmp_path):
    calm = tmp_path / "calm"
    calm.mkdir()
    with nursery(backend, worker) as workers:
        assert workers.run(calm, where) == 0
        points = int((calm / "points").read_text())
        expected = data(kept_context(backend, calm))
        assert [verb for verb, *_ in history(calm)].count("start") == 10
        # Two awaits a state and two a save, and a point before and after each; or two writes.
        assert points >= (10 * 4 + 12 * 4 if where == "awaits" else 12 * 2)
        ran_again = 0
        for kill_at in range(1, points + 1):
            folder = tmp_path / str(kill_at)
            folder.mkdir()
            assert workers.run(folder, where, kill_at) == -signal.SIGKILL, kill_at
            assert workers.run(folder) == 0, kill_at
            assert data(kept_context(backend, folder)) == expected, kill_at
            lines = history(folder)
            check_history(lines)
            ran_again += [verb for verb, *_ in lines].count("start") - 10
            shutil.rmtree(folder)
        assert ran_again > 0, "no kill fell into a state"


@pytest.mark.parametrize("backend", ["file", "sqlite"])
def test_a_run_killed_again_and_again_comes_to_the_same_end(backend, tmp_path):
    calm, folder = tmp_path / "calm", tmp_path / "killed"
    calm.mkdir()
    folder.mkdir()
    with nursery(backend, worker) as workers:
        assert workers.run(calm) == 0
        kills = 0
        # Far enough into each life that something is kept in it.
        while (status := workers.run(folder, kill_at=29)) != 0:
            assert status == -signal.SIGKILL
            kills += 1
            assert kills < 50
        assert kills > 1
        assert data(kept_context(backend, folder)) == data(kept_context(backend, calm))
        kept = set()
        for verb, *words in history(folder):
            if verb == "kept":
                kept |= {label.removeprefix("parallel:") for label in words}
            elif verb == "start":
                assert words[0] not in kept


def test_a_run_in_postgres_killed_between_statements_is_resumed_to_the_same_end(postgres, tmp_path):
    """At a few points, spread over the run: a process that connects takes a while."""

    def folder(name):
        made = tmp_path / name
        made.mkdir()
        (made / URL).write_text(postgres.url(made))
        return made

    calm = folder("calm")
    with nursery("postgres", worker) as workers:
        assert workers.run(calm, "writes") == 0
        points = int((calm / "points").read_text())
        expected = data(kept_context("postgres", calm))
        for kill_at in range(7, points, points // 9):
            killed = folder(str(kill_at))
            assert workers.run(killed, "writes", kill_at) == -signal.SIGKILL, kill_at
            assert workers.run(killed) == 0, kill_at
            assert data(kept_context("postgres", killed)) == expected, kill_at
            check_history(history(killed))
