"""LangGraph: a `BaseStore` over a bank, and tools to recall and remember."""

# pyright: basic, reportMissingImports=false

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from retain import blocking
from retain.errors import InputError, NotFoundError
from retain.integrations.matching import fits, in_namespace
from retain.integrations.tools import (
    MAX_TOKENS,
    AgentMemory,
    MemoryTools,
    blocking_version,
    missing,
)
from retain.memory.model import RELATED

try:
    from langchain_core.tools import StructuredTool
    from langgraph.store.base import (
        BaseStore,
        GetOp,
        Item,
        ListNamespacesOp,
        PutOp,
        SearchItem,
        SearchOp,
        get_text_at_path,
    )
except ImportError as exc:
    raise missing("langgraph", exc) from exc

if TYPE_CHECKING:
    from langgraph.store.base import Op, Result

    from retain.app.memory import Memory

RECORD = "langgraph"
"""The property of a source that holds an item as it was put."""

MOST_HITS = 1_000


def memory_tools(
    memory: AgentMemory, bank_id: str = "default", *, max_tokens: int = MAX_TOKENS
) -> list[StructuredTool]:
    """The tools ``recall_memory`` and ``remember``; they need no store and no checkpointer.

    Args:
        memory: A `retain.Memory` or a `retain.client.AsyncClient`; it has to stay open.
        bank_id: The bank of the agent or of its user.
        max_tokens: How many tokens an answer of ``recall_memory`` may have.
    """
    tools = MemoryTools(memory, bank_id, max_tokens)
    return [
        StructuredTool.from_function(
            blocking_version(one), coroutine=one, parse_docstring=True, name=one.__name__
        )
        for one in tools.functions
    ]


@dataclass(frozen=True)
class _Stored:
    """An item as its source holds it."""

    namespace: tuple[str, ...]
    key: str
    value: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    is_indexed: bool

    @classmethod
    def read(cls, meta: dict[str, Any]) -> _Stored | None:
        record = meta.get(RECORD)
        if not isinstance(record, str):
            return None
        kept = json.loads(record)
        return cls(
            tuple(kept["namespace"]),
            kept["key"],
            kept["value"],
            datetime.fromisoformat(kept["created_at"]),
            datetime.fromisoformat(kept["updated_at"]),
            kept["indexed"],
        )

    def record(self) -> str:
        try:
            return json.dumps(
                {
                    "namespace": self.namespace,
                    "key": self.key,
                    "value": self.value,
                    "created_at": self.created_at.isoformat(),
                    "updated_at": self.updated_at.isoformat(),
                    "indexed": self.is_indexed,
                },
                ensure_ascii=False,
                allow_nan=False,
            )
        except (TypeError, ValueError, RecursionError) as exc:
            raise InputError(f"the value of {self.key!r} cannot be kept as JSON: {exc}") from exc

    def item(self) -> Item:
        return Item(**self._fields())

    def found(self, score: float | None) -> SearchItem:
        return SearchItem(**self._fields(), score=score)

    def _fields(self) -> dict[str, Any]:
        return {
            "namespace": self.namespace,
            "key": self.key,
            "value": self.value,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
        }


