"""Names in texts: who and what a source speaks of, and which names mean the same."""

from retain.memory.model import Corrections
from retain.providers.local.entities.clusters import Name
from retain.providers.local.entities.mentions import extract_mentions
from retain.providers.local.entities.names import fold
from retain.providers.local.entities.normalise import normalise_names

__all__ = [
    "Corrections",
    "Name",
    "extract_mentions",
    "fold",
    "normalise_names",
]
