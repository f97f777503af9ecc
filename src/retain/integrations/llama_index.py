"""A retriever of LlamaIndex over a bank."""

# pyright: basic, reportMissingImports=false

from __future__ import annotations

from retain import blocking
from retain.integrations.tools import AgentMemory, missing
from retain.memory.model import RELATED, Hit

try:
    from llama_index.core.retrievers import BaseRetriever
    from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
except ImportError as exc:
    raise missing("llama-index-core", exc) from exc


class RetainRetriever(BaseRetriever):
    """Gives what `recall` finds as nodes; a node's score is the hit's relevance, 0 to 1.

    The metadata of a node has the source, the lines and the kind of the hit, and its date and
    speaker where these are known.

    Args:
        memory: A `retain.Memory` or a `retain.client.AsyncClient`; it has to stay open.
        bank_id: The bank.
        k: How many nodes at most.
        min_relevance: Leave out hits whose relevance is less, 0 to 1.
    """

    def __init__(
        self,
        memory: AgentMemory,
        bank_id: str = "default",
        *,
        k: int = 10,
        min_relevance: float = RELATED,
    ) -> None:
        super().__init__()
        self._memory = memory
        self._bank_id = bank_id
        self._k = k
        self._min_relevance = min_relevance

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return blocking.run(self._aretrieve(query_bundle))

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        hits = await self._memory.recall(
            query_bundle.query_str,
            bank_id=self._bank_id,
            k=self._k,
            min_relevance=self._min_relevance,
        )
        return [NodeWithScore(node=_node(hit), score=hit.relevance) for hit in hits]


def _node(hit: Hit) -> TextNode:
    metadata = {
        "source_id": hit.source_id,
        "lines": f"{hit.lines[0]}-{hit.lines[1]}",
        "kind": hit.kind,
        "mentioned_at": None if hit.mentioned_at is None else hit.mentioned_at.isoformat(),
        "speaker": hit.speaker,
    }
    start, end = hit.span
    return TextNode(
        id_=hit.fact_id or hit.section_id,
        text=hit.text,
        metadata={name: value for name, value in metadata.items() if value is not None},
        start_char_idx=start,
        end_char_idx=end,
    )
