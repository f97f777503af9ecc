"""What the pipeline asks of the outside: the ports that stores and providers fulfil."""

from retain.memory.ports.journal import Journal
from retain.memory.ports.models import ChatModel, EmbeddingModel, Judge, LanguageModel
from retain.memory.ports.pages import PageReads
from retain.memory.ports.providers import (
    Embedder,
    Embedders,
    Extractor,
    NameFinder,
    PageWriter,
    SourceReader,
    Superseder,
)
from retain.memory.ports.store import Store, Tx

__all__ = [
    "ChatModel",
    "Embedder",
    "Embedders",
    "EmbeddingModel",
    "Extractor",
    "Journal",
    "Judge",
    "LanguageModel",
    "NameFinder",
    "PageReads",
    "PageWriter",
    "SourceReader",
    "Store",
    "Superseder",
    "Tx",
]
