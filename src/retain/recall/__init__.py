"""Finding things again, the same over every store."""
