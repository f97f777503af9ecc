"""Several questions at once: all of them end, whatever becomes of any."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from retain.errors import AnswerError, ModelRefusedError, RetainError, TruncatedError

logger = logging.getLogger("retain.providers.llm")

T = TypeVar("T")
Question = Callable[[], Awaitable[T]]


async def all_answered(questions: Sequence[Question[T]], what: str) -> list[T | None]:
    """The answers in the order of the questions; None where there is none that can be used.

    Where one fails for another reason, the others end first, since what is answered is paid for
    and kept. Only a refused key ends them all at once. No task is left behind.

    Args:
        questions: What is asked; the model sees to how many of them at a time.
        what: What they are about, for the warning that tells how many have no answer.

    Raises:
        ModelRefusedError: The server refuses the key, or does not know the model.
        ModelBusyError: No attempt got an answer.
        BudgetError: A question may cost more than is left.
    """
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(_settled(one)) for one in questions]
    except ExceptionGroup as failed:
        error = failed.exceptions[0]
        raise error from error.__cause__  # its own cause, without the group around it
    ended = [task.result() for task in tasks]
    for one in ended:
        if isinstance(one, RetainError) and not isinstance(one, AnswerError | TruncatedError):
            raise one
    open_ = [one for one in ended if isinstance(one, RetainError)]
    if open_:
        total = len(ended)
        logger.warning(
            "%d of %d questions about %s have no usable answer: %s",
            len(open_),
            total,
            what,
            open_[0],
        )
    return [None if isinstance(one, RetainError) else one for one in ended]


async def _settled(question: Question[T]) -> T | RetainError:
    try:
        return await question()
    except ModelRefusedError:
        raise
    except RetainError as exc:
        return exc
