"""The composition root: a URL and settings become a `Memory`."""

from retain.app.known import KnownEntity, KnownFact
from retain.app.memory import Memory, SourceView

__all__ = ["KnownEntity", "KnownFact", "Memory", "SourceView"]
