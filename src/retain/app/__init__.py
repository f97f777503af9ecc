"""The composition root: a URL and settings become a `Memory`."""

from retain.app.forgetting import Forgetting
from retain.app.known import KnownEntity
from retain.app.lint import Finding
from retain.app.memory import Memory, SourceView
from retain.app.transfer import Exported, Imported
from retain.wiki.reader import difference

__all__ = [
    "Finding",
    "Exported",
    "Forgetting",
    "Imported",
    "KnownEntity",
    "Memory",
    "SourceView",
    "difference",
]
