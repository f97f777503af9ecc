"""The composition root: a URL and settings become a `Memory`."""

from retain.app.memory import Memory, SourceView

__all__ = ["Memory", "SourceView"]
