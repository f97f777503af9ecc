"""Errors that a server answers with.

They are also the errors that `retain.Memory` raises, so that code for one fits the other:

RetainError
└── ApiError                        the code is that of the server's answer
    ├── ApiInputError               (InputError) 422: the request cannot be used
    ├── ApiNotFoundError            (NotFoundError) 404: no such bank, source, …
    └── ApiBusyError                (TransientError) 408, 429, 502, 503, 504: try again later
        └── ServerUnreachableError  (ConnectionError) there was no answer
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from retain.errors import InputError, NotFoundError, RetainError, TransientError

BUSY = frozenset({408, 429, 502, 503, 504})
"""The HTTP statuses after which another attempt may succeed."""


class ApiError(RetainError, code="api"):
    """An answer that is an error.

    Attributes:
        code: Names the kind of error, as in `retain.errors`.
        status: The HTTP status; 0: there was no answer.
        detail: What is wrong and what to do.
        errors: Of a request that cannot be used: where, and what is wrong there.
        request_id: Names the request in the log of the server.
        retry_after: Seconds to wait before the next attempt, where the server said so.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: Sequence[Mapping[str, Any]] = (),
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.__dict__["code"] = code  # of the answer; the class has one of its own
        self.detail = detail
        self.errors = tuple(errors)
        self.request_id = request_id
        self.retry_after = retry_after


class ApiInputError(ApiError, InputError, code="invalid-input"):
    """The server cannot use the request."""


class ApiNotFoundError(ApiError, NotFoundError, code="not-found"):
    """The server has no such bank, source, fact, page or run."""


class ApiBusyError(ApiError, TransientError, code="transient"):
    """The server is busy, or limits how many requests it answers."""


class ServerUnreachableError(ApiBusyError, ConnectionError, code="server-unreachable"):
    """No answer came."""


def error_of(status: int, body: bytes, headers: Mapping[str, str]) -> ApiError:
    """The error that an answer is.

    Args:
        status: Its HTTP status.
        body: Problem details (RFC 9457), or what a proxy says.
        headers: Of the answer.
    """
    try:
        problem = msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError):
        problem = {}
    kind = _KINDS.get(status, ApiBusyError if status in BUSY else ApiError)
    return kind(
        status,
        str(problem.get("code") or "http"),
        str(problem.get("detail") or f"the server answered with the HTTP status {status}"),
        errors=problem.get("errors") or (),
        request_id=headers.get("x-request-id"),
        retry_after=_seconds(headers.get("retry-after")),
    )


_KINDS: dict[int, type[ApiError]] = {404: ApiNotFoundError, 422: ApiInputError}


def _seconds(text: str | None) -> float | None:
    return float(text) if text is not None and text.isascii() and text.isdigit() else None
