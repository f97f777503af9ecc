"""Kill an ingest that asks a model at any instant: what was answered is never asked again."""

import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from tests.crash.folders import write_first
from tests.crash.model_kills import Counted, Killing, server
from tests.nursery import MODULES, nursery

SEED = 50_261
KILLS = 13
"""Of each of two that kill at the same time."""
CONCURRENCY = 4
LATENCY_S = 0.03
FEWEST_STATES = 5


def test_a_killed_ingest_pays_again_only_for_what_was_in_flight(tmp_path: Path) -> None:
    def kill(number: int) -> Counted:
        folder = tmp_path / str(number)
        write_first(folder / "start/sources")
        with ExitStack() as stack:
            processes = stack.enter_context(nursery(*MODULES))
            asked = stack.enter_context(server(folder, LATENCY_S))
            killing = Killing(folder / "start", asked, processes, CONCURRENCY)
            killing.until(KILLS, folder, random.Random(f"{SEED} {number}"))
            return killing.counted

    with ThreadPoolExecutor() as pool:
        both = list(pool.map(kill, range(2)))
    for counted in both:
        print(counted)
        assert counted.kills == KILLS
        assert counted.requests <= counted.distinct + counted.in_flight
        assert counted.most_in_flight <= CONCURRENCY
    assert sum(counted.in_flight for counted in both) > 0
    assert len({state for counted in both for state in counted.states}) >= FEWEST_STATES
