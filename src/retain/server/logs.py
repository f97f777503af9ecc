"""Logs as JSON, a line for each record, with the id of the request that it belongs to."""

from __future__ import annotations

import json
import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

REQUEST_ID: ContextVar[str] = ContextVar("retain_request_id", default="")
"""The id of the request that is answered, also in work that goes on after its answer."""


class JsonFormatter(logging.Formatter):
    """Writes a record as an object: when, how grave, from where, what, and of which request."""

    def format(self, record: logging.LogRecord) -> str:
        """The object, on one line."""
        shown: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request_id := REQUEST_ID.get():
            shown["request_id"] = request_id
        shown |= getattr(record, "fields", {})
        if record.exc_info:
            shown["traceback"] = self.formatException(record.exc_info)
        return json.dumps(shown, ensure_ascii=False)


def log_as_json() -> None:
    """Write all logs of this process to the standard error stream as JSON, and nothing else."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    for name in list(logging.Logger.manager.loggerDict):
        logger = logging.getLogger(name)
        if name.partition(".")[0] == "retain":
            logger.handlers.clear()
            logger.propagate = True
    root = logging.getLogger()
    root.addHandler(handler)
    logging.getLogger("retain").setLevel(logging.INFO)
