"""What goes wrong where a model is opened: the extra is missing, or the model cannot be had."""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager

from retain.errors import InputError, MissingExtraError, install_command


@contextmanager
def opening(model: str) -> Generator[None, None, None]:
    """Say what to do where the block cannot open the model.

    Raises:
        InputError: The model cannot be used.
        MissingExtraError: What it needs is not installed.
    """
    with _uncollected():
        try:
            from pydantic_ai.exceptions import UserError
        except ImportError as exc:
            raise MissingExtraError(
                f"the model {model} needs {exc.name}: {install_command('llm')}"
            ) from exc
        try:
            yield
        except ImportError as exc:
            raise MissingExtraError(f"the model {model} cannot be used: {exc}") from exc
        except UserError as exc:
            raise InputError(f"the model {model} cannot be used: {exc}") from exc


@contextmanager
def _uncollected() -> Generator[None, None, None]:
    """Keep the collector from looking for garbage in what is being loaded, time and again."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
