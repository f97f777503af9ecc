"""Facts that a bank keeps and seldom reads, in few bytes."""

from __future__ import annotations

import zlib
from dataclasses import replace

import msgspec

from retain.memory.model import Fact

_ENCODER = msgspec.json.Encoder(order="deterministic")
_DECODER = msgspec.json.Decoder(Fact)

_FRAME = (
    b'{"fact_id":"","section_id":"","type":"world","text":"","quote":"","start":,"end":,'
    b'"entities":[""],"mentioned_at":"2026-01-01T00:00:00Z","occurred_start":null,'
    b'"occurred_end":null,"superseded_by":null,"subject":"","slot":null,"value":null,'
    b'"confidence":0.75,"named":[]}'
)
"""What most facts have in common. It never changes: what was compressed with it needs it."""

_RAW = -zlib.MAX_WBITS


def packed(fact: Fact) -> bytes:
    """The fact but for what supersedes it, compressed: about a third of its JSON."""
    packing = zlib.compressobj(9, wbits=_RAW, zdict=_FRAME)
    body = _ENCODER.encode(replace(fact, superseded_by=None))
    return packing.compress(body) + packing.flush()


def unpacked(body: bytes | str) -> Fact:
    """The fact that is packed; earlier releases kept its JSON as text.

    Raises:
        ValueError: It is damaged.
    """
    if isinstance(body, str):
        return _DECODER.decode(body)
    try:
        unpacking = zlib.decompressobj(_RAW, zdict=_FRAME)
        return _DECODER.decode(unpacking.decompress(body) + unpacking.flush())
    except (zlib.error, msgspec.MsgspecError) as exc:
        raise ValueError(f"a fact of an earlier version cannot be read: {exc}") from exc
