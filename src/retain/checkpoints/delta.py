"""What changed in a context since it was last kept."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar, cast

from retain.checkpoints.codec import ITEMS, Codec, Stored, head_of
from retain.checkpoints.turns import Turns
from retain.checkpoints.unchanged import (
    AppendOnly,
    Rows,
    Traced,
    immutable,
    items_of,
    joined,
    shallow_copy,
    trace,
)
from retain.engine.context import EngineContext, StepLogEntry, key_of
from retain.engine.run_ids import run_id_of
from retain.keys import RunKey
from retain.status import ENDED, RunStatus

C = TypeVar("C", bound=EngineContext)

_NEVER = object()

STRICT_EVERY = 64

INLINE_WEIGHT = 32_768
"""Up to about this many bytes are encoded on the event loop; more, in a thread."""


@dataclass(frozen=True, slots=True)
class Delta:
    """What a save writes.

    Args:
        run_key: The run's key.
        run_id: Tells the run from others of its key.
        version: The schema version of the context.
        full: Whether this is the whole context, to replace whatever is kept.
        completed: Whether the run is completed; its delta is full.
        status: How the run stands.
        last_state: Where it is.
        started_at: When it was made, in seconds since the epoch; None if it does not say.
        new_status: Whether `status` differs from what is kept.
        revision: One more than that of the delta that this one follows; a full one's is new.
        head: The engine's own part.
        fields: The fields whose value changed.
        added: What was added to lists, as lists of their own.
        rewritten: Those of `fields` that were kept in parts, which `fields` replaces.
        steps: New entries of the step log, and those that were open, with their positions.
    """

    run_key: RunKey
    run_id: str
    version: int
    full: bool
    completed: bool
    status: RunStatus
    last_state: str
    started_at: float | None
    new_status: bool
    revision: int
    head: bytes
    fields: dict[str, bytes]
    added: dict[str, bytes]
    rewritten: Sequence[str]
    steps: Sequence[tuple[int, bytes]]


@dataclass(frozen=True, slots=True)
class _Kept:
    """What was kept of a field.

    Args:
        digest: Of its bytes; empty where they are in several parts.
        atom: Its value, where that cannot change in itself.
        empty: The type of an empty list or dict: the commonest value there is.
        trace: What later values are compared with; None: they are encoded.
        kind: Its type.
        items: How many items it has that are traced: of a list, its items.
    """

    digest: bytes
    atom: Any
    empty: type | None
    trace: Traced | None
    kind: type[Any]
    items: int

    def begins(self, value: Any, *, strict: bool = True) -> bool:
        """Whether `value` surely is the one that is kept; of a list, or that one and more items."""
        if self.trace is None or type(value) is not self.kind:
            return False
        if self.kind is dict and isinstance(self.trace, AppendOnly):
            return self.trace.is_all_of(value)
        items = items_of(value)
        enough = len(items) >= self.items if self.kind is list else len(items) == self.items
        return enough and self.trace.begins(items, strict=strict)

    def is_all_of(self, value: Any) -> bool:
        """Whether a value that is added to alone has nothing more than what is kept."""
        trace = self.trace if type(value) is self.kind else None
        return isinstance(trace, AppendOnly) and trace.is_all_of(value)

    def grown(self, items: list[Any], traced: Traced | None) -> _Kept:
        """The list with more items."""
        count = len(items) + self.items
        both = joined(self.trace, traced)
        return replace(self, digest=b"", empty=None, items=count, trace=both)


class Tracker(Generic[C]):
    """Remembers what was kept of one context, so that a save writes what changed.

    Its lock puts the saves of one context in order: a later one never overtakes an earlier one.
    """

    def __init__(self, codec: Codec[C]) -> None:
        self.lock = Turns()
        self.moved_from: RunKey | None = None
        self._codec = codec
        self._key: RunKey | None = None
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
        self._status: RunStatus | None = None
        self._run_id = ""

    def running_as(self, key: RunKey | None) -> None:
        """Note by which key a run was kept that goes on: should a state give it another."""
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
                digest = b"" if name in stored.added else _digest(body)
                self._fields[name] = _kept(getattr(ctx, name), digest, None)
        self._steps = len(ctx.step_log)
        self._last_step = ctx.step_log[-1] if ctx.step_log else None
        self._open = [n for n, entry in enumerate(ctx.step_log) if not entry.closed]
        self._duration_ms = sum(e.duration_ms or 0.0 for e in ctx.step_log if e.closed)
        self._status = getattr(ctx, "status", RunStatus.RUNNING)
        self._run_id = run_id_of(ctx)

    async def delta(self, ctx: C) -> tuple[Delta, Pending]:
        """What changed in `ctx`, as it is at the call, and what `kept` needs once it is kept.

        Raises:
            CheckpointError: A field holds what cannot be kept.
        """
        self._codec.admit(ctx)
        key = key_of(ctx)
        self.moved_from = None if self._key == key else self._key
        status = getattr(ctx, "status", RunStatus.RUNNING)
        completed = status in ENDED and bool(self._codec.working)
        run_id = run_id_of(ctx)
        moved = self.moved_from is not None or run_id != self._run_id
        if completed or moved or not self._continues(ctx.step_log):
            self.forget()  # a completed run is written whole, in the place of all its fields
        changed = self._changed(ctx, self._codec.working if completed else frozenset())
        numbers = [*self._open, *range(self._steps, len(ctx.step_log))]
        entries = [ctx.step_log[n] for n in numbers]
        head = head_of(ctx)
        pending = Pending(
            {},
            {},
            len(ctx.step_log),
            ctx.step_log[-1] if ctx.step_log else None,
            [n for n, entry in zip(numbers, entries, strict=True) if not entry.closed],
            self._duration_ms + sum(e.duration_ms or 0.0 for e in entries if e.closed),
            status,
            run_id,
            strict=self._revision % STRICT_EVERY == 0 or status != RunStatus.RUNNING,
        )
        head.steps, head.duration_ms = pending.steps, pending.duration_ms
        steps = self._encode_steps(numbers, entries)
        encoded_head = self._codec.encode_head(head)
        if sum(self._weight(name, value) for name, value in changed.items()) <= INLINE_WEIGHT:
            fields, added = self._encode_fields(changed, pending)
        else:
            fields, added = await asyncio.to_thread(self._encode_fields, changed, pending)
        delta = Delta(
            *(key, run_id, self._codec.version, self._full, completed),
            *(head.status, head.last_state, seconds_of(head.started_at), status != self._status),
            *(self._revision + 1, encoded_head, fields, added, tuple(pending.rewritten), steps),
        )
        return delta, pending

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
            if kept is not None and (
                value is kept.atom or (type(value) is kept.empty and not value)
            ):
                continue
            if kept is not None and name in self._codec.append_only and kept.is_all_of(value):
                continue
            changed[name] = shallow_copy(value)
        return changed

    def kept(self, pending: Pending) -> None:
        """Take the delta that came with `pending` for kept."""
        self._full = False
        self._revision += 1
        self._fields |= pending.fields
        for name, (items, traced) in pending.added.items():
            self._fields[name] = self._fields[name].grown(items, traced)
        self._steps = pending.steps
        self._last_step = pending.last_step
        self._open = pending.open
        self._duration_ms = pending.duration_ms
        self._status = pending.status
        self._run_id = pending.run_id

    def _continues(self, step_log: Sequence[StepLogEntry]) -> bool:
        """Whether the step log begins with the entries that are kept."""
        kept = self._steps
        return kept == 0 or (len(step_log) >= kept and step_log[kept - 1] is self._last_step)

    def _encode_steps(
        self, numbers: list[int], entries: list[StepLogEntry]
    ) -> list[tuple[int, bytes]]:
        encode = self._codec.encode_step
        return [(n, encode(entry)) for n, entry in zip(numbers, entries, strict=True)]

    def _encode_fields(
        self, changed: dict[str, Any], pending: Pending
    ) -> tuple[dict[str, bytes], dict[str, bytes]]:
        """The bytes of the fields whose value differs from the one that is kept.

        Of a list whose items are those that are kept, and more, only these are encoded.
        """
        fields: dict[str, bytes] = {}
        added: dict[str, bytes] = {}
        for name, value in changed.items():
            kept = self._fields.get(name)
            if kept is not None and kept.begins(value, strict=pending.strict):
                if kept.kind is list and len(value) > kept.items:
                    self._add(name, value[kept.items :], added, pending)
                continue
            # Before it is encoded: what a branch changes meanwhile is seen at the next save.
            traced = self._trace(name, value)
            body = self._codec.encode_field(name, _as_traced(value, traced))
            digest = _digest(body)
            if kept is None or kept.digest != digest:
                fields[name] = body
                if kept is not None and not kept.digest:
                    pending.rewritten.append(name)
            pending.fields[name] = _kept(value, digest, traced)
        return fields, added

    def _add(self, name: str, items: list[Any], added: dict[str, bytes], pending: Pending) -> None:
        traced = self._trace(name, items)
        pending.added[name] = (items, traced)
        added[name] = self._codec.encode_field(name, _as_traced(items, traced))

    def _trace(self, name: str, value: Any) -> Traced | None:
        if name in self._codec.append_only:
            return AppendOnly(value)
        return trace(items_of(value).copy())

    def _weight(self, name: str, value: Any) -> int:
        """About how many bytes it takes as much time to encode as this value takes."""
        kept = self._fields.get(name)
        if kept is None or kept.trace is None:
            return _weight(value)
        return 2 * kept.trace.size + (_weight(value) if kept.kind not in (list, dict) else 0)


@dataclass(slots=True)
class Pending:
    """What a tracker remembers once a delta is kept.

    Args:
        fields: What is kept of those that did.
        added: What was added to lists, with its trace.
        steps: How many entries the step log has.
        last_step: The last of them.
        open: Those that have not ended.
        duration_ms: How long the others took.
        status: How the run stands.
        run_id: Tells the run from others of its key.
        rewritten: The fields that are written whole though they were kept in parts.
        strict: Whether values that are equal and of another type count as changed: at the end of a
            run, and at every `STRICT_EVERY`-th save.
    """

    fields: dict[str, _Kept]
    added: dict[str, tuple[list[Any], Traced | None]]
    steps: int
    last_step: StepLogEntry | None
    open: list[int]
    duration_ms: float
    status: RunStatus
    run_id: str
    strict: bool
    rewritten: list[str] = field(default_factory=list[str])


def _as_traced(value: Any, traced: Traced | None) -> Any:
    """`value` as it was traced, should a branch change it and change it back meanwhile."""
    return traced.copies if isinstance(traced, Rows) else value


def _kept(value: Any, digest: bytes, traced: Traced | None) -> _Kept:
    kind = cast("type[Any]", type(value))
    atom = value if immutable(kind) else _NEVER
    empty = kind if kind in (list, dict) and not value else None
    items = 0 if atom is value else len(items_of(value))
    return _Kept(digest, atom, empty, None if atom is value else traced, kind, items)


def seconds_of(moment: datetime | None) -> float | None:
    """A time in seconds since the epoch; one without a zone is taken for UTC."""
    if moment is None:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


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
