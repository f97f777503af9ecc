"""The embedders that there are; each is loaded when a bank first needs it."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from retain.errors import InputError
from retain.memory.ports import Embedder

STATIC = "static"
MINILM = "minilm"

MODELS = {STATIC: "wordllama-l2-supercat-256", MINILM: "all-minilm-l6-v2-int8"}
"""The model behind each name that a user may set."""


def _static() -> Embedder:
    from retain.providers.embedders.static import StaticEmbedder

    return StaticEmbedder(MODELS[STATIC])


def _minilm() -> Embedder:
    from retain.providers.embedders.minilm import MiniLMEmbedder

    return MiniLMEmbedder(MODELS[MINILM])


_LOADERS: dict[str, Callable[[], Embedder]] = {
    MODELS[STATIC]: _static,
    MODELS[MINILM]: _minilm,
}


class Catalogue:
    """The embedders of this installation.

    Args:
        name: The one for a bank that has no vectors yet: ``static`` or ``minilm``.

    Raises:
        InputError: There is no such embedder.
    """

    def __init__(self, name: str = STATIC) -> None:
        if name not in MODELS:
            raise InputError(f"no embedder {name!r}: there are {' and '.join(MODELS)}")
        self._preferred = MODELS[name]
        self._loaded: dict[str, Embedder] = {}
        self._lock = Lock()

    @property
    def preferred(self) -> str:
        """The model for a bank that has none yet."""
        return self._preferred

    def get(self, model: str) -> Embedder:
        """The embedder of that model, loaded once.

        Raises:
            InputError: There is no such model.
            MissingExtraError: What it needs is not installed.
        """
        if model not in _LOADERS:
            raise InputError(
                f"no embedder of model {model!r}: a newer release made these vectors; "
                "upgrade retain, or `retain reembed` the bank"
            )
        with self._lock:
            if model not in self._loaded:
                self._loaded[model] = _LOADERS[model]()
            return self._loaded[model]
