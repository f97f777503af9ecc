"""Who holds a lease, and whether that process lives."""

import os
import subprocess
import sys
from dataclasses import replace

import psutil
import pytest

from retain import holder
from retain.holder import Holder, this_process

# A child that says that it is there, and ends when its input does.
CHILD = "import sys; print('here', flush=True); sys.stdin.read()"

FORK = """
import os
from retain.holder import this_process
ours = this_process()
child = os.fork()
if child:
    os.waitpid(child, 0)
print(this_process().encode(), flush=True)
"""


@pytest.fixture(params=["own", "other"])
def system(request, monkeypatch):
    """The rules of Linux, and those of every other system."""
    if request.param == "other":
        monkeypatch.setattr(sys, "platform", "other")
    elif sys.platform != "linux":
        pytest.skip("these rules are those of Linux")
    forget()
    yield request.param
    forget()


def forget():
    holder._process.cache_clear()
    holder._machine.cache_clear()


@pytest.fixture
def child():
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert process.stdout.readline() == b"here\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def as_holder(pid):
    return Holder(this_process().machine, "here", pid, holder._started(pid) or "")


def test_this_process_lives(system):
    assert this_process().pid == os.getpid()
    assert not this_process().is_dead()


def test_a_process_is_followed_to_its_end(system, child):
    held = as_holder(child.pid)
    assert not held.is_dead()
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert psutil.Process(child.pid).status() == psutil.STATUS_ZOMBIE
    assert held.is_dead(), "a zombie runs nothing"
    child.wait()
    assert held.is_dead()


def test_a_stopped_process_lives(system, child):
    held = as_holder(child.pid)
    psutil.Process(child.pid).suspend()
    try:
        assert not held.is_dead()
    finally:
        psutil.Process(child.pid).resume()


def test_a_process_with_the_pid_of_an_earlier_one_is_another(system):
    assert replace(this_process(), started="1").is_dead()


def test_of_another_machine_nothing_is_known(system):
    assert not Holder("another boot", "elsewhere", 1 << 40, "1").is_dead()


def test_a_pid_that_nobody_has_is_dead(system):
    assert replace(this_process(), pid=2**22 + 1).is_dead()
    assert system == "other" or replace(this_process(), pid=2**40).is_dead()


def test_a_process_that_hides_may_live(system, monkeypatch):
    def hidden(*args):
        raise PermissionError(1, "Operation not permitted")

    def denied(*args):
        raise psutil.AccessDenied(1)

    held = replace(this_process(), pid=2**22 + 1)
    assert held.is_dead()
    monkeypatch.setattr(os, "kill", hidden)
    monkeypatch.setattr(psutil, "Process", denied)
    assert not held.is_dead()


def test_a_command_may_be_called_anything(tmp_path):
    if sys.platform != "linux":
        pytest.skip("only Linux tells a start by a line with the command in it")
    odd = tmp_path / "a) Z (b"
    odd.symlink_to("/bin/cat")
    with subprocess.Popen([odd], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdin.write(b"x")
        process.stdin.flush()
        process.stdout.read(1)
        assert holder._started(process.pid).isdigit()
        process.kill()


def test_a_forked_child_is_another_process():
    told = subprocess.run(
        [sys.executable, "-c", FORK], capture_output=True, check=True, timeout=60
    ).stdout.splitlines()
    theirs, ours = map(Holder.decode, told)
    assert theirs.pid != ours.pid
    assert theirs.machine == ours.machine
    assert theirs.is_dead()


def test_a_holder_is_told_to_people():
    held = Holder("machine", "laptop", 42, "1")
    assert str(held) == "process 42 on laptop"
    assert Holder.decode(held.encode()) == held
