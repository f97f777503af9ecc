"""From a command to the event loop and back: signals, errors and exit codes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import retain
from retain.cli.advice import with_advice
from retain.cli.output import complain
from retain.cli.signals import INTERRUPTED, Signals
from retain.errors import InputError, NotFoundError, RetainError

if TYPE_CHECKING:
    from retain.app.memory import Memory
    from retain.config import Settings

T = TypeVar("T")

DONE, FAILED, USAGE = 0, 1, 2


class Interrupted(Exception):  # noqa: N818 - it reports an order, not an error
    """The user, or the system, asked the command to stop, and it has stopped."""


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's coroutine; SIGINT and SIGTERM cancel it, and it cleans up before it ends.

    Raises:
        Interrupted: It was cancelled.
    """
    with Signals() as signals:
        return _run(work, signals)


def _run(work: Coroutine[Any, Any, T], signals: Signals) -> T:
    async def stoppable() -> T:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine that runs is in a task
        signals.end(task)
        return await work

    try:
        return asyncio.run(stoppable())
    except (asyncio.CancelledError, KeyboardInterrupt) as exc:
        raise Interrupted from exc


def with_memory(
    work: Callable[[Memory], Awaitable[T]],
    db: str | None,
    settings: Settings | None = None,
    *,
    reads: bool = False,
) -> T:
    """Run `work` with the memory at a database URL; see `run`.

    Args:
        work: What is done with the memory.
        db: The URL; None: that of the settings.
        settings: The settings; None: those of the environment.
        reads: Whether `work` only reads. It then gets an empty memory where there is no file yet,
            and makes none.

    Raises:
        Interrupted: It was cancelled.
    """

    async def opened() -> T:
        async with retain.Memory.open(db, settings=settings) as memory:
            if not reads or memory.path is None or memory.path.exists():
                return await work(memory)
            from tempfile import TemporaryDirectory

            _tell_missing(memory.path)
            with TemporaryDirectory(prefix="retain-empty-") as folder:
                url = f"sqlite:///{folder}/memory.db"
                async with retain.Memory.open(url, settings=memory.settings) as empty:
                    return await work(empty)

    return run(opened())


@cache
def _tell_missing(path: Path) -> None:
    complain(f"retain: there is no database {path} yet: `retain ingest PATH` makes it")


def guarded(command: Callable[[], object]) -> int:
    """Run the command line; every error becomes a line on stderr and an exit code."""
    try:
        command()
    except SystemExit as exc:  # how typer ends, also after it has reported wrong usage
        return exc.code if isinstance(exc.code, int) else DONE
    except Interrupted as exc:
        complain(str(exc) or "interrupted")
        return INTERRUPTED
    except KeyboardInterrupt:
        complain("interrupted")
        return INTERRUPTED
    except RetainError as exc:
        complain(f"retain: {with_advice(exc)}")
        return USAGE if isinstance(exc, (InputError, NotFoundError)) else FAILED
    except OSError as exc:
        if _debugging():
            raise
        complain(f"retain: {exc.strerror or exc}{f': {exc.filename}' if exc.filename else ''}")
        return FAILED
    except Exception as exc:  # no traceback reaches a user
        if _debugging():
            raise
        complain(
            f"retain: unexpected {type(exc).__name__}: {exc} "
            "(set RETAIN_DEBUG=1 to see where, and please report it)"
        )
        return FAILED
    return DONE


def _debugging() -> bool:
    from retain.config import debugging

    return debugging()
