"""What becomes of a failed call: one of our errors, with the server's words but no key."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar, cast

from pydantic_ai.exceptions import (
    AgentRunError,
    ModelAPIError,
    ModelAuthenticationError,
    ModelConnectionError,
    ModelHTTPError,
    ModelNotFoundError,
    ModelQuotaExceededError,
    ModelRateLimitError,
    ModelServerError,
    ModelTimeoutError,
    ModelUnavailableError,
    UnexpectedModelBehavior,
)

from retain.errors import (
    AnswerError,
    ModelBusyError,
    ModelError,
    ModelRefusedError,
    RetainError,
    UnknownModelError,
)
from retain.providers.llm.endpoint import Endpoint
from retain.providers.llm.http import AnswerSizeError
from retain.providers.llm.secrecy import hidden

T = TypeVar("T")

WORDS = 300
"""The greatest length of a server's words in a message, in characters."""

_UNREADABLE = (AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
"""What the client's code runs into when an answer is JSON but not of the protocol."""

_LATER = (408, 409, 425)

_PASSED_ON = (408, 502, 504, 524)
"""What a proxy answers that has sent the request on, and has heard nothing in time."""

_NOT_SENT = frozenset({"ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError"})
"""What the client ends with before a request is sent."""


class Failures:
    """Tells what a failed call means.

    Args:
        endpoint: The server.
        timeout_s: How long a call may take in all, in seconds.
    """

    def __init__(self, endpoint: Endpoint, timeout_s: float) -> None:
        self._endpoint = endpoint
        self._timeout_s = timeout_s

    async def once(self, call: Callable[[], Awaitable[T]]) -> T:
        """What the call brings, in time.

        Raises:
            ModelBusyError: The server is busy, out of reach or too slow.
            ModelRefusedError: It refuses the key, or does not know the model.
            AnswerError: It refuses the request, or its answer cannot be read.
        """
        try:
            async with asyncio.timeout(self._timeout_s):
                return await call()
        except TimeoutError:
            failure, billed = self._told_late(), True
        except RetainError as exc:
            failure, billed = exc, isinstance(exc, ModelBusyError)
        except (AgentRunError, *_UNREADABLE) as exc:
            failure, billed = self._of(exc), _may_be_billed(exc)
        if isinstance(failure, ModelBusyError | ModelError) and billed:
            failure.may_be_billed = True
        # Outside of the handler, so without a cause: what the client raised holds the server's
        # words, and with them, perhaps, the key.
        raise failure

    def _told_late(self) -> RetainError:
        return ModelBusyError(f"{self._endpoint.place}: no answer within {self._timeout_s:g} s")

    def _of(self, exc: Exception) -> RetainError:
        if any(isinstance(cause, AnswerSizeError) for cause in _causes(exc)):
            return AnswerError(self._told("the answer is refused", str(_last(exc))))
        if isinstance(exc, ModelAPIError):
            return self._api(exc)
        if isinstance(exc, UnexpectedModelBehavior) and "expected JSON" in exc.message:
            return ModelBusyError(self._told("answered something that is not JSON", ""))
        return AnswerError(self._told("answered something else than asked", str(exc)))

    def _api(self, exc: ModelAPIError) -> RetainError:
        status = exc.status_code if isinstance(exc, ModelHTTPError) else None
        words = _words(exc)
        match exc:
            case ModelQuotaExceededError():
                return ModelRefusedError(self._told("the account's quota is spent", words))
            case ModelAuthenticationError():
                return ModelRefusedError(self._key_refused(status))
            case ModelNotFoundError():
                return UnknownModelError(self._unknown())
            case ModelTimeoutError():
                return ModelBusyError(self._told("no answer in time", ""))
            case ModelConnectionError():
                return ModelBusyError(self._told("no connection, or it was lost", str(_last(exc))))
            case ModelRateLimitError() | ModelUnavailableError() | ModelServerError():
                return self._busy(exc, status, words)
            case ModelHTTPError() if exc.status_code in _LATER or exc.status_code >= 500:
                return self._busy(exc, status, words)
            case ModelHTTPError():
                return AnswerError(self._told(f"refuses the request (HTTP {status})", words))
            case _ if getattr(exc.__cause__, "status_code", 0) >= 300:
                return ModelRefusedError(self._told("leads elsewhere: check the base URL", ""))
            case _:
                return ModelBusyError(self._told("answered something that is not JSON", ""))

    def _busy(self, exc: ModelAPIError, status: int | None, words: str) -> ModelBusyError:
        answer = "is busy" if status is None else f"is busy (HTTP {status})"
        return ModelBusyError(self._told(answer, words), retry_after=_retry_after(exc))

    def _key_refused(self, status: int | None) -> str:
        to, code = self._endpoint, "" if status is None else f" (HTTP {status})"
        if to.variable and to.key is None:
            return f"{to.place} wants a key{code}: set {to.variable}"
        what = f"the key in {to.variable}" if to.variable else "its key"
        return f"{to.place} refuses {what}, or its use for {to.name}{code}: set a key that may"

    def _unknown(self) -> str:
        to = self._endpoint
        if to.base_url is None:
            return f"{to.place} knows no model {to.name!r}: check its name"
        return f"{to.place} knows no model {to.name!r}: check its name, and the base URL"

    def _told(self, what: str, words: str) -> str:
        said = one_line(words, self._endpoint.secrets)
        return f"{self._endpoint.place}: {what}" + (f": {said}" if said else "")


def _may_be_billed(exc: Exception) -> bool:
    """Whether the server may have worked on the request: it went out, and was not refused."""
    if isinstance(exc, ModelHTTPError):
        return exc.status_code in _PASSED_ON or exc.status_code < 300
    return not any(type(cause).__name__ in _NOT_SENT for cause in _causes(exc))


def one_line(words: str, secrets: tuple[str, ...]) -> str:
    """A server's words on one line of bounded length, without what is secret."""
    words = hidden(words, secrets)[: 8 * WORDS]
    line = " ".join("".join(c if c.isprintable() else " " for c in words).split())
    return line if len(line) <= WORDS else line[: WORDS - 1] + "…"


def _words(exc: ModelAPIError) -> str:
    """What the server said, out of the bodies that servers send."""
    body: object = exc.body
    for name in ("error", "message", "detail"):
        if isinstance(body, dict):
            body = cast("dict[str, object]", body).get(name, cast("object", body))
    return body if isinstance(body, str) else ("" if body is None else str(body))


def _retry_after(exc: ModelAPIError) -> float | None:
    """Seconds; a fraction of one too, which some servers send."""
    if exc.retry_after is not None or not isinstance(exc, ModelHTTPError):
        return exc.retry_after
    try:
        seconds = float((exc.headers or {}).get("retry-after", ""))
    except ValueError:
        return None
    return seconds if 0 <= seconds < float("inf") else None


def _causes(exc: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    found: BaseException | None = exc
    while found is not None and id(found) not in seen:
        seen.add(id(found))
        yield found
        found = found.__cause__ or found.__context__


def _last(exc: BaseException) -> BaseException:
    return list(_causes(exc))[-1]
