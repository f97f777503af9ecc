"""The questions of a suspended run, and the answers that its states have yet to use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from retain.engine.arguments import UNSET
from retain.engine.context import EngineContext, EngineState, Question, engine_state_of
from retain.engine.values import pack, unpack
from retain.errors import InputError, Suspend, SuspendError


class Questions:
    """The open questions of one context and their answers, kept with it.

    Args:
        ctx: The context.
    """

    def __init__(self, ctx: EngineContext) -> None:
        self._ctx = ctx
        self._waiting: dict[str, Question] = {}

    @property
    def answered(self) -> bool:
        """Whether an answer waits for the state that asked."""
        state = _state_of(self._ctx)
        return state is not None and bool(state.answers)

    def clear(self) -> None:
        """Forget what an earlier run asked, was answered and failed with."""
        if (state := _state_of(self._ctx)) is not None:
            state.questions, state.answers, state.failures = [], {}, []

    def reopen(self) -> None:
        """Have every state that asked run again; it asks once more where it still has to."""
        engine_state_of(self._ctx).questions = []

    def accept(self, value: object, takes: Callable[[Question], bool]) -> None:
        """Take `value` for the answer of the open question, or of several by name.

        Args:
            value: The answer. A dict whose keys are all names of open questions holds an answer
                for each of these; the other questions stay open.
            takes: Whether the state that asks a question takes an answer.

        Raises:
            InputError: No question is open, `value` does not say which of several it answers, the
                state takes no answer, or `value` cannot be kept.
        """
        state = _state_of(self._ctx)
        open_questions = {q.name: q for q in (state.questions if state else ())}
        if state is None or not open_questions:
            raise InputError("nobody waits for an answer: no state of this run has asked")
        packed: dict[str, str] = {}
        for name, answer in _by_name(value, open_questions).items():
            if not takes(open_questions[name]):
                raise InputError(
                    f"state {open_questions[name].state!r} takes no answer: give its function one "
                    "more parameter, as in (ctx, services, answer=None)"
                )
            try:
                packed[name] = pack(answer)
            except (TypeError, ValueError) as exc:
                raise InputError(f"the answer for {name!r}: {exc}") from exc
        state.answers |= packed
        state.questions = [q for q in state.questions if q.name not in packed]
        self._waiting = {q.name: q for q in state.questions}

    def waiting(self, name: str) -> Question | None:
        """The question of that name, if it stays open in this session."""
        return self._waiting.get(name)

    def answer(self, name: str) -> Any:
        """The answer for the state, or `UNSET`."""
        state = _state_of(self._ctx)
        packed = None if state is None else state.answers.get(name)
        return UNSET if packed is None else unpack(packed)

    def used(self, name: str) -> None:
        """Drop the answer: its state has ended well, or asks again."""
        engine_state_of(self._ctx).answers.pop(name, None)

    def ask(self, name: str, item: int | None, error: SuspendError) -> None:
        """Note what a state waits for, in a map with the position of its item."""
        state = engine_state_of(self._ctx)
        payload = error.payload if isinstance(error, Suspend) else None
        question = Question(name, str(error), pack(payload), item)
        state.questions = [*(q for q in state.questions if q.name != question.name), question]
        state.answers.pop(question.name, None)


def _state_of(ctx: EngineContext) -> EngineState | None:
    return getattr(ctx, "engine_state", None)


def _by_name(value: object, open_questions: Mapping[str, Question]) -> dict[str, Any]:
    answers = cast("dict[Any, Any]", value) if isinstance(value, dict) else {}
    if answers and answers.keys() <= open_questions.keys():
        return answers
    if len(open_questions) > 1:
        names = ", ".join(map(repr, open_questions))
        raise InputError(
            f"{len(open_questions)} states wait for an answer ({names}): give a dict of answers "
            "by these names"
        )
    return dict.fromkeys(open_questions, cast("Any", value))
