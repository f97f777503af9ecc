"""A language model that answers from a script, and a judge that has it write leads."""

import json
import re
from collections.abc import Callable, Sequence
from typing import TypeVar

from retain.errors import AnswerError, RetainError
from retain.memory.call_context import call_context
from retain.memory.model import CallContext, FactPair, Judgement, ModelRequest, NamePair, Verdict
from retain.providers.llm.fence import unfenced
from retain.providers.llm.leads import LeadWriter

T = TypeVar("T")
Answer = Callable[[str], str | RetainError]

_NUMBERED = re.compile(r"^\[(\d+)\] (?:\(\S+\) )?(.*)$", re.MULTILINE)


def first_facts(data: str) -> str:
    """A lead of the first four facts that stand in the request."""
    told = [
        {"text": f"{text} indeed.", "facts": [int(number)]}
        for number, text in _NUMBERED.findall(data)[:4]
    ]
    return json.dumps({"sentences": told})


class Scripted:
    """A `LanguageModel`: what it answers is made from what stands in the request's fence.

    Args:
        answer: Makes the answer, or the error, of the fenced data.
    """

    name = "scripted:one"

    def __init__(self, answer: Answer = first_facts) -> None:
        self.answer = answer
        self.asked: list[str] = []
        self.sources: list[tuple[str, ...]] = []
        self.requests: list[ModelRequest] = []
        self.payers: list[CallContext] = []

    async def ask(
        self,
        request: ModelRequest,
        read: Callable[[str], T],
        *,
        sources: Sequence[str] | None = None,
    ) -> T:
        """What `read` makes of the answer; a second one is given where the first is refused."""
        data = unfenced(request.messages[1].text)
        assert data is not None
        self.asked.append(data)
        self.requests.append(request)
        self.sources.append(tuple(sources or ()))
        self.payers.append(call_context())
        try:
            return read(self._answered(data))
        except AnswerError:
            return read(self._answered(data))

    def _answered(self, data: str) -> str:
        answer = self.answer(data)
        if isinstance(answer, RetainError):
            raise answer
        return answer

    @property
    def titles(self) -> list[str]:
        """The titles of the pages that a lead was asked for."""
        return [data.splitlines()[0].removeprefix("title: ") for data in self.asked]


class Writes(LeadWriter):
    """A `Judge` that decides nothing, and has leads written."""

    async def same(self, pairs: Sequence[NamePair]) -> Sequence[Judgement]:
        """Nothing."""
        return []

    async def supersedes(self, pairs: Sequence[FactPair]) -> Sequence[Verdict]:
        """Nothing."""
        return []
