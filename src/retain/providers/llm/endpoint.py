"""Where a model is served, and the key that opens it."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from retain.errors import InputError

COMPATIBLE = "openai-compatible"
KEY = "RETAIN_API_KEY"
"""The variable that holds the key of a server that a base URL names."""

_OWN = {
    "anthropic": "ANTHROPIC",
    "openai": "OPENAI",
    "openai-chat": "OPENAI",
    "openai-responses": "OPENAI",
    COMPATIBLE: "OPENAI",
}
_TELLING = ("KEY", "TOKEN", "SECRET", "PASSWORD", "CREDENTIAL", "HEADERS")
_SHORTEST_SECRET = 8


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A model's server.

    Args:
        provider: What stands before the colon of the model's name.
        name: What stands after it.
        base_url: Where the server is, if not where the provider's is.
        key: What opens it; None: nothing, or what the provider's own client finds.
        variable: The environment variable that holds the key, or would; empty if not known.
        secrets: What must never be shown, the longest first.
    """

    provider: str
    name: str
    base_url: str | None
    key: str | None = field(repr=False)
    variable: str
    secrets: tuple[str, ...] = field(repr=False)

    @property
    def model(self) -> str:
        """``PROVIDER:NAME``."""
        return f"{self.provider}:{self.name}"

    @property
    def place(self) -> str:
        """The server, as a message names it."""
        return self.base_url or self.provider

    @property
    def local(self) -> bool:
        """Whether it is on this machine."""
        return self.base_url is not None and _loopback(urlsplit(self.base_url))


def endpoint(
    model: str, base_url: str | None, environ: Mapping[str, str], api_key: str | None = None
) -> Endpoint:
    """The server of a model.

    With a base URL, the key is ``RETAIN_API_KEY``, if there is one. A provider's own key is never
    sent to another machine without encryption.

    Args:
        model: ``PROVIDER:NAME``.
        base_url: Where its server is, if not where the provider's is.
        environ: The environment.
        api_key: What counts as ``RETAIN_API_KEY``; None: what the environment has there.

    Raises:
        InputError: The name or the URL cannot be used, or there is no key; the message says what
            to do.
    """
    if api_key:
        environ = {**environ, KEY: api_key}
    provider, _, name = model.partition(":")
    if not provider or not name or model != model.strip():
        raise InputError(
            f"no model {model!r}: write PROVIDER:NAME, such as openai:gpt-4o-mini, "
            f"anthropic:claude-haiku-4-5 or {COMPATIBLE}:NAME with a base URL"
        )
    own = _OWN.get(provider)
    if own is None:
        if base_url is not None:
            raise InputError(f"{provider} takes no base URL: use {COMPATIBLE}:{name} with it")
        return Endpoint(provider, name, None, None, "", _secrets(environ, None))
    if base_url is None and provider != COMPATIBLE:
        base_url = environ.get(f"{own}_BASE_URL") or None
    if base_url is None and provider == COMPATIBLE:
        raise InputError(
            f"{model} needs to know where its server is, such as http://127.0.0.1:8000/v1: give "
            "--base-url or RETAIN_BASE_URL, for an embedder RETAIN_EMBEDDER_URL"
        )
    key, variable = _key(provider, f"{own}_API_KEY", base_url, environ)
    return Endpoint(provider, name, base_url, key, variable, _secrets(environ, key))


def _key(
    provider: str, own: str, base_url: str | None, environ: Mapping[str, str]
) -> tuple[str | None, str]:
    """The key, and the variable that holds it."""
    if base_url is None:
        url, sealed = None, True
    else:
        url = _checked(base_url)
        sealed = url.scheme == "https" or _loopback(url)
        if key := environ.get(KEY):
            return key, KEY
    if sealed and (key := environ.get(own)):
        return key, own
    if provider == COMPATIBLE:
        return None, KEY
    if url is not None and not sealed:
        raise InputError(
            f"{own} would go unencrypted to {url.hostname}: use https, or set {KEY} to the key "
            "of that server"
        )
    raise InputError(f"{provider} needs a key: set {own}")


def _checked(base_url: str) -> SplitResult:
    """The parts of a base URL; the messages repeat nothing of it that may be secret."""
    try:
        url = urlsplit(base_url)
        host, _ = url.hostname, url.port
    except ValueError as exc:
        raise InputError("the base URL is no URL: write it as http://127.0.0.1:8000/v1") from exc
    if url.username is not None or url.password is not None or url.query or url.fragment:
        raise InputError(
            f"the base URL holds more than a place: a user, password or key goes into {KEY}"
        )
    if url.scheme not in ("http", "https") or not host:
        raise InputError("the base URL is no http or https URL: write http://127.0.0.1:8000/v1")
    return url


def _loopback(url: SplitResult) -> bool:
    host = url.hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _secrets(environ: Mapping[str, str], key: str | None) -> tuple[str, ...]:
    told = {
        value
        for name, value in environ.items()
        if len(value) >= _SHORTEST_SECRET and any(word in name.upper() for word in _TELLING)
    }
    return tuple(sorted(told | ({key} if key else set()), key=len, reverse=True))
