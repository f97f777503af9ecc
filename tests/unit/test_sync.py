"""`retain.sync.Memory`: a memory for programs without an event loop of their own."""

import asyncio
import importlib.util
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import retain.sync
from retain.errors import InputError, RunNotCompletedError, SourceNotFoundError
from retain.memory.model import Run, RunQuestion
from retain.status import RunStatus

ROOT = Path(__file__).parents[2]


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[retain.sync.Memory]:
    with retain.sync.Memory.open(f"sqlite:///{tmp_path}/memory.db") as opened:
        yield opened


def test_a_program_without_a_loop_retains_and_recalls(memory: retain.sync.Memory) -> None:
    run = memory.retain_text("Ana Berg lives in Lisbon.", source_id="ana.md").raise_for_status()
    assert run.status == "completed"
    assert memory.recall("Where does Ana Berg live?")[0].text == "Ana Berg lives in Lisbon."
    (fact,) = memory.facts(about="Ana Berg")
    assert fact.fact.text == "Ana Berg lives in Lisbon"
    assert memory.runs.counts() == {"completed": 1}
    assert memory.banks()["default"].sources == 1
    assert memory.path is not None
    assert memory.path.exists()
    with pytest.raises(SourceNotFoundError):
        memory.forget("bo.md")
    assert "retain_text" in dir(memory)
    assert "merge" in dir(memory.entities)


def test_it_works_where_a_loop_runs_and_in_many_threads(memory: retain.sync.Memory) -> None:
    async def inside() -> str:
        return memory.retain_text("Ana lives in Lisbon.", source_id="ana.md").status

    assert asyncio.run(inside()) == asyncio.run(inside()) == "completed"
    threads = [
        threading.Thread(
            target=memory.retain_text, args=[f"Bo {n} lives in Oslo."], kwargs={"source_id": f"{n}"}
        )
        for n in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(memory.sources()) == 7


def test_a_closed_memory_says_so(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    memory = retain.sync.Memory.open(f"sqlite:///{tmp_path}/m.db")
    assert memory.runs() == []
    memory.close()
    memory.close()
    with pytest.raises(InputError, match="this memory is closed: open it again"):
        memory.runs()
    more = set(threading.enumerate()) - before
    assert not [one for one in more if one.name == "retain-sync"]


def test_an_observer_that_calls_the_memory_is_told_instead_of_waiting_for_ever(
    memory: retain.sync.Memory,
) -> None:
    said: list[str] = []

    def observe(_: object) -> None:
        try:
            memory.runs()
        except InputError as exc:
            said.append(str(exc))

    unsubscribe = memory.subscribe(observe)
    memory.retain_text("Ana lives in Lisbon.", source_id="ana.md")
    unsubscribe()
    assert said
    assert all("would wait for itself: do it in another thread" in one for one in said)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_child_is_told_to_open_its_own(memory: retain.sync.Memory) -> None:
    memory.runs()
    pid = os.fork()
    if pid == 0:
        try:
            memory.runs()
        except InputError as exc:
            os._exit(7 if "open one in each process" in str(exc) else 1)
        os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
    assert memory.runs() == []


def test_watching_folders_is_left_to_the_memory_with_a_loop(memory: retain.sync.Memory) -> None:
    assert not hasattr(memory, "watch")


ENDLESS = """
import signal, sys
import retain.sync
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
memory = retain.sync.Memory.open(sys.argv[1])
memory.subscribe(lambda event: print(type(event).__name__, event.run_key[-1], flush=True))
text = " ".join(f"Ana {n} lives in Lisbon." for n in range(20_000))
try:
    memory.retain_text(text, source_id="long.md")
except KeyboardInterrupt:
    print([run.status.value for run in memory.runs()], flush=True)
"""


def test_ctrl_c_ends_the_call_and_keeps_the_run(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/m.db"
    with subprocess.Popen(
        [sys.executable, "-c", ENDLESS, url], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("RunStarted")
        process.send_signal(signal.SIGINT)
        *_, last = process.stdout
    assert last == "['interrupted']\n"


def test_a_program_that_forgets_to_close_ends_all_the_same(tmp_path: Path) -> None:
    code = (
        "import retain.sync; memory = retain.sync.Memory.open('sqlite:///m.db'); "
        "print(memory.retain_text('Ana lives in Lisbon.', source_id='a').status)"
    )
    began = time.monotonic()
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "completed\n", "")
    assert time.monotonic() - began < 60


def test_its_types_are_those_of_the_memory() -> None:
    made = ROOT / "docs" / "make_sync_types.py"
    spec = importlib.util.spec_from_file_location("make_sync_types", made)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for target, text in module.stubs().items():
        assert target.read_text("utf-8") == text, f"run python {made.relative_to(ROOT)}"


def test_a_run_that_is_not_completed_raises_with_why() -> None:
    assert Run("b", "s", RunStatus.COMPLETED, "COMPLETE").raise_for_status().source_id == "s"
    failed = Run("b", "s.md", RunStatus.FAILED, "READ", errors=("READ: no text",))
    with pytest.raises(RunNotCompletedError, match=r"'s\.md' in bank 'b' is failed: READ"):
        failed.raise_for_status()
    asks = Run(
        *("b", "s.md", RunStatus.SUSPENDED, "READ"), questions=(RunQuestion("READ", "a price"),)
    )
    with pytest.raises(RunNotCompletedError, match="it waits for a price") as caught:
        asks.raise_for_status()
    assert (caught.value.status, caught.value.source_id) == ("suspended", "s.md")
