"""Errors as HTTP answers: problem details (RFC 9457) with the error's code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.responses import Response

from retain import errors

MEDIA_TYPE = "application/problem+json"

_STATUSES: tuple[tuple[type[errors.RetainError], int], ...] = (
    (errors.NotFoundError, 404),
    (errors.ModelRequiredError, 409),
    (errors.InputError, 422),
    (errors.LeaseHeldError, 409),
    (errors.LeaseLostError, 409),
    (errors.RunExistsError, 409),
    (errors.ForgetError, 409),
    (errors.AppendError, 409),
    (errors.SuspendError, 409),
    (errors.TransientError, 503),
    (errors.MissingExtraError, 501),
    (errors.ModelError, 502),
)
"""The first class that an error is of decides; any other error is a 500."""

RETRY_AFTER_S = 5

_TITLES = {
    400: "Bad request",
    401: "A token is required",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    408: "The request took too long",
    409: "Not possible in the present state",
    413: "The request is too large",
    415: "Unsupported media type",
    421: "Wrong host",
    422: "The request cannot be used",
    429: "Too many requests",
    500: "Internal error",
    501: "Not installed",
    502: "The model's server failed",
    503: "Busy",
}


class HttpError(HTTPException):
    """An answer that is no result, for what only HTTP knows: tokens, sizes, headers.

    Args:
        status: The HTTP status.
        code: Names the kind of error for programs.
        detail: Cause and remedy.
        headers: Of the answer.
    """

    def __init__(
        self, status: int, code: str, detail: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(status, detail, dict(headers or {}))
        self.code = code

    def response(self) -> Response:
        """The answer."""
        return problem(self.status_code, self.code, self.detail, headers=self.headers)


def title_of(status: int) -> str:
    """What a status means."""
    return _TITLES.get(status, "Error")


def status_of(error: errors.RetainError) -> int:
    """The HTTP status of an error."""
    return next((status for kind, status in _STATUSES if isinstance(error, kind)), 500)


def of_error(error: errors.RetainError) -> Response:
    """The answer for an error of a memory."""
    status = status_of(error)
    headers: dict[str, str] = {}
    if isinstance(error, errors.TransientError):
        headers["Retry-After"] = str(max(1, round(error.retry_after or RETRY_AFTER_S)))
    return problem(status, error.code, str(error), headers=headers)


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Response:
    """An answer in the form of RFC 9457."""
    body = {
        "type": f"urn:retain:error:{code}",
        "title": title_of(status),
        "status": status,
        "code": code,
        "detail": detail,
        **more,
    }
    content = msgspec.json.encode(body, enc_hook=str)
    return Response(content, status, headers=dict(headers or {}), media_type=MEDIA_TYPE)
