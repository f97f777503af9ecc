"""The embedders that there are; each is loaded when a bank first needs it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
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


def _is_remote(name: str) -> bool:
    provider, _, model = name.partition(":")
    return bool(provider and model)


class Catalogue:
    """The embedders of this installation.

    Args:
        name: The one for a bank that has no vectors yet: ``static``, ``minilm`` or, behind a
            server, ``PROVIDER:NAME``. The command line and `Memory` give that of `Settings`.
        remote: Makes the embedder of a ``PROVIDER:NAME``; None: there is none.

    Raises:
        InputError: There is no such embedder.
    """

    def __init__(
        self, name: str = STATIC, *, remote: Callable[[str], Embedder] | None = None
    ) -> None:
        if name not in MODELS and (remote is None or not _is_remote(name)):
            raise InputError(
                f"no embedder {name!r}: there are {', '.join(MODELS)}, openai:NAME and "
                "openai-compatible:NAME"
            )
        self._preferred = MODELS.get(name, name)
        self._remote = remote
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
        load = _LOADERS.get(model)
        if load is None and self._remote is not None and _is_remote(model):
            load = partial(self._remote, model)
        if load is None:
            raise InputError(
                f"no embedder of model {model!r}: a newer release made these vectors; "
                "upgrade retain, or `retain reembed` the bank"
            )
        with self._lock:
            if model not in self._loaded:
                self._loaded[model] = load()
            return self._loaded[model]
