"""A model in the process, whose answers are kept, for what is made on a `LanguageModel`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar, cast

from retain.app.wiring import bank_store
from retain.checkpoints.sqlite import SQLiteCheckpoint
from retain.db.sqlite import Database
from retain.memory.call_context import call_context
from retain.memory.context import RetainContext
from retain.memory.model import CallContext, Limits, ModelRequest
from retain.memory.ports import Judge
from retain.providers.embedders import Catalogue
from retain.providers.llm.fence import unfenced
from retain.providers.llm.judge import ModelJudge
from retain.providers.local.extractor import LocalExtractor
from retain.providers.local.finder import LocalFinder
from retain.sources.reader import FileReader
from retain.states import pipeline
from retain.states.services import RetainServices
from retain.stores.sqlite import SQLiteStore

T = TypeVar("T")
Answer = Callable[[str, str], str | Exception]


@dataclass(frozen=True)
class Asked:
    """A request that reached the model: what for, about what, for whom, and whose words it has."""

    purpose: str
    data: str
    call_context: CallContext
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
        self.asked.append(Asked(request.purpose, data, call_context(), named))
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


class Machine:
    """What retains texts in a database, with a judge on `model`, as `Memory` does without one."""

    def __init__(self, database: Database, model: AskedModel | None) -> None:
        services = RetainServices(
            store=bank_store(SQLiteStore(database)),
            reader=FileReader(Limits()),
            embedders=Catalogue(),
            extractor=LocalExtractor(),
            finder=LocalFinder(),
            judge=None if model is None else cast("Judge", ModelJudge(model)),
        )
        self._fsm = pipeline(services)
        self._checkpoint = SQLiteCheckpoint(database, RetainContext)

    async def retain(self, source_id: str, text: str) -> RetainContext:
        """Run a text through the pipeline."""
        ctx = RetainContext("default", source_id, text)
        return await self._fsm.run(ctx, checkpoint=self._checkpoint)

    async def resume(self, source_id: str) -> RetainContext:
        """Go on with a run."""
        ctx = await self._checkpoint.load("default", source_id)
        assert ctx is not None
        return await self._fsm.resume(ctx, checkpoint=self._checkpoint)


@asynccontextmanager
async def machine(db: Path, model: AskedModel | None) -> AsyncIterator[Machine]:
    """The machine over the database in a file."""
    database = Database(db, durability="process")
    try:
        yield Machine(database, model)
    finally:
        await database.close()
