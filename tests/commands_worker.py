"""Runs `retain` commands, each in a process of its own that may be killed at any instant.

It reads jobs from its input, a JSON object a line, runs each in a forked child and answers with
how the child ended. It has loaded all that a command needs and has no threads of its own, so that
a child is a whole process whose time goes into its work.
"""

from __future__ import annotations

import gc
import importlib
import json
import logging
import os
import signal
import sys
import threading
import time
from contextlib import redirect_stdout
from io import BytesIO, TextIOWrapper
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from retain.cli.main import main as command_line
from retain.concurrency import end_threads


def warm() -> None:
    """Load what commands load when they first need it, and the modules that are named."""
    for module in sys.argv[1:]:
        importlib.import_module(module)
    with TemporaryDirectory() as folder:
        Path(folder, "a.md").write_text("# A\n\nAna lives in Porto since May 2023.", "utf-8")
        Path(folder, "b.jsonl").write_text('{"role": "user", "content": "Hello!"}', "utf-8")
        db = f"--db=sqlite:///{folder}/warm.db"
        for words in (["ingest", folder], ["recall", "Where does Ana live?", "--json"], ["facts"]):
            with redirect_stdout(TextIOWrapper(BytesIO(), encoding="utf-8")):
                assert run([*words, db]) == 0
    for name in ("retain.journal", "retain.upgrade"):  # each command adds one that prints
        logging.getLogger(name).handlers.clear()
    gc.collect()  # what threads have left: a child that collects it waits for them in vain
    gc.freeze()  # a child need not walk, and so copy, what it got from here


def run(words: list[str]) -> int:
    """Run a command here; its exit code."""
    sys.argv = ["retain", *words]
    try:
        command_line()
    except SystemExit as exc:
        return exc.code if isinstance(exc.code, int) else 0
    raise AssertionError("a command ends with an exit code")


def child(job: dict[str, Any]) -> None:
    """Be the command; never return."""
    code = 1
    try:
        os.chdir(job["folder"])
        os.environ.clear()
        os.environ.update(job["env"])
        time.tzset()
        for descriptor, name in enumerate(("in", "out", "err")):
            os.dup2(os.open(job["streams"][name], os.O_RDWR), descriptor)
        sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)  # the other may have read ahead
        os.umask(job["umask"])
        code = run(job["words"])
        sys.stdout.flush()
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(code)


def fork(job: dict[str, Any]) -> dict[str, Any]:
    """Run the job; its exit code, negative for the signal that killed it, and what it cost."""
    since = time.perf_counter()
    pid = os.fork()
    if pid == 0:
        child(job)
    if job["kill_after_s"] is not None:
        time.sleep(job["kill_after_s"])  # the instant itself: any is as good
        os.kill(pid, signal.SIGKILL)  # no error where it has ended: it is waited for below
    signal.signal(signal.SIGALRM, lambda *_: os.kill(pid, signal.SIGKILL))
    signal.setitimer(signal.ITIMER_REAL, job["deadline_s"])
    _, status, used = os.wait4(pid, 0)
    signal.setitimer(signal.ITIMER_REAL, 0)
    return {
        "code": os.waitstatus_to_exitcode(status),
        "took_s": time.perf_counter() - since,
        "cpu_s": used.ru_utime + used.ru_stime,
        "kilobytes": used.ru_maxrss,
    }


def main() -> None:
    warm()
    end_threads()
    assert threading.active_count() == 1
    for line in sys.stdin:
        print(json.dumps(fork(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
