"""What a page states where there is more than anybody reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from retain.wiki.links import to_source
from retain.wiki.statements import Statement

_FEWEST_OF_A_SOURCE = 2
_MOST_SOURCES = 10


def chosen(
    found: Sequence[Statement], most: int, fit: Callable[[Statement], float]
) -> tuple[list[Statement], str]:
    """The statements that fit best, with a share for each source, and a line on those left out.

    Args:
        found: In the order of the page.
        most: How many at most.
        fit: How well a statement fits the page; of equal ones the first is taken.

    Returns:
        The chosen in their order; and the line, empty where nothing is left out.
    """
    if len(found) <= most:
        return list(found), ""
    by_source: dict[str, list[int]] = {}
    for n, one in enumerate(found):
        by_source.setdefault(one.cited[0].source_id, []).append(n)
    kept: set[int] = set()
    left_out: list[tuple[int, str]] = []
    for source_id, those in sorted(by_source.items(), key=lambda item: (-len(item[1]), item[0])):
        share = max(_FEWEST_OF_A_SOURCE, most * len(those) // len(found))
        share = min(share, most - len(kept))
        kept |= set(sorted(those, key=lambda n: (-fit(found[n]), n))[:share])
        if len(those) > share:
            left_out.append((len(those) - share, source_id))
    return [found[n] for n in sorted(kept)], _line(left_out)


def _line(left_out: Sequence[tuple[int, str]]) -> str:
    ranked = sorted(left_out, key=lambda item: (-item[0], item[1]))
    told = [f"{count:,} more in {to_source(one)}" for count, one in ranked[:_MOST_SOURCES]]
    if others := ranked[_MOST_SOURCES:]:
        told.append(f"{sum(count for count, _ in others):,} more in {len(others):,} other sources")
    return f"And {', '.join(told)}."
