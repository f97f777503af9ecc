"""A model in the process, whose answers are kept, for what is made on a `LanguageModel`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from retain.memory.model import ModelRequest, Payer
from retain.memory.payer import payer
from retain.providers.llm.fence import unfenced

T = TypeVar("T")
Answer = Callable[[str, str], str | Exception]


@dataclass(frozen=True)
class Asked:
    """A request that reached the model: what for, about what, for whom, and whose words it has."""

    purpose: str
    data: str
    payer: Payer
    sources: tuple[str, ...] | None


@dataclass
class AskedModel:
    """Answers by a function of purpose and data, and asks that only once of equal requests."""

    answer: Answer
    name: str = "test:asked"
    asked: list[Asked] = field(default_factory=list)
    kept: dict[str, str] = field(default_factory=dict)
    under_way: int = 0
    most_at_once: int = 0

    async def ask(
        self,
        request: ModelRequest,
        read: Callable[[str], T],
        *,
        sources: Sequence[str] | None = None,
    ) -> T:
        key = request.key(self.name)
        if key not in self.kept:
            self.kept[key] = await self._asked(request, sources)
        return read(self.kept[key])

    async def _asked(self, request: ModelRequest, sources: Sequence[str] | None) -> str:
        data = unfenced(request.messages[-1].text)
        assert data is not None
        named = None if sources is None else tuple(sources)
        self.asked.append(Asked(request.purpose, data, payer(), named))
        self.under_way += 1
        self.most_at_once = max(self.most_at_once, self.under_way)
        try:
            for _ in range(3):
                await asyncio.sleep(0)
            answer = self.answer(request.purpose, data)
        finally:
            self.under_way -= 1
        if isinstance(answer, Exception):
            raise answer
        return answer

    def about(self, purpose: str) -> list[str]:
        """What was asked for a purpose."""
        return [one.data for one in self.asked if one.purpose == purpose]


def verdict(word: str) -> str:
    """An answer that says one word."""
    return json.dumps({"verdict": word})
