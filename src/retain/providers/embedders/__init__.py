"""Embedders: what turns text into vectors, by the names of their models."""

from retain.providers.embedders.catalogue import Catalogue

__all__ = ["Catalogue"]
