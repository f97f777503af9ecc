"""The process that converts files: it reads requests from stdin and writes replies to stdout."""

from __future__ import annotations

import os
import sys
import threading
import time
from contextlib import suppress
from typing import IO

import msgspec
import psutil

from retain.errors import SourceError
from retain.sources.conversion import Reply, Request, receive, send, too_much_memory
from retain.sources.formats import formats
from retain.sources.formats.base import FileFormat

_RECURSION = 5_000
_ORPHANED_S = 1.0


def main() -> None:
    """Convert files until there are no more requests."""
    replies = _private_stdout()
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    sys.setrecursionlimit(_RECURSION)
    by_name = {one.name: one for one in formats() if isinstance(one, FileFormat)}
    while (body := receive(sys.stdin.buffer)) is not None:
        request = msgspec.msgpack.decode(body, type=Request)
        reply = _reply(by_name[request.format], request)
        send(replies, reply)
        if reply.reason == too_much_memory(request.memory):  # what is left is in pieces
            return


def _reply(how: FileFormat, request: Request) -> Reply:
    _limit_memory(request.memory)
    try:
        made = how.convert(request.data, request.source, request.max_bytes)
    except SourceError as error:
        return Reply(reason=error.reason)
    except MemoryError:
        return Reply(reason=too_much_memory(request.memory))
    except RecursionError:
        return Reply(reason="is nested too deeply to be read: save a simpler copy of it")
    except Exception as error:  # noqa: BLE001 - a library may raise anything over a damaged file
        return Reply(
            reason=f"is damaged, or not what its name says ({type(error).__name__}): open it in "
            "the program that wrote it and save it again"
        )
    if not made.text.strip():
        return Reply(reason="holds no text: if it is a scan, run OCR over it first")
    return Reply(made.text, made.format, dict(made.passed_over))


def _limit_memory(size: int) -> None:
    """Let the process allocate that many bytes beside what it has; Windows is watched alone."""
    try:
        import resource
    except ImportError:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = psutil.Process().memory_info().vms + size
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    with suppress(OSError, ValueError):  # as on macOS
        resource.setrlimit(resource.RLIMIT_AS, (wanted, hard))


def _private_stdout() -> IO[bytes]:
    """The stream for replies; what libraries print goes nowhere."""
    replies = os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    return replies


def _end_with_parent(parent: int) -> None:
    """End the process when the one that began it was killed."""
    while os.getppid() == parent:
        time.sleep(_ORPHANED_S)
    os._exit(1)


if __name__ == "__main__":
    main()
