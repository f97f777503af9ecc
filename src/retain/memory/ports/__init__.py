"""What the pipeline asks of the outside: the ports that stores and providers fulfil."""

from retain.memory.ports.entities import EntityRules, NameIndex
from retain.memory.ports.journal import Journal
from retain.memory.ports.models import ChatModel, EmbeddingModel, Judge, LanguageModel
from retain.memory.ports.pages import PageReads
from retain.memory.ports.providers import (
    Embedder,
    Embedders,
    Extractor,
    NameFinder,
    SourceReader,
)
from retain.memory.ports.store import Store, Tx
from retain.memory.ports.superseding import (
    Canonical,
    ClaimReads,
    EdgeReads,
    SupersedingRules,
)

__all__ = [
    "Canonical",
    "ChatModel",
    "ClaimReads",
    "EdgeReads",
    "Embedder",
    "Embedders",
    "EmbeddingModel",
    "EntityRules",
    "Extractor",
    "Journal",
    "Judge",
    "LanguageModel",
    "NameFinder",
    "PageReads",
    "NameIndex",
    "SourceReader",
    "Store",
    "Tx",
    "SupersedingRules",
]
