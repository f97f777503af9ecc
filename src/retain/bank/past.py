"""The facts that sources do not state any more, those that a version left out in one row."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from itertools import groupby

import msgspec

from retain.bank.rows import Row
from retain.memory.model import CitedFact, Fact, FactLifetime
from retain.memory.naming import names_in
from retain.memory.ports.store import Tx

_ENCODER = msgspec.json.Encoder(order="deterministic")
_DECODER = msgspec.json.Decoder(list[tuple[int, int, Fact]])
"""The first version that stated a fact, the fact's line, and the fact."""

_FRAME = (
    b'[[1,1,{"fact_id":"","section_id":"","type":"world","text":"","quote":"","start":,"end":,'
    b'"entities":[""],"mentioned_at":"2026-01-01T00:00:00Z","occurred_start":null,'
    b'"occurred_end":null,"superseded_by":null,"subject":"","slot":null,"value":null,'
    b'"confidence":0.75,"named":[]}]'
)
"""What most facts have in common. It never changes: what was compressed with it needs it."""

_RAW = -zlib.MAX_WBITS


def put(tx: Tx, source_id: str, past: Iterable[FactLifetime]) -> None:
    """Keep facts of a source with the first version, `until`, that does not state them."""
    for until, ended in groupby(sorted(past, key=_order), key=_until):
        facts = list(ended)
        key: Row = {"source_id": source_id, "until": until}
        tx.run("put_past", {**key, "facts": _packed(facts)})
        _index(tx, key, facts)


def of(tx: Tx, source_id: str | None = None) -> Iterator[FactLifetime]:
    """The facts that the bank's sources, or one of them, stated once."""
    for source, until, facts in tx.rows("past", {"source_id": source_id}):
        yield from _unpacked(source, until, facts)


def naming(tx: Tx, names: Collection[str]) -> Iterator[FactLifetime]:
    """Those that give one of the names, which are without case."""
    wanted = set(names)
    for source, until, facts in tx.rows("past_naming", {"names": sorted(wanted)}):
        for one in _unpacked(source, until, facts):
            if not wanted.isdisjoint(names_in(one.cited.fact)):
                yield one


def index(tx: Tx, source_id: str) -> None:
    """Find those of a source by their names again, for a rebuild."""
    tx.run("forget_past_names", {"source_id": source_id})
    for _, until, facts in tx.rows("past", {"source_id": source_id}):
        key: Row = {"source_id": source_id, "until": until}
        _index(tx, key, _unpacked(source_id, until, facts))


def remove(tx: Tx, source_id: str, fact_ids: Collection[str]) -> None:
    """Remove some of those of a source."""
    if not fact_ids:
        return
    left = [one for one in of(tx, source_id) if one.cited.fact.fact_id not in fact_ids]
    tx.run("forget_past", {"source_id": source_id})
    put(tx, source_id, left)


def _index(tx: Tx, key: Row, past: Iterable[FactLifetime]) -> None:
    names = {name for one in past for name in names_in(one.cited.fact)}
    tx.run_many("put_past_name", ({**key, "name": name} for name in sorted(names)))


def _packed(past: Iterable[FactLifetime]) -> bytes:
    told = [
        (one.since, one.cited.line, replace(one.cited.fact, superseded_by=None, came_in=None))
        for one in past
    ]
    packing = zlib.compressobj(9, wbits=_RAW, zdict=_FRAME)
    return packing.compress(_ENCODER.encode(told)) + packing.flush()


def _unpacked(source_id: str, until: int, facts: bytes | str) -> Iterator[FactLifetime]:
    """What is packed; what an earlier release kept is JSON.

    Raises:
        ValueError: It is damaged.
    """
    try:
        if isinstance(facts, bytes):
            unpacking = zlib.decompressobj(_RAW, zdict=_FRAME)
            facts = (unpacking.decompress(facts) + unpacking.flush()).decode()
        told = _DECODER.decode(facts)
    except zlib.error as exc:
        raise ValueError(f"facts of an earlier version cannot be read: {exc}") from exc
    for since, line, fact in told:
        yield FactLifetime(CitedFact(source_id, fact, line), since, until)


def _until(one: FactLifetime) -> int:
    return one.until or 0


def _order(one: FactLifetime) -> tuple[int, str, int]:
    return _until(one), one.cited.fact.fact_id, one.since