class RetainStore(BaseStore):
    """The long-term memory of a graph, in a bank.

    An item is a source of the bank. Its text is what the item's value says in words, so facts,
    pages and `recall` of the bank have it too; deleting the item forgets the source. `search` with
    a query ranks by `recall` and leaves out what has nothing to do with the query.

    Values have to be JSON. Items do not expire: a `ttl` is refused.

    Args:
        memory: The memory; it has to stay open.
        bank_id: The bank; it may hold other sources too, which the store does not show.

    Example:
        >>> store = RetainStore(memory, bank_id="ana")
        >>> graph = builder.compile(store=store)
    """

    def __init__(self, memory: Memory, bank_id: str = "default") -> None:
        self._memory = memory
        self._bank_id = bank_id

    def batch(self, ops: Iterable[Op]) -> list[Result]:
        """Do operations; see `abatch`."""
        return blocking.run(self.abatch(list(ops)))

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        """Do operations: those that read see what was there before those that write.

        Raises:
            InputError: A value cannot be kept, or an operation is not supported.
            RunNotCompletedError: An item could not be retained.
        """
        results: list[Result] = []
        puts: dict[str, PutOp] = {}
        for op in ops:
            match op:
                case GetOp():
                    stored = await self._stored(_source_id(op.namespace, op.key))
                    results.append(None if stored is None else stored.item())
                case SearchOp():
                    results.append(await self._search(op))
                case ListNamespacesOp():
                    results.append(await self._namespaces(op))
                case PutOp():
                    puts[_source_id(op.namespace, op.key)] = op
                    results.append(None)
                case _:
                    raise InputError(f"{type(op).__name__} is no operation of a store")
        for source_id, op in puts.items():
            await self._put(source_id, op)
        return results

    async def _put(self, source_id: str, op: PutOp) -> None:
        if op.ttl is not None:
            raise InputError("items do not expire here: leave ttl out, and delete them yourself")
        if op.value is None:
            await self._delete(source_id)
            return
        before = await self._stored(source_id)
        now = datetime.now(UTC)
        stored = _Stored(
            tuple(op.namespace),
            op.key,
            dict(op.value),
            now if before is None else before.created_at,
            now,
            op.index is not False,
        )
        run = await self._memory.retain_text(
            _text(stored, op.index or None),
            source_id=source_id,
            bank_id=self._bank_id,
            format="markdown",
            metadata={RECORD: stored.record()},
        )
        run.raise_for_status()

    async def _delete(self, source_id: str) -> None:
        if await self._stored(source_id) is not None:
            await self._memory.forget(source_id, bank_id=self._bank_id)

    async def _stored(self, source_id: str) -> _Stored | None:
        try:
            shown = await self._memory.sources.show(source_id, bank_id=self._bank_id)
        except NotFoundError:
            return None
        return None if shown.source is None else _Stored.read(shown.source.meta)

    async def _all(self) -> dict[str, _Stored]:
        """The items by the ids of their sources, in the order in which they were created."""
        sources = await self._memory.sources(bank_id=self._bank_id)
        items = ((one.source_id, _Stored.read(one.meta)) for one in sources)
        kept = [(source_id, one) for source_id, one in items if one is not None]
        return dict(sorted(kept, key=lambda pair: pair[1].created_at))

    async def _search(self, op: SearchOp) -> list[SearchItem]:
        prefix = tuple(op.namespace_prefix)
        items = {
            source_id: one
            for source_id, one in (await self._all()).items()
            if one.namespace[: len(prefix)] == prefix and fits(one.value, op.filter or {})
        }
        end = op.offset + op.limit
        if not op.query:
            return [one.found(None) for one in list(items.values())[op.offset : end]]
        scores = await self._scores(op.query, _folder(prefix))
        ranked = [(items[one], score) for one, score in scores.items() if one in items]
        ranked = [(one, score) for one, score in ranked if one.is_indexed]
        return [one.found(score) for one, score in ranked[op.offset : end]]

    async def _scores(self, query: str, folder: str) -> dict[str, float]:
        """How relevant sources are to a query, the best first."""
        hits = await self._memory.recall(
            query,
            bank_id=self._bank_id,
            k=MOST_HITS,
            min_relevance=RELATED,
            sources=[f"{folder}*"],
        )
        scores: dict[str, float] = {}
        for hit in hits:
            for source_id in (hit.source_id, *(copy.source_id for copy in hit.copies)):
                scores.setdefault(source_id, hit.relevance)
        return scores

    async def _namespaces(self, op: ListNamespacesOp) -> list[tuple[str, ...]]:
        every = {one.namespace for one in (await self._all()).values()}
        conditions = op.match_conditions or ()
        kept = {
            one
            for one in every
            if all(in_namespace(one, of.match_type, of.path) for of in conditions)
        }
        shown = sorted({one[: op.max_depth] for one in kept})
        return shown[op.offset : op.offset + op.limit]


def _folder(namespace: Iterable[str]) -> str:
    return "".join(f"{quote(part, safe='')}/" for part in (RECORD, *namespace))


def _source_id(namespace: Iterable[str], key: str) -> str:
    """The source of an item: no two items share one."""
    return f"{_folder(namespace)}={quote(key, safe='')}"


def _text(stored: _Stored, index: list[str] | None) -> str:
    """What the value of an item says in words; its key where it says nothing."""
    if index is None:
        said = list(_words(stored.value))
    else:
        said = [text for path in index for text in get_text_at_path(stored.value, path)]
    return "\n\n".join(text for text in said if text.strip()) or stored.key or RECORD


def _words(value: Any, name: str = "") -> Iterable[str]:
    match value:
        case str():
            yield value
        case dict():
            for key, one in value.items():
                yield from _words(one, str(key))
        case list() | tuple():
            for one in value:
                yield from _words(one, name)
        case bool() | int() | float():
            yield f"{name}: {json.dumps(value)}"
        case _:
            return
