"""The store, made of its parts."""

from __future__ import annotations

from retain.stores.sqlite.knowledge import SQLiteKnowledge
from retain.stores.sqlite.search import SQLiteSearch
from retain.stores.sqlite.sources import SQLiteSources
from retain.stores.sqlite.transfer import SQLiteTransfer
from retain.stores.sqlite.vectors import SQLiteVectors
from retain.stores.sqlite.wiki import SQLiteWiki


class SQLiteStore(
    SQLiteSources, SQLiteSearch, SQLiteVectors, SQLiteKnowledge, SQLiteWiki, SQLiteTransfer
):
    """A bank's lasting content in a `Database`, which may be shared with others.

    Words are matched by their stem, without regard to case and accents. How rare a word is, is
    counted in each bank, so banks in one file share nothing.

    Args:
        database: Where; it belongs to the caller, who closes it.
        now: The clock, timezone-aware.
    """
