"""Who may do what: tokens with a scope and banks, which are kept as hashes."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import msgspec

from retain.db.private import FILE_MODE
from retain.errors import InputError
from retain.server.problems import HttpError

Scope = Literal["read", "write", "admin"]
"""``read`` reads, ``write`` also retains and forgets, ``admin`` also deletes whole banks."""

SCOPES: tuple[Scope, ...] = get_args(Scope)

COOKIE = "retain_token"
"""The cookie in which the web page keeps a token."""

LEAST_CHARACTERS = 16
"""A token that is shorter could be guessed."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What the bearer of a token may do.

    Args:
        name: Names the token for people.
        sha256: The hash of the token, in hexadecimal.
        scope: What its bearer may do.
        banks: In which banks; None: in all of them.
    """

    name: str
    sha256: str
    scope: Scope = "admin"
    banks: tuple[str, ...] | None = None

    def allows(self, scope: Scope) -> bool:
        """Whether the token has a scope."""
        return SCOPES.index(self.scope) >= SCOPES.index(scope)

    def reaches(self, bank_id: str) -> bool:
        """Whether the token is for a bank."""
        return self.banks is None or bank_id in self.banks


ANYBODY = Grant("anybody", "")
"""Who uses a server that asks for no token: it listens on a loopback address only."""


class Access:
    """The tokens of a server.

    Args:
        grants: The tokens; none: no token is asked for.
    """

    def __init__(self, grants: Sequence[Grant] = ()) -> None:
        self._grants = tuple(grants)

    @property
    def is_open(self) -> bool:
        """Whether no token is asked for."""
        return not self._grants

    def grant_of(self, token: str | None) -> Grant:
        """What the bearer of a token may do.

        Raises:
            HttpError: There is no such token.
        """
        if self.is_open:
            return ANYBODY
        given = digest(token or "")
        match: Grant | None = None
        for grant in self._grants:  # compares all of them, so that the time tells nothing
            if hmac.compare_digest(grant.sha256, given):
                match = grant
        if match is None:
            problem = "no such token" if token else "no token"
            raise HttpError(
                401,
                "unauthorized",
                f"{problem}: send the header Authorization: Bearer TOKEN",
                {"WWW-Authenticate": 'Bearer realm="retain"'},
            )
        return match


def digest(token: str) -> str:
    """The hash of a token. Tokens are random, so a fast hash is enough."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def bearer(authorization: str | None, cookie: str | None = None) -> str | None:
    """The token of a request."""
    kind, _, token = (authorization or "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else cookie


def single_token(token: str) -> Grant:
    """The grant of the one token of a server, which may do everything.

    Raises:
        InputError: The token could be guessed.
    """
    if len(token) < LEAST_CHARACTERS:
        raise InputError(
            f"the token has {len(token)} characters: give at least {LEAST_CHARACTERS}, such as "
            f"{secrets.token_urlsafe(24)}"
        )
    return Grant("token", digest(token))


def read_tokens(path: Path) -> list[Grant]:
    """The tokens of a file.

    Raises:
        InputError: There is no such file, or it is no file of tokens.
    """
    try:
        content = path.read_bytes()
    except OSError as exc:
        raise InputError(f"{path}: {exc.strerror}: make it with `retain token NAME`") from exc
    try:
        grants = msgspec.json.decode(content, type=list[Grant])
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise InputError(f"{path} is no file of tokens: {exc}") from exc
    if not grants:
        raise InputError(f"{path} has no token: add one with `retain token NAME`")
    return grants


def add_token(
    path: Path, name: str, scope: Scope = "admin", banks: Sequence[str] | None = None
) -> str:
    """Make a token and add its hash to a file; an earlier token of that name is replaced.

    Returns:
        The token, which is not kept.

    Raises:
        InputError: The file cannot be read as tokens, or cannot be written.
    """
    token = secrets.token_urlsafe(24)
    others = [one for one in read_tokens(path) if one.name != name] if path.exists() else []
    grant = Grant(name, digest(token), scope, None if banks is None else tuple(banks))
    content = msgspec.json.format(msgspec.json.encode([*others, grant]), indent=2) + b"\n"
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        draft.touch(mode=FILE_MODE, exist_ok=False)
        draft.write_bytes(content)
        draft.replace(path)
    except OSError as exc:
        draft.unlink(missing_ok=True)
        raise InputError(f"{path}: {exc.strerror}: choose a file that can be written") from exc
    return token
