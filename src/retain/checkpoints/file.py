"""Runs kept as files in a folder: an append-only log for each."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import msgspec
from filelock import FileLock, Timeout

from retain.checkpoints import log
from retain.checkpoints.base import BaseCheckpoint, Row, damaged
from retain.checkpoints.claim import Claim
from retain.checkpoints.codec import Stored
from retain.checkpoints.delta import Delta
from retain.checkpoints.history import EarlierRun, History, kept_of, run_id_in
from retain.concurrency import settled
from retain.db.options import Durability
from retain.db.private import make_folder, opener
from retain.engine.checkpoint import Lease, RunSummary
from retain.engine.context import EngineContext
from retain.errors import CheckpointDamagedError, CheckpointError
from retain.holder import Holder, this_process
from retain.keys import RunKey

logger = logging.getLogger("retain.checkpoints")

C = TypeVar("C", bound=EngineContext)
T = TypeVar("T")

_LOCKS = 64
_LOCK_TIMEOUT_S = 10.0
_ABANDON_AFTER_S = 10.0
"""How long a cancellation waits for a disk that hangs."""
_COMPACT_SLACK = 1 << 20
"""A log is rewritten once it has grown to twice its size of then, and this many bytes more."""


class _Record(msgspec.Struct, frozen=True, array_like=True):
    """One save. The first of a log holds the whole run; each other one, what changed."""

    run_key: RunKey
    version: int
    revision: int
    head: bytes
    fields: dict[str, bytes]
    steps: list[tuple[int, bytes]]
    added: dict[str, list[bytes]] = {}


@dataclass(frozen=True, slots=True)
class _End:
    """Where a log stood after our last look: if it is still that long, nobody wrote to it."""

    inode: int
    size: int
    base: int
    revision: int


class _PairRecord(msgspec.Struct, frozen=True, array_like=True):
    """A save of an earlier release, whose keys were two strings."""

    bank_id: str
    source_id: str
    version: int
    revision: int
    head: bytes
    fields: dict[str, bytes]
    steps: list[tuple[int, bytes]]
    added: dict[str, list[bytes]] = {}


_decoder = msgspec.msgpack.Decoder(_Record)
_pair_decoder = msgspec.msgpack.Decoder(_PairRecord)
_encoder = msgspec.msgpack.Encoder()
_earlier_decoder = msgspec.msgpack.Decoder(list[EarlierRun])
_claim_decoder = msgspec.json.Decoder(Claim)


class FileCheckpoint(BaseCheckpoint[C]):
    """Keeps each run in a file of its own below `root`.

    A file's name holds a readable piece of the run's key and a hash of the key, so no two runs
    share one and none leaves the folder, whatever the keys are.

    Args:
        root: The folder; it is made if it is missing.
        context_type: The dataclass of the contexts.
        durability: ``power``: every save is synced to the disk; ``process``: it is left to the
            system, and survives only the death of the process.
        lease_ttl_s: See `BaseCheckpoint`.
        history: See `BaseCheckpoint`.
        clock: See `BaseCheckpoint`.
        holder: See `BaseCheckpoint`.
    """

    def __init__(
        self,
        root: str | Path,
        context_type: type[C],
        *,
        durability: Durability = "power",
        lease_ttl_s: float = 30.0,
        history: History | None = None,
        clock: Callable[[], float] = time.time,
        holder: Callable[[], Holder] = this_process,
    ) -> None:
        super().__init__(
            context_type, lease_ttl_s=lease_ttl_s, history=history, clock=clock, holder=holder
        )
        self.root = Path(root)
        self._sync = durability == "power"
        self._ends: dict[RunKey, _End] = {}
        self._threads: ThreadPoolExecutor | None = None

    async def close(self) -> None:
        """End the threads."""
        if self._threads is not None:
            await asyncio.to_thread(self._threads.shutdown)
            self._threads = None

    def after_fork(self, *, in_child: bool) -> None:
        """Go on; a child has threads of its own."""
        if in_child:
            self._threads = None
        super().after_fork(in_child=in_child)

    async def _write(self, delta: Delta, token: int | None) -> bool:
        return await self._locked(delta.run_key, lambda path: self._put(path, delta, token))

    async def _read(self, key: RunKey) -> tuple[Stored, int] | None:
        def work(path: Path) -> tuple[Stored, int] | None:
            try:
                whole, _ = self._tell(path, key)
            except FileNotFoundError:
                return None
            return _stored(whole), whole.revision

        return await self._locked(key, work)

    async def _earlier(self, key: RunKey) -> Sequence[EarlierRun]:
        return await self._locked(key, lambda path: earlier_in(_earlier_path(path)))

    async def _forget_earlier(self, key: RunKey) -> None:
        await self._locked(key, lambda path: _earlier_path(path).unlink(missing_ok=True))

    async def _prune_earlier(self, prefix: RunKey, before: float) -> int:
        rows = await self._rows(prefix, None)
        pruned = 0
        for key in [row.run_key for row in rows if isinstance(row, Row)]:
            pruned += await self._locked(key, lambda path: self._prune_one(path, before))
        return pruned

    def _prune_one(self, path: Path, before: float) -> int:
        earlier = earlier_in(_earlier_path(path))
        left = [run for run in earlier if run.ended_at >= before]
        if len(left) < len(earlier):
            put_earlier(_earlier_path(path), left, sync=self._sync)
        return len(earlier) - len(left)

    async def _remove(self, key: RunKey, token: int | None, *, history: bool) -> bool:
        def work(path: Path) -> bool:
            self._check(key, _read_claim(path), token, self.clock())
            self._ends.pop(key, None)
            kept = path.exists()
            traces = [path, log.draft(path)]
            if history:
                traces.append(_earlier_path(path))
            if token is None:
                traces += [_claim_path(path), _claim_draft(path)]  # of a holder that is no more
            for trace in traces:
                trace.unlink(missing_ok=True)
            log.sync_folder(self.root)
            return kept

        return await self._locked(key, work)

    async def _rows(
        self, prefix: RunKey, keys: Collection[RunKey] | None
    ) -> Sequence[Row | RunSummary]:
        paths = await self._run(lambda: sorted(self.root.glob("*.run")))
        rows = [await self._run(lambda path=path: self._row(path)) for path in paths]
        return [
            row
            for row in rows
            if row is not None
            and row.run_key[: len(prefix)] == prefix
            and (keys is None or row.run_key in keys)
        ]

    async def _acquire(self, key: RunKey, holder: Holder, ttl_s: float) -> Claim:
        def work(path: Path) -> Claim:
            claim = self._claim(key, _read_claim(path), holder, ttl_s, self.clock())
            _write_claim(path, claim)
            return claim

        return await self._locked(key, work)

    def _renew(self, leases: Sequence[Lease]) -> list[bool]:
        return [self._renew_one(lease) for lease in leases]

    def _renew_one(self, lease: Lease) -> bool:
        def work(path: Path) -> bool:
            claim = _read_claim(path)
            if claim is None or claim.token != lease.token:
                return False
            _write_claim(path, Claim(lease.token, claim.holder, self.clock() + lease.ttl_s))
            return True

        return self._explained(self._under_lock(lease.run_key, work))

    async def _release(self, key: RunKey, token: int) -> None:
        await self._locked(key, lambda path: _unclaim(path, token))

    def _give_back(self, lease: Lease) -> None:
        self._explained(self._under_lock(lease.run_key, lambda path: _unclaim(path, lease.token)))

    def _where(self, key: RunKey) -> str:
        return str(self._path(key))

    def _path(self, key: RunKey) -> Path:
        digest = _digest(key).hex()
        readable = re.sub(r"[^A-Za-z0-9]+", "-", key[-1][:200])[:40].strip("-").lower()
        return self.root / f"{readable}-{digest[:32]}.run"

    async def _run(self, work: Callable[[], T]) -> T:
        """Run `work` in a thread, a full disk and its like made clear.

        A thread cannot be called back, so a cancellation waits for its end: else it would write
        after, and over, what its caller does next. A thread that hangs for long is left alone with
        the lock on its run: others are told of that, and what it writes is a whole save.
        """
        if self._threads is None:
            self._threads = ThreadPoolExecutor(8, thread_name_prefix="retain-file")
        explained = partial(self._explained, work)
        working = asyncio.get_running_loop().run_in_executor(self._threads, explained)
        try:
            await settled(working, abandon_after_s=_ABANDON_AFTER_S)
        finally:
            if not working.done():
                logger.error(
                    "%s is still being written after %g s: its run stays locked until that ends",
                    self.root,
                    _ABANDON_AFTER_S,
                )
        return working.result()

    def _explained(self, work: Callable[[], T]) -> T:
        """What `work` returns; errors of the system come in words that say what to do."""
        try:
            return work()
        except Timeout as exc:
            raise CheckpointError(
                f"{self.root}: another process has kept it locked for {_LOCK_TIMEOUT_S:g} s: see "
                "whether that process hangs, then resume"
            ) from exc
        except OSError as exc:
            raise CheckpointError(
                f"{self.root}: {exc.strerror or exc}: see that the folder is writable and the "
                "disk has space, then resume"
            ) from exc

    async def _locked(self, key: RunKey, work: Callable[[Path], T]) -> T:
        """Run `work` on the run's path while no other process or thread looks at it."""
        return await self._run(self._under_lock(key, work))

    def _under_lock(self, key: RunKey, work: Callable[[Path], T]) -> Callable[[], T]:
        def locked() -> T:
            locks = self.root / "locks"
            if not locks.is_dir():
                make_folder(self.root)
                locks.mkdir(exist_ok=True)
            number = f"{_digest(key)[0] % _LOCKS:02}"
            with FileLock(locks / number, timeout=_LOCK_TIMEOUT_S, is_singleton=False):
                return work(self._path(key))

        return locked

    def _put(self, path: Path, delta: Delta, token: int | None) -> bool:
        key = delta.run_key
        self._check(key, _read_claim(path), token, self.clock())
        record = _Record(
            key,
            delta.version,
            delta.revision,
            delta.head,
            delta.fields,
            list(delta.steps),
            {name: [body] for name, body in delta.added.items()},
        )
        if delta.full:
            self._keep_earlier(path, delta)
            self._rewrite(path, key, record)
            return True
        end = self._end(path, key)
        if end is None or end.revision != delta.revision - 1:
            return False
        framed = log.frame(_encoder.encode(record))
        log.append(path, end.size, framed, sync=self._sync)
        size = end.size + len(framed)
        self._ends[key] = _End(end.inode, size, end.base, delta.revision)
        if size > 2 * end.base + _COMPACT_SLACK:
            self._compact(path, key, self._ends[key])
        return True

    def _keep_earlier(self, path: Path, delta: Delta) -> None:
        """Keep the run that a delta replaces among the earlier ones of its key.

        It is written before the run is replaced. Where the process dies between the two, the run
        is in both files, and the next one to replace it writes it once.
        """
        if not path.exists():
            return
        try:
            whole, _ = self._tell(path, delta.run_key)
        except CheckpointDamagedError:
            return
        if not self._is_replaced(delta, whole.head):
            return
        fields = {name: body for name, body in whole.fields.items() if name in self.codec.history}
        for name in fields.keys() & whole.added.keys():
            fields[name] = self.codec.joined(name, [fields[name], *whole.added[name]])
        steps = [body for _, body in whole.steps]
        run_id = run_id_in(whole.head, delta.run_key)
        kept = _earlier_path(path)
        runs = [r for r in earlier_in(kept) if run_id_in(r.head, delta.run_key) != run_id]
        runs.append(EarlierRun.of(whole.version, whole.head, fields, steps, self.clock()))
        put_earlier(kept, kept_of(runs, self.history_kept, self.clock()), sync=self._sync)

    def _compact(self, path: Path, key: RunKey, end: _End) -> None:
        """Rewrite a log that has grown; it is kept as well where that cannot be done."""
        try:
            self._rewrite(path, key, self._tell(path, key)[0])
        except OSError as exc:
            logger.warning("%s stays long: %s", path, exc)
            self._ends[key] = replace(end, base=end.size)

    def _rewrite(self, path: Path, key: RunKey, whole: _Record) -> None:
        size = log.replace(path, _encoder.encode(whole), sync=self._sync)
        self._ends[key] = _End(path.stat().st_ino, size, size, whole.revision)

    def _end(self, path: Path, key: RunKey) -> _End | None:
        """The log's end, from memory where nobody else has written to it since."""
        try:
            stat = path.stat()
        except FileNotFoundError:
            return None
        known = self._ends.get(key)
        if known is not None and (known.inode, known.size) == (stat.st_ino, stat.st_size):
            return known
        whole, end = self._tell(path, key)
        self._ends[key] = _End(stat.st_ino, end, end, whole.revision)
        return self._ends[key]

    def _tell(self, path: Path, key: RunKey | None) -> tuple[_Record, int]:
        """The whole run that a log tells, and where its last whole record ends.

        Raises:
            FileNotFoundError: There is no such log.
            CheckpointDamagedError: It does not read back, or tells of another run.
        """
        payloads, end = log.records(path.read_bytes(), str(path))
        if not payloads:
            raise CheckpointDamagedError(str(path), "it holds no whole record")
        try:
            saves = [_decoded(payload) for payload in payloads]
        except (msgspec.MsgspecError, UnicodeDecodeError) as exc:
            raise CheckpointDamagedError(str(path), str(exc)) from exc
        whole = _merged(saves)
        if key is not None and whole.run_key != key:
            raise CheckpointDamagedError(str(path), "it tells of another run")
        if [n for n, _ in whole.steps] != list(range(len(whole.steps))):
            raise CheckpointDamagedError(str(path), "entries of its step log are missing")
        return whole, end

    def _row(self, path: Path) -> Row | RunSummary | None:
        try:
            whole, _ = self._tell(path, None)
        except FileNotFoundError:  # deleted since it was listed
            return None
        except CheckpointDamagedError as exc:
            return damaged(("", path.name), exc)
        return Row(whole.run_key, whole.head, _read_claim(path), self.clock())


