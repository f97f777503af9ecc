"""The port of a bank's lasting content, made of its parts."""

from __future__ import annotations

from typing import Protocol

from retain.memory.ports.knowledge import KnowledgeStore
from retain.memory.ports.search import SearchStore
from retain.memory.ports.sources import SourceStore
from retain.memory.ports.transfer import TransferStore
from retain.memory.ports.vectors import VectorStore
from retain.memory.ports.wiki import WikiStore


class Store(
    SourceStore, SearchStore, VectorStore, KnowledgeStore, WikiStore, TransferStore, Protocol
):
    """A bank's lasting content. Every method looks at one bank only."""
