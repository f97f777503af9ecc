"""What computes does so beside the event loop, and nothing that waits has to wait for it."""

import asyncio
import contextvars
import os
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from retain import Memory
from retain.concurrency import computed, computed_outside, end_threads, finished, settled

number = contextvars.ContextVar("number", default=0)


def test_the_event_loop_goes_on_while_something_is_computed() -> None:
    async def main() -> int:
        going_on = threading.Event()
        asyncio.get_running_loop().call_later(0, going_on.set)
        return await computed(lambda: 7 if going_on.wait(10) else 0)

    assert asyncio.run(main()) == 7


def test_one_thing_is_computed_at_a_time() -> None:
    at_work: list[int] = []
    most: list[int] = []

    def work(n: int) -> None:
        at_work.append(n)
        most.append(len(at_work))
        at_work.remove(n)

    async def main() -> None:
        await asyncio.gather(*(computed(work, n) for n in range(200)))

    asyncio.run(main())
    assert most == [1] * 200


def test_outside_of_python_as_much_is_computed_at_a_time_as_there_are_processors() -> None:
    together = threading.Barrier(os.cpu_count() or 1)

    async def main() -> None:
        every = (computed_outside(together.wait, 30) for _ in range(together.parties))
        await asyncio.gather(*every)

    asyncio.run(main())


def test_the_context_of_the_task_is_that_of_the_work() -> None:
    async def main() -> int:
        number.set(5)
        return await computed(number.get)

    assert asyncio.run(main()) == 5


@pytest.mark.parametrize("beside", [computed, computed_outside])
def test_a_question_and_a_checkpoint_wait_for_nothing_that_is_computed(
    beside: Callable[..., Awaitable[bool]], tmp_path: Path
) -> None:
    may_end = threading.Event()

    async def main() -> None:
        async with Memory.open(f"sqlite:///{tmp_path}/memory.db") as memory:
            await memory.retain_text("# Ana\n\nAna lives in Lisbon.\n", source_id="ana")
            busy = asyncio.gather(*(beside(may_end.wait, 30) for _ in range(64)))
            try:
                async with asyncio.timeout(20):
                    assert await memory.recall("Where does Ana live?")
                    checkpoint = memory._parts.checkpoint
                    async with checkpoint.lease("default", "ana"):
                        ctx = await checkpoint.load("default", "ana")
                        assert ctx is not None
                        ctx.origin = "Ana lives in Lisbon. " * 50_000
                        await checkpoint.save(ctx)
                        assert await checkpoint.load("default", "ana") == ctx
                assert not busy.done()
            finally:
                may_end.set()
            assert all(await busy)

    asyncio.run(main())


def test_an_error_is_the_callers() -> None:
    with pytest.raises(ZeroDivisionError):
        asyncio.run(computed(lambda: 1 // 0))


def test_work_goes_on_after_the_thread_was_ended() -> None:
    assert asyncio.run(computed(int, "1")) == 1
    end_threads()
    assert asyncio.run(computed(int, "2")) == 2


FORKING = """
import asyncio, os
from retain.concurrency import computed
asyncio.run(computed(int, "1"))
pid = os.fork()
if pid == 0:
    os._exit(asyncio.run(computed(int, "7")))
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no process is forked here")
def test_a_forked_child_has_a_thread_of_its_own() -> None:
    ran = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", FORKING],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert ran.stdout == "7\n"


def test_a_task_that_was_itself_cancelled_has_ended() -> None:
    async def main() -> None:
        task = asyncio.create_task(asyncio.Event().wait())
        waiting = asyncio.create_task(settled(task))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(main())


def test_what_is_to_be_finished_ends_before_its_caller_is_cancelled() -> None:
    async def main() -> None:
        may_end, ended = asyncio.Event(), asyncio.Event()

        async def write() -> None:
            await may_end.wait()
            ended.set()

        writing = asyncio.create_task(finished(write()))
        await asyncio.sleep(0)
        writing.cancel()
        await asyncio.sleep(0)
        assert not writing.done()
        may_end.set()
        with pytest.raises(asyncio.CancelledError):
            await writing
        assert ended.is_set()

    asyncio.run(main())
