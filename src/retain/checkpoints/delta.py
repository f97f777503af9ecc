"""What changed in a context since it was last kept."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

from retain.checkpoints.codec import ITEMS, Codec, Stored, head_of
from retain.checkpoints.turns import Turns
from retain.checkpoints.unchanged import immutable, same, shallow_copy, snapshot
from retain.engine.context import EngineContext, StepLogEntry
from retain.status import ENDED

C = TypeVar("C", bound=EngineContext)

_NEVER = object()

INLINE_WEIGHT = 32_768
"""Up to about this many bytes are encoded on the event loop; more, in a thread."""


@dataclass(frozen=True, slots=True)
class Delta:
    """What a save writes.

    Args:
        bank_id: The run's bank.
        source_id: The run's source.
        version: The schema version of the context.
        full: Whether this is the whole context, to replace whatever is kept.
        completed: Whether the run is completed; its delta is full.
        revision: One more than that of the delta that this one follows; a full one's is new.
        head: The engine's own part.
        fields: The fields whose value changed.
        steps: New entries of the step log, and those that were open, with their positions.
    """

    bank_id: str
    source_id: str
    version: int
    full: bool
    completed: bool
    revision: int
    head: bytes
    fields: dict[str, bytes]
    steps: Sequence[tuple[int, bytes]]


@dataclass(frozen=True, slots=True)
class _Kept:
    """What was kept of a field.

    Args:
        snapshot: What later values are compared with.
        digest: Of its bytes.
        atom: Its value, where that cannot change in itself.
        empty: The type of an empty list or dict: the commonest value there is.
    """

    snapshot: Any
    digest: bytes
    atom: Any
    empty: type | None


class Tracker(Generic[C]):
    """Remembers what was kept of one context, so that a save writes what changed.

    Its lock puts the saves of one context in order: a later one never overtakes an earlier one.
    """

    def __init__(self, codec: Codec[C]) -> None:
        self.lock = Turns()
        self.moved_from: tuple[str, str] | None = None
        self._codec = codec
        self._key: tuple[str, str] | None = None
        self.forget()

    def forget(self) -> None:
        """Have the next delta hold everything: what is kept is not known."""
        self._full = True
        # By chance, so that no delta seems to follow what another runner wrote.
        self._revision = int.from_bytes(os.urandom(7), "big")
        self._fields: dict[str, _Kept] = {}
        self._steps = 0
        self._last_step: StepLogEntry | None = None
        self._open: list[int] = []
        self._duration_ms = 0.0

    def running_as(self, key: tuple[str, str] | None) -> None:
        """Note by which ids a run was kept that goes on: should a state give it others."""
        self._key = key

    def loaded(self, ctx: C, stored: Stored, revision: int) -> None:
        """Take `ctx`, just decoded from `stored`, for kept.

        What was kept by an older schema stands no more for the fields of this one.
        """
        if stored.version != self._codec.version:
            return
        self._full = False
        self._revision = revision
        for name, body in stored.fields.items():
            if name in self._codec.names:
                value = shallow_copy(getattr(ctx, name))
                self._fields[name] = _kept(value, _digest(body))
        self._steps = len(ctx.step_log)
        self._last_step = ctx.step_log[-1] if ctx.step_log else None
        self._open = [n for n, entry in enumerate(ctx.step_log) if not entry.closed]
        self._duration_ms = sum(e.duration_ms or 0.0 for e in ctx.step_log if e.closed)

    async def delta(self, ctx: C) -> tuple[Delta, Pending]:
        """What changed in `ctx`, as it is at the call, and what `kept` needs once it is kept.

        Raises:
            CheckpointError: A field holds what cannot be kept.
        """
        self._codec.admit(ctx)
        self.moved_from = None if self._key == (ctx.bank_id, ctx.source_id) else self._key
        ended = getattr(ctx, "status", None) in ENDED
        completed = ended and bool(self._codec.working)
        if completed or self.moved_from is not None or not self._continues(ctx.step_log):
            self.forget()  # a completed run is written whole, in the place of all its fields
        changed = self._changed(ctx, self._codec.working if completed else frozenset())
        numbers = [*self._open, *range(self._steps, len(ctx.step_log))]
        entries = [ctx.step_log[n] for n in numbers]
        head = head_of(ctx)
        pending = Pending(
            changed,
            {},
            len(ctx.step_log),
            ctx.step_log[-1] if ctx.step_log else None,
            [n for n, entry in zip(numbers, entries, strict=True) if not entry.closed],
            self._duration_ms + sum(e.duration_ms or 0.0 for e in entries if e.closed),
        )
        head.steps, head.duration_ms = pending.steps, pending.duration_ms
        steps = self._encode_steps(numbers, entries)
        encoded_head = self._codec.encode_head(head)
        if sum(map(_weight, changed.values())) <= INLINE_WEIGHT:
            fields = self._encode_fields(changed, pending)
        else:
            fields = await asyncio.to_thread(self._encode_fields, changed, pending)
        return self._delta(ctx, completed, encoded_head, fields, steps), pending

    def _changed(self, ctx: C, left_out: frozenset[str]) -> dict[str, Any]:
        """The fields that may have changed, as they are now."""
        changed: dict[str, Any] = {}
        for name in self._codec.names:
            if name in left_out:
                continue
            value = getattr(ctx, name)
            kept = self._fields.get(name)
            if kept is None and name == ITEMS and not value:
                continue  # most runs have no map
            if kept is not None:
                if value is kept.atom or (type(value) is kept.empty and not value):
                    continue
                if same(value, kept.snapshot):
                    continue
            changed[name] = shallow_copy(value)
        return changed

    def kept(self, pending: Pending) -> None:
        """Take the delta that came with `pending` for kept."""
        self._full = False
        self._revision += 1
        for name, value in pending.values.items():
            self._fields[name] = _kept(value, pending.digests[name])
        self._steps = pending.steps
        self._last_step = pending.last_step
        self._open = pending.open
        self._duration_ms = pending.duration_ms

    def _continues(self, step_log: Sequence[StepLogEntry]) -> bool:
        """Whether the step log begins with the entries that are kept."""
        kept = self._steps
        return kept == 0 or (len(step_log) >= kept and step_log[kept - 1] is self._last_step)

    def _delta(
        self,
        ctx: C,
        completed: bool,
        head: bytes,
        fields: dict[str, bytes],
        steps: list[tuple[int, bytes]],
    ) -> Delta:
        return Delta(
            ctx.bank_id,
            ctx.source_id,
            self._codec.version,
            self._full,
            completed,
            self._revision + 1,
            head,
            fields,
            steps,
        )

    def _encode_steps(
        self, numbers: list[int], entries: list[StepLogEntry]
    ) -> list[tuple[int, bytes]]:
        encode = self._codec.encode_step
        return [(n, encode(entry)) for n, entry in zip(numbers, entries, strict=True)]

    def _encode_fields(self, changed: dict[str, Any], pending: Pending) -> dict[str, bytes]:
        """The bytes of the fields whose value differs from the one that is kept."""
        fields: dict[str, bytes] = {}
        for name, value in changed.items():
            body = self._codec.encode_field(name, value)
            digest = pending.digests[name] = _digest(body)
            kept = self._fields.get(name)
            if kept is None or kept.digest != digest:
                fields[name] = body
        return fields


@dataclass(slots=True)
class Pending:
    """What a tracker remembers once a delta is kept."""

    values: dict[str, Any]
    digests: dict[str, bytes]
    steps: int
    last_step: StepLogEntry | None
    open: list[int]
    duration_ms: float


def _kept(value: Any, digest: bytes) -> _Kept:
    kind = cast("type[Any]", type(value))
    atom = value if immutable(kind) else _NEVER
    return _Kept(
        snapshot(value), digest, atom, kind if kind in (list, dict) and not value else None
    )


def _digest(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=16).digest()


def _weight(value: Any) -> int:
    """About how many bytes a value encodes to, from a look at its outside."""
    if isinstance(value, (str, bytes)):
        return len(value)
    try:
        return 128 * len(value)
    except TypeError:
        return 64
