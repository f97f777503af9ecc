"""Libraries of the extra `docs`, each imported where a file needs it."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from retain.errors import MissingExtraError, SourceError
from retain.sources.suffixes import NEEDS_EXTRA


def library(name: str, source: str) -> Any:
    """A module of the extra; few of these libraries have types.

    Raises:
        SourceError: It is not installed.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise SourceError(source, str(MissingExtraError(NEEDS_EXTRA))) from error
