"""What a bank holds and should not, or should hold and does not."""

from __future__ import annotations

from collections.abc import Iterator

from retain.memory.model import Flaw
from retain.memory.ports.store import Tx


def flaws(tx: Tx) -> Iterator[Flaw]:
    """Everything that is wrong, by kind."""
    for source, fact, text in tx.rows("lost_facts"):
        yield Flaw("fact without section", text, source, fact)
    for source, fact, text, line in tx.rows("misquoted_facts"):
        yield Flaw("fact without quote", text, source, fact, line)
    for source, fact, text in tx.rows("unexplained_facts"):
        yield Flaw("fact without outcome", text, source, fact)
    for newer, _, reason in tx.rows("lost_edges"):
        yield Flaw("edge without fact", reason, fact_id=newer)
    for source, name in tx.rows("lost_names"):
        yield Flaw("name without section", name, source)
    for kind, name, other in tx.rows("idle_corrections"):
        yield Flaw("correction without names", f"{kind} {name} and {other}")
    for source, number in tx.rows("unindexed_sections"):
        yield Flaw("sections not indexed", str(number), source)
    if tx.rows("is_vacuum_due"):
        yield Flaw("deleted bytes", "what was deleted may stand in unused bytes of the file")


def mend(tx: Tx) -> None:
    """Remove what only points to what is gone: names, and what was decided of such names."""
    tx.run("drop_lost_names")
    idle = tx.rows("idle_corrections")
    tx.run_many("drop_correction", ({"name": name, "other": other} for _, name, other in idle))
