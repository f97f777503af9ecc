"""Ids in paths: each is one percent-encoded segment, so that an id may hold a slash."""

from __future__ import annotations

from urllib.parse import quote, unquote

from starlette.convertors import Convertor, register_url_convertor


class IdConvertor(Convertor[str]):
    """Decodes one segment of a path that `Guard` left encoded."""

    regex = "[^/]+"

    def convert(self, value: str) -> str:
        """The id."""
        return unquote(value)

    def to_string(self, value: str) -> str:
        """The segment."""
        return quote(value, safe="")


def register() -> None:
    """Let routes write ``{bank_id:id}``."""
    register_url_convertor("id", IdConvertor())
