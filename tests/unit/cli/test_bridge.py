"""Errors become a line and an exit code."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from typing import NoReturn

import pytest

from retain.cli.bridge import Interrupted, guarded, run
from retain.errors import CheckpointError, DatabaseError, InputError, NotFoundError


def raising(error: BaseException) -> Callable[[], NoReturn]:
    def command() -> NoReturn:
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (InputError("bad k"), 2, "retain: bad k\n"),
        (NotFoundError("no source"), 2, "retain: no source\n"),
        (DatabaseError("disk full"), 1, "retain: disk full\n"),
        (CheckpointError("not kept"), 1, "retain: not kept\n"),
        (Interrupted("stopped: go on"), 130, "stopped: go on\n"),
        (Interrupted(), 130, "interrupted\n"),
        (KeyboardInterrupt(), 130, "interrupted\n"),
        (OSError(28, "No space left on device"), 1, "retain: No space left on device\n"),
        (FileNotFoundError(2, "No such file", "x"), 1, "retain: No such file: x\n"),
        (SystemExit(2), 2, ""),
        (SystemExit(None), 0, ""),
    ],
)
def test_each_error_has_its_exit_code(
    error: BaseException, code: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert guarded(raising(error)) == code
    assert capsys.readouterr().err == told


def test_an_unexpected_error_is_a_line_or_a_traceback_for_who_asks(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RETAIN_DEBUG", raising=False)
    assert guarded(raising(ZeroDivisionError("division"))) == 1
    err = capsys.readouterr().err
    assert err.startswith("retain: unexpected ZeroDivisionError: division (set RETAIN_DEBUG=1")
    assert len(err.splitlines()) == 1
    monkeypatch.setenv("RETAIN_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        guarded(raising(ZeroDivisionError("division")))


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_cancels_the_work_and_lets_it_clean_up(number: signal.Signals) -> None:
    cleaned: list[str] = []

    async def work() -> None:
        try:
            os.kill(os.getpid(), number)
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0)
            cleaned.append("up")

    with pytest.raises(Interrupted):
        run(work())
    assert cleaned == ["up"]


def test_the_result_comes_back() -> None:
    async def work() -> int:
        return 7

    assert run(work()) == 7
