"""Banks in a Postgres database."""

from retain.stores.postgres.store import PostgresStore

__all__ = ["PostgresStore"]
