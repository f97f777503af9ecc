"""A scripted server in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def served(*options: str) -> Generator[str, None, None]:
    """Have a server run during the block; its base URL.

    Args:
        options: See ``python -m retain.testing.modelserver --help``.

    Raises:
        RuntimeError: It does not start; its words are on stderr.
    """
    command = [sys.executable, "-m", "retain.testing.modelserver", *options]
    with subprocess.Popen(  # noqa: S603 - this interpreter and this package
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None  # noqa: S101 - tells the type
            url = process.stdout.readline().strip()
            if not url:
                raise RuntimeError(f"the model server ended with {process.wait()}")
            yield url
        finally:
            process.terminate()
