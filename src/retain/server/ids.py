"""Ids in paths, ``{bank_id:id}``: each is one percent-encoded segment, which may hold a slash."""

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


register_url_convertor("id", IdConvertor())
