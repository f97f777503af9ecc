"""What a file's name says of how it is read."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import PurePath

TEXT_SUFFIXES = frozenset({".md", ".markdown", ".txt", ".json", ".jsonl"})
DOCUMENT_SUFFIXES = frozenset({".pdf", ".docx", ".pptx", ".xlsx", ".html", ".htm"})
NEEDS_EXTRA = 'reading documents needs an extra: pip install "retain[docs]"'


def suffix_of(name: str) -> str:
    """The suffix in small letters, with its point."""
    return PurePath(name).suffix.lower()


def is_document(name: str) -> bool:
    """Whether a file of this name is converted before it is read."""
    return suffix_of(name) in DOCUMENT_SUFFIXES


def can_convert() -> bool:
    """Whether the extra ``docs`` is installed."""
    return find_spec("markitdown") is not None
