"""What a page states where there is more than anybody reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from retain.wiki.links import to_source
from retain.wiki.statements import Statement

_FEWEST_OF_A_SOURCE = 2


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
    left_out: list[str] = []
    for source_id, those in sorted(by_source.items(), key=lambda item: (-len(item[1]), item[0])):
        share = max(_FEWEST_OF_A_SOURCE, most * len(those) // len(found))
        share = min(share, most - len(kept))
        kept |= set(sorted(those, key=lambda n: (-fit(found[n]), n))[:share])
        if len(those) > share:
            left_out.append(f"{len(those) - share:,} more in {to_source(source_id)}")
    return [found[n] for n in sorted(kept)], f"And {', '.join(left_out)}."
