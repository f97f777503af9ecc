"""Adapters for agent frameworks, one a module; each imports its framework when it is imported.

A module needs its framework's package, and names the line that installs it where it is missing.
"""