def _decoded(payload: bytes) -> _Record:
    try:
        return _decoder.decode(payload)
    except msgspec.ValidationError:
        bank_id, source_id, *rest = msgspec.structs.astuple(_pair_decoder.decode(payload))
        return _Record((bank_id, source_id), *rest)


def _merged(saves: Sequence[_Record]) -> _Record:
    """The run after all of its saves."""
    fields: dict[str, bytes] = {}
    steps: dict[int, bytes] = {}
    added: dict[str, list[bytes]] = {}
    for save in saves:
        fields |= save.fields
        for name in save.fields:
            added.pop(name, None)
        for name, parts in save.added.items():
            added.setdefault(name, []).extend(parts)
        steps |= dict(save.steps)
    last = saves[-1]
    return _Record(
        last.run_key,
        last.version,
        last.revision,
        last.head,
        fields,
        sorted(steps.items()),
        added,
    )


def _stored(whole: _Record) -> Stored:
    steps = [body for _, body in whole.steps]
    return Stored(whole.version, whole.head, whole.fields, steps, whole.added)


def _digest(key: RunKey) -> bytes:
    """A hash of a key; the length of each part keeps ``("a", "bc")`` from ``("ab", "c")``.

    Of a key of two, the last part has no length before it, so that folders of earlier releases
    are read. Every other key begins with a length that no part has.
    """
    *first, last = (part.encode("utf-8", "surrogatepass") for part in key)
    sized = [len(part).to_bytes(8, "big") + part for part in first]
    begin = b"" if len(key) == 2 else b"\xff" * 8 + len(key).to_bytes(8, "big")
    return hashlib.sha256(b"".join((begin, *sized, last))).digest()


