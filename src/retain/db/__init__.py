"""Databases: connections, migrations and SQL."""
