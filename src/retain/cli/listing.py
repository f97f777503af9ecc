"""Pages of long lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, TypeVar

import typer

from retain.app.paging import Key, page
from retain.cli.output import complain, say

T = TypeVar("T")

Limit = Annotated[
    int | None, typer.Option("--limit", metavar="N", min=1, help="List at most so many.")
]
After = Annotated[
    str | None,
    typer.Option("--after", metavar="CURSOR", help="Next page, as the page before named it."),
]


def page_of(
    items: Sequence[T], key: Key[T], limit: int | None, after: str | None
) -> tuple[Sequence[T], str | None]:
    """A page of a list, and the cursor of the next one; all of it where no page is asked for.

    Raises:
        InputError: The cursor is none.
    """
    if limit is None and after is None:
        return items, None
    return page(sorted(items, key=key), key, limit or max(len(items), 1), after)


def tell_more(
    shown: int, total: int, kind: str, following: str | None, *, as_json: bool = False
) -> None:
    """Say how to see the next page; beside JSON, on stderr."""
    if following is not None:
        more = f"{shown:,} of {total:,} {kind}; for the next ones, add --after {following}"
        (complain if as_json else say)(more)