def _earlier_path(path: Path) -> Path:
    return path.with_suffix(".earlier")


def earlier_in(path: Path) -> list[EarlierRun]:
    """The earlier runs in a file, oldest first; none where there is no file.

    Raises:
        CheckpointDamagedError: It does not read back.
    """
    try:
        payloads, _ = log.records(path.read_bytes(), str(path))
    except FileNotFoundError:
        return []
    try:
        return _earlier_decoder.decode(payloads[0]) if payloads else []
    except (msgspec.MsgspecError, UnicodeDecodeError) as exc:
        raise CheckpointDamagedError(str(path), str(exc)) from exc


def put_earlier(path: Path, runs: Sequence[EarlierRun], *, sync: bool) -> None:
    """Have a file of these earlier runs, or none."""
    if runs:
        log.replace(path, _encoder.encode(list(runs)), sync=sync)
    else:
        path.unlink(missing_ok=True)


def _claim_path(path: Path) -> Path:
    return path.with_suffix(".lease")


def _read_claim(path: Path) -> Claim | None:
    try:
        return _claim_decoder.decode(_claim_path(path).read_bytes())
    except FileNotFoundError:
        return None
    except msgspec.MsgspecError as exc:
        # A loss of power may leave this. Nobody needs to be shut out: a holder is fenced off.
        logger.warning("%s does not read back (%s): nobody holds this run", path, exc)
        return None


def _unclaim(path: Path, token: int) -> None:
    claim = _read_claim(path)
    if claim is not None and claim.token == token:
        _claim_path(path).unlink(missing_ok=True)


def _claim_draft(path: Path) -> Path:
    return path.with_suffix(".lease-draft")


def _write_claim(path: Path, claim: Claim) -> None:
    draft = _claim_draft(path)
    with open(draft, "wb", opener=opener) as file:
        file.write(msgspec.json.encode(claim))
    draft.replace(_claim_path(path))
