"""Keeps what is secret out of what is shown: errors, and the logs of the clients that are used."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from urllib.parse import quote

HIDDEN = "***"

_PACKAGES = ("anthropic", "groq", "httpcore", "httpcore2", "httpx", "httpx2", "openai")
_LATE = ("httpcore2.connection", "httpcore2.http11", "httpcore2.http2", "httpcore2.proxy")
"""Loggers that are made when a connection first needs them."""


def hidden(words: str, secrets: Iterable[str]) -> str:
    """`words` without what is secret; the longest secret first, lest a part of one stays."""
    for secret in secrets:
        for form in {secret, quote(secret, safe="")}:
            words = words.replace(form, HIDDEN)
    return words


class _Hiding(logging.Filter):
    def __init__(self) -> None:
        super().__init__()
        self.secrets: tuple[str, ...] = ()

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = hidden(record.getMessage(), self.secrets), ()
        return True


_HIDING = _Hiding()


def hide_in_logs(secrets: Iterable[str]) -> None:
    """Have the clients log no secret; at their lowest level, they log what servers echo."""
    known = {*_HIDING.secrets, *secrets}
    _HIDING.secrets = tuple(sorted(known, key=len, reverse=True))
    made = [name for name in list(logging.root.manager.loggerDict) if _is_clients(name)]
    for name in {*made, *_LATE}:
        logging.getLogger(name).addFilter(_HIDING)


def _is_clients(logger: str) -> bool:
    return logger.partition(".")[0] in _PACKAGES
