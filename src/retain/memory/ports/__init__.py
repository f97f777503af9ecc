"""What the pipeline asks of the outside: the ports that stores and providers fulfil."""

from retain.memory.ports.journal import Journal
from retain.memory.ports.knowledge import CorrectionKind, KnowledgeStore
from retain.memory.ports.models import ChatModel, EmbeddingModel, Judge, LanguageModel
from retain.memory.ports.providers import (
    Embedder,
    Embedders,
    Extractor,
    NameFinder,
    PageWriter,
    SourceReader,
    Superseder,
)
from retain.memory.ports.search import SearchStore
from retain.memory.ports.services import RetainServices
from retain.memory.ports.sources import SourceStore
from retain.memory.ports.store import Store
from retain.memory.ports.superseding import (
    Canonical,
    ClaimReads,
    EdgeReads,
    SupersedingRules,
)
from retain.memory.ports.transfer import TransferStore
from retain.memory.ports.vectors import VectorStore
from retain.memory.ports.wiki import Relate, WikiStore

__all__ = [
    "Canonical",
    "ChatModel",
    "ClaimReads",
    "CorrectionKind",
    "EdgeReads",
    "Embedder",
    "Embedders",
    "EmbeddingModel",
    "Extractor",
    "Journal",
    "Judge",
    "KnowledgeStore",
    "LanguageModel",
    "NameFinder",
    "PageWriter",
    "Relate",
    "RetainServices",
    "SearchStore",
    "SourceReader",
    "SourceStore",
    "Store",
    "Superseder",
    "SupersedingRules",
    "TransferStore",
    "VectorStore",
    "WikiStore",
]
