"""Which failures are worth another attempt, and how long to wait for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from retain.errors import PermanentError, RetainError, SuspendError


@dataclass(frozen=True, slots=True)
class Retry:
    """Exponential backoff with jitter.

    Transient are: Retain's own transient errors, timeouts, lost connections and what `on` names.
    Permanent errors of Retain's own are never retried, nor is a `Failed` result. An error that
    carries `retry_after` (seconds) is waited for at least that long. A group of errors, as
    `asyncio.TaskGroup` raises it, is transient if each error inside of it is.

    Args:
        attempts: How often the state runs at most, the first time included.
        initial_s: The wait before the second attempt, in seconds.
        multiplier: How much longer each further wait is.
        max_s: The longest wait, in seconds; `retry_after` may exceed it.
        jitter: The share of a wait that chance takes off, 0 to 1.
        on: Further exception types that are transient.
    """

    attempts: int = 3
    initial_s: float = 0.5
    multiplier: float = 2.0
    max_s: float = 30.0
    jitter: float = 0.5
    on: tuple[type[Exception], ...] = ()

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise ValueError(f"attempts must be at least 1, not {self.attempts}")
        if self.initial_s < 0 or self.max_s < 0 or self.multiplier < 1:
            raise ValueError("waits must not be negative, and multiplier at least 1")
        if not 0 <= self.jitter <= 1:
            raise ValueError(f"jitter must lie between 0 and 1, not {self.jitter}")

    def retries(self, error: Exception, attempt: int) -> bool:
        """Whether `error`, which ended attempt number `attempt` (from 1), is tried again."""
        if attempt >= self.attempts:
            return False
        found = leaves(error)
        if any(isinstance(one, (PermanentError, SuspendError)) for one in found):
            return False
        return isinstance(error, self.on) or all(is_transient(one, self.on) for one in found)

    def wait_s(self, error: Exception, attempt: int, chance: float) -> float:
        """Seconds to wait after attempt number `attempt` (from 1).

        Args:
            error: What ended the attempt.
            attempt: Its number.
            chance: A random number in [0, 1).
        """
        wait = self._backoff_s(attempt) * (1 - self.jitter * chance)
        asked = (getattr(one, "retry_after", None) for one in leaves(error))
        return max([wait, *(float(s) for s in asked if isinstance(s, (int, float)))])

    def _backoff_s(self, attempt: int) -> float:
        try:
            growth = float(self.multiplier) ** (attempt - 1)
        except OverflowError:
            return self.max_s if self.initial_s else 0.0
        return min(self.max_s, self.initial_s * growth)


def leaves(error: BaseException) -> list[BaseException]:
    """The errors inside of a group of errors, at any depth; of any other, itself alone."""
    found: list[BaseException] = []
    waiting = [error]
    while waiting:
        one = waiting.pop()
        if isinstance(one, BaseExceptionGroup):
            waiting.extend(reversed(cast("BaseExceptionGroup[Any]", one).exceptions))
        else:
            found.append(one)
    return found


def is_transient(error: BaseException, on: tuple[type[Exception], ...] = ()) -> bool:
    """Whether another attempt may cure `error`, which is no group."""
    if isinstance(error, RetainError) and error.transient:
        return True
    return isinstance(error, (TimeoutError, ConnectionError, *on))
