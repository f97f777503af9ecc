"""Files and texts: found, decoded and cut into sections."""

from retain.sources.discovery import Found, discover
from retain.sources.reader import FileReader

__all__ = ["FileReader", "Found", "discover"]
