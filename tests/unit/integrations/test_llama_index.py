"""The retriever of LlamaIndex; its packages are large, so this runs where they are installed."""

import pytest
from tests.inloop import in_a_loop

from retain import Memory

pytest.importorskip("llama_index.core")

from retain.integrations.llama_index import RetainRetriever


@in_a_loop
async def test_a_retriever_gives_hits_as_nodes(memory: Memory) -> None:
    text = "# Ana\n\nAna lives in Lisbon.\n"
    await memory.retain_text(text, source_id="ana.md", bank_id="llama")
    retriever = RetainRetriever(memory, "llama", k=3)
    for nodes in (await retriever.aretrieve("Where does Ana live?"), retriever.retrieve("Ana?")):
        best = nodes[0]
        assert 0 < (best.score or 0) <= 1
        assert best.metadata["source_id"] == "ana.md"
        assert "Lisbon" in text[best.node.start_char_idx : best.node.end_char_idx]
    assert retriever.retrieve("quantum chromodynamics") == []
