"""Runs whose connections to Postgres are cut while they are kept."""

import asyncio
import threading

from tests.postgres import connect

from retain.checkpoints.postgres import PostgresCheckpoint
from retain.engine import Complete, RetainFSM
from retain.memory.context import RetainContext

STEPS = 60
CUTS = 5


def test_a_run_goes_on_whose_connections_are_cut_again_and_again(postgres, tmp_path):
    url = f"{postgres.url(tmp_path)}&application_name=cut"
    began, cuts = threading.Event(), []

    def cut():
        began.wait()
        with connect() as connection:
            while len(cuts) < CUTS:
                cursor = connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE application_name = 'cut' AND state <> 'idle'"
                )
                if cursor.fetchall():
                    cuts.append(1)

    async def step(ctx, _):
        began.set()
        if len(ctx.step_log) >= STEPS and len(cuts) == CUTS:
            return Complete()
        return "STEP"

    async def main():
        fsm = RetainFSM(None)
        fsm.register("STEP", step)
        checkpoint = PostgresCheckpoint(url, RetainContext)
        ctx = RetainContext("bank", "source", "text " * 10_000)
        async with checkpoint.lease("bank", "source"):
            await fsm.run(ctx, initial_state="STEP", checkpoint=checkpoint)
        assert ctx.errors == []
        kept = await checkpoint.load("bank", "source")
        await checkpoint.close()
        assert kept.status == "completed"
        assert kept.step_log == ctx.step_log

    cutter = threading.Thread(target=cut)
    cutter.start()
    try:
        asyncio.run(main())
    finally:
        began.set()
        cuts += [1] * CUTS
        cutter.join()
