"""What an agent is told to do after an error."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from mcp.server.mcpserver.exceptions import ToolError

from retain.errors import (
    AppendError,
    EntityNotFoundError,
    FactNotFoundError,
    ForgetError,
    LeaseHeldError,
    ModelRequiredError,
    PageNotFoundError,
    RetainError,
    SourceNotFoundError,
    TransientError,
)

Call = Callable[..., Awaitable[str]]


def advised(tool: Call) -> Call:
    """The tool, with errors that say which tool to call next."""

    @wraps(tool)
    async def told(*args: Any, **kwargs: Any) -> str:
        try:
            return await tool(*args, **kwargs)
        except RetainError as exc:
            advice = _advice(exc)
            raise ToolError(f"{exc.code}: {exc}{f'. {advice}' if advice else ''}") from exc

    return told


def _advice(error: RetainError) -> str:
    match error:
        case SourceNotFoundError():
            return "Call run_status without source_id to see the sources of the bank."
        case FactNotFoundError():
            return "Call recall: its hits of kind fact have a fact_id."
        case PageNotFoundError() | EntityNotFoundError():
            return "Call list_pages to see the names of all pages."
        case ModelRequiredError():
            return "Call context or recall instead, and answer from what it returns."
        case LeaseHeldError():
            return "Another process works on this source: call run_status until it is done."
        case ForgetError() | AppendError():
            return "Call run_status for the source, then repeat this call."
        case TransientError():
            return "Wait a few seconds, then repeat this call."
        case _:
            return ""
