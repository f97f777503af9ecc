"""What only the checkpoint in files can show: its bytes."""

import asyncio
import hashlib
import logging
import os
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from threading import Event

import msgspec
import pytest
from filelock import FileLock

from retain.checkpoints import file, log
from retain.checkpoints.codec import Codec, head_of
from retain.checkpoints.file import FileCheckpoint
from retain.engine import Lease
from retain.engine.context import StepLogEntry
from retain.errors import CheckpointDamagedError, CheckpointError, LeaseHeldError, LeaseLostError
from retain.holder import Holder
from retain.memory.context import RetainContext
from retain.testing.checkpoints import whole

NOON = datetime(2024, 2, 29, 12, tzinfo=UTC)
ELSEWHERE = Holder("another machine", "elsewhere", 7, "1")


@asynccontextmanager
async def opened(root, **options):
    checkpoint = FileCheckpoint(root, RetainContext, durability="process", **options)
    try:
        yield checkpoint
    finally:
        await checkpoint.close()


def run(test, root, **options):
    async def body():
        async with opened(root, **options) as checkpoint:
            return await test(checkpoint)

    return asyncio.run(body())


def load(root):
    return run(lambda checkpoint: checkpoint.load("bank", "source"), root)


def context(**fields):
    return RetainContext("bank", "source", "text", started_at=NOON, **fields)


def path_of(checkpoint):
    return Path(checkpoint._where(("bank", "source")))


def size_of(path):
    return path.stat().st_size


def put(path, data):
    path.write_bytes(data)


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def two_saves(root):
    """A log of two records: the file, the context after each save, and where the first ends."""
    first = context(meta={"n": 1})
    second = replace(
        first,
        last_state="READ",
        # Plain zeros at a record's end must not look like a torn one.
        step_log=[StepLogEntry("INIT", NOON, NOON, 1.0, None, {"z": [0] * 40})],
    )

    async def test(checkpoint):
        ctx = replace(first)
        await checkpoint.save(ctx)
        path = path_of(checkpoint)
        size = size_of(path)
        ctx.last_state, ctx.step_log = second.last_state, second.step_log
        await checkpoint.save(ctx)
        return path, size

    path, size = run(test, root)
    return path, first, second, size


async def load_and_go_on(checkpoint, path, data, expected):
    """Put `data` into the file; it loads as `expected`, and can be saved to and loaded again."""
    path.write_bytes(data)
    ctx = await checkpoint.load("bank", "source")
    assert ctx == expected
    ctx.title = "later"
    await checkpoint.save(ctx)
    assert await checkpoint.load("bank", "source") == replace(expected, title="later")


def test_the_last_record_may_be_torn_anywhere(tmp_path):
    path, first, second, begin = two_saves(tmp_path)
    data = path.read_bytes()

    async def test(checkpoint):
        for length in range(begin, len(data) + 1):
            expected = second if length == len(data) else first
            await load_and_go_on(checkpoint, path, data[:length], expected)

    run(test, tmp_path)


def test_the_last_record_may_end_in_zeros(tmp_path):
    path, first, second, begin = two_saves(tmp_path)
    data = path.read_bytes()

    async def test(checkpoint):
        for zeros in (1, 16, 100, 512, 5000):
            await load_and_go_on(checkpoint, path, data + b"\0" * zeros, second)
        for kept in range(begin, len(data)):
            zeroed = data[:kept].ljust(len(data), b"\0")
            sound = len(log.records(zeroed, "")[0]) == 2
            await load_and_go_on(checkpoint, path, zeroed, second if sound else first)

    run(test, tmp_path)


def test_the_runner_itself_appends_over_what_another_tore(tmp_path):
    async def test(checkpoint):
        ctx = context()
        await checkpoint.save(ctx)
        path = path_of(checkpoint)
        put(path, path.read_bytes() + log.frame(b"x" * 50)[:20])
        ctx.title = "later"
        await checkpoint.save(ctx)
        assert await checkpoint.load("bank", "source") == ctx

    run(test, tmp_path)


def test_a_flipped_byte_is_never_taken_for_anything_else(tmp_path):
    path, _, second, _ = two_saves(tmp_path)
    data = path.read_bytes()

    async def test(checkpoint):
        told = []
        for at in range(len(data)):
            for flipped in {data[at] ^ 0xFF, data[at] ^ 0x01, 0} - {data[at]}:
                path.write_bytes(data[:at] + bytes([flipped]) + data[at + 1 :])
                try:
                    ctx = await checkpoint.load("bank", "source")
                except CheckpointDamagedError as exc:
                    told.append(str(exc))
                    [summary] = await checkpoint.list()
                    assert summary.status == "failed"
                else:
                    assert ctx == second
        assert len(told) > 2 * len(data)
        assert all(str(path) in line and "\n" not in line for line in told)

    run(test, tmp_path)


@pytest.mark.parametrize(
    ("payloads", "reason"),
    [
        ([], "no whole record"),
        ([b"\xc1"], "MessagePack"),
        ([b"\x97\xa1\xff\xa0\x01\x01\xc4\x00\x80\x90"], "utf-8"),
        ([b"\x97\xa1a\xa1b\x01\x01\xc4\x00\x80\x90"], "another run"),
        ([b"\x97\xa4bank\xa6source\x01\x01\xc4\x00\x80\x91\x92\x01\xc4\x00"], "step log"),
        ([b"\x97\xa4bank\xa6source\x01\x01\xc4\x00\x80\x90"], "truncated"),
    ],
)
def test_a_log_of_other_things_is_damaged(tmp_path, payloads, reason):
    path, *_ = two_saves(tmp_path)
    path.write_bytes(log.MAGIC + b"".join(map(log.frame, payloads)))
    with pytest.raises(CheckpointDamagedError, match=reason) as caught:
        load(tmp_path)
    assert str(path) in str(caught.value)


def test_a_save_onto_a_damaged_log_is_refused_unless_it_is_whole(tmp_path):
    async def test(checkpoint):
        ctx = context()
        await checkpoint.save(ctx)
        path = path_of(checkpoint)
        put(path, log.MAGIC + b"\1" * 50)
        ctx.title = "later"
        with pytest.raises(CheckpointDamagedError):
            await checkpoint.save(ctx)
        await checkpoint.save(ctx)  # all of it, since what is kept is not known
        assert await checkpoint.load("bank", "source") == ctx

    run(test, tmp_path)


def test_a_save_writes_what_changed(tmp_path):
    async def test(checkpoint):
        ctx = replace(whole(), md_text="x" * 1_000_000)
        await checkpoint.save(ctx)
        path = path_of(checkpoint)
        costs = []
        for n in range(2000):
            before = size_of(path)
            ctx.step_log.append(StepLogEntry("READ", NOON, NOON, 1.0))
            ctx.last_state = f"S{n % 10}"
            await checkpoint.save(ctx)
            if size_of(path) > before:
                costs.append(size_of(path) - before)
        assert len(costs) > 1990
        assert max(costs) < 700
        assert max(costs[10:20]) >= max(costs[-10:]) - 8  # larger numbers take some bytes more

    run(test, tmp_path)


def test_a_look_at_a_run_makes_its_runner_write_no_more(tmp_path):
    async def test(checkpoint):
        ctx = replace(whole(), md_text="x" * 100_000)
        await checkpoint.save(ctx)
        path = path_of(checkpoint)
        for n in range(5):
            assert await checkpoint.load("bank", "source") == ctx
            before = size_of(path)
            ctx.title = str(n)
            await checkpoint.save(ctx)
            assert 0 < size_of(path) - before < 800

    run(test, tmp_path)


def test_a_log_that_has_grown_is_rewritten(tmp_path, monkeypatch):
    monkeypatch.setattr(file, "_COMPACT_SLACK", 4096)

    async def test(checkpoint):
        ctx = replace(whole(), step_log=[])
        sizes = []
        for n in range(200):
            ctx.title = str(n) * 100
            await checkpoint.save(ctx)
            sizes.append(size_of(path_of(checkpoint)))
        assert await checkpoint.load("bank", "source") == ctx
        assert max(sizes) < 2 * sizes[0] + 4096 + 1000
        assert sum(b < a for a, b in pairwise(sizes)) > 5

    run(test, tmp_path)
    assert load(tmp_path).title == "199" * 100


def test_a_log_that_cannot_be_rewritten_stays_long(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(file, "_COMPACT_SLACK", 4096)

    async def test(checkpoint):
        ctx = replace(whole(), step_log=[])
        await checkpoint.save(ctx)
        calls = []

        def full(path, payload, *, sync):
            calls.append(path)
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patched:
            patched.setattr(log, "replace", full)
            for n in range(200):
                ctx.title = str(n) * 100
                await checkpoint.save(ctx)
        assert await checkpoint.load("bank", "source") == ctx
        assert 1 <= len(calls) < 6

    with caplog.at_level(logging.WARNING, "retain.checkpoints"):
        run(test, tmp_path)
    assert "stays long" in caplog.text


def test_a_run_that_another_runner_rewrote_is_replaced_whole(tmp_path):
    async def test(checkpoint):
        ctx = replace(whole(), title="mine")
        await checkpoint.save(ctx)
        async with opened(tmp_path) as other:
            for n in range(3):  # an inode may come back
                await other.save(replace(context(), title=str(n)))
                ctx.last_state = str(n)
                await checkpoint.save(ctx)
                assert await other.load("bank", "source") == ctx

    run(test, tmp_path)


def test_deleting_leaves_no_trace(tmp_path):
    async def test(checkpoint):
        await checkpoint.save(context())
        path = path_of(checkpoint)
        killed = log.draft(path)
        killed.write_bytes(b"a secret of a killed save")
        path.with_suffix(".lease-draft").write_bytes(b"a killed heartbeat")
        assert await checkpoint.delete("bank", "source")
        assert names_in(tmp_path) == ["locks"]
        killed.write_bytes(b"a first save, killed")
        assert not await checkpoint.delete("bank", "source")
        assert names_in(tmp_path) == ["locks"]

    run(test, tmp_path)


def test_the_lease_of_a_holder_that_is_no_more_goes_with_the_run(tmp_path):
    async def test(checkpoint):
        await checkpoint.save(context())
        path = path_of(checkpoint)
        file._write_claim(path, file.Claim(1, ELSEWHERE, 0.0))
        assert await checkpoint.delete("bank", "source")
        assert names_in(tmp_path) == ["locks"]

    run(test, tmp_path)


@pytest.mark.parametrize("torn", [b"", b"{", b"\xff", b'{"token": "x"}'])
def test_a_torn_lease_holds_nobody(tmp_path, torn, caplog):
    async def test(checkpoint):
        ctx = context()
        async with checkpoint.lease("bank", "source"), opened(tmp_path) as other:
            await checkpoint.save(ctx)
            path = path_of(checkpoint).with_suffix(".lease")
            path.write_bytes(torn)
            assert [s.status for s in await checkpoint.list()] == ["interrupted"]
            async with other.lease("bank", "source"):
                with pytest.raises(LeaseLostError):
                    await checkpoint.save(ctx)
                await other.save(await other.load("bank", "source"))

    run(test, tmp_path)
    assert "nobody holds this run" in caplog.text


def test_a_heartbeat_notices_that_the_lease_is_lost(tmp_path):
    def lease(token):
        return Lease(("bank", "source"), token, 1.0)

    async def test(checkpoint):
        async with checkpoint.lease("bank", "source"):
            path_of(checkpoint).with_suffix(".lease").unlink()
            assert checkpoint._renew([lease(1)]) == [False]
            file._write_claim(path_of(checkpoint), file.Claim(1, ELSEWHERE, 1.0))
            assert checkpoint._renew([lease(2)]) == [False]
            assert checkpoint._renew([lease(1), lease(2)]) == [True, False]

    run(test, tmp_path)


def test_a_claim_of_another_machine_binds_until_it_runs_out(tmp_path):
    now = 1_000_000.0

    async def test(checkpoint):
        await checkpoint.save(context())
        path = path_of(checkpoint)
        file._write_claim(path, file.Claim(1, ELSEWHERE, now + 1))
        with pytest.raises(LeaseHeldError, match="process 7 on elsewhere"):
            await checkpoint.lease("bank", "source").__aenter__()
        file._write_claim(path, file.Claim(1, ELSEWHERE, now))
        async with checkpoint.lease("bank", "source"):
            pass

    run(test, tmp_path, clock=lambda: now)


def test_a_run_deleted_while_it_is_listed_is_not_listed(tmp_path, monkeypatch):
    async def test(checkpoint):
        await checkpoint.save(context())
        gone = tmp_path / "gone.run"
        found = [*tmp_path.glob("*.run"), gone]
        monkeypatch.setattr(Path, "glob", lambda path, pattern: iter(found))
        assert [s.source_id for s in await checkpoint.list()] == ["source"]

    run(test, tmp_path)


def test_a_folder_that_is_not_there_holds_no_runs(tmp_path):
    missing = tmp_path / "a" / "b"
    assert run(lambda checkpoint: checkpoint.list(), missing) == []
    run(lambda checkpoint: checkpoint.save(context()), missing)
    assert load(missing) == context()


def test_a_lock_that_another_process_keeps_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(file, "_LOCK_TIMEOUT_S", 0.01)

    async def test(checkpoint):
        await checkpoint.save(context())
        [lock] = (tmp_path / "locks").iterdir()
        with (
            FileLock(lock, is_singleton=False),
            pytest.raises(CheckpointError, match=r"locked for 0\.01 s: see whether"),
        ):
            await checkpoint.load("bank", "source")
        assert await checkpoint.load("bank", "source") == context()

    run(test, tmp_path)


def test_a_cancelled_save_has_ended_before_its_caller_goes_on(tmp_path, monkeypatch):
    entered, leave = Event(), Event()
    replace_log = log.replace

    def slow(path, payload, *, sync):
        entered.set()
        assert leave.wait(20)
        return replace_log(path, payload, sync=sync)

    async def test(checkpoint):
        ctx = context(title="old")
        with monkeypatch.context() as patched:
            patched.setattr(log, "replace", slow)
            saving = asyncio.create_task(checkpoint.save(ctx))
            await asyncio.to_thread(entered.wait, 20)
            saving.cancel()
            asyncio.get_running_loop().call_later(0.01, leave.set)
            with pytest.raises(asyncio.CancelledError):
                await saving
        assert [p.suffix for p in tmp_path.iterdir() if p.is_file()] == [".run"]
        ctx.title = "new"
        await checkpoint.save(ctx)
        assert await checkpoint.load("bank", "source") == ctx

    run(test, tmp_path)


def test_a_cancelled_save_that_fails_is_only_cancelled(tmp_path, monkeypatch):
    entered, leave = Event(), Event()

    def failing(path, payload, *, sync):
        entered.set()
        assert leave.wait(20)
        raise OSError(28, "No space left on device")

    async def test(checkpoint):
        monkeypatch.setattr(log, "replace", failing)
        saving = asyncio.create_task(checkpoint.save(context()))
        await asyncio.to_thread(entered.wait, 20)
        saving.cancel()
        asyncio.get_running_loop().call_later(0.01, leave.set)
        with pytest.raises(asyncio.CancelledError):
            await saving

    run(test, tmp_path)


def test_power_durability_syncs_and_process_durability_does_not(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", synced.append)

    async def two(durability):
        checkpoint = FileCheckpoint(tmp_path / durability, RetainContext, durability=durability)
        ctx = context()
        await checkpoint.save(ctx)
        ctx.title = "later"
        await checkpoint.save(ctx)
        await checkpoint.close()

    asyncio.run(two("process"))
    assert not synced
    asyncio.run(two("power"))
    assert len(synced) == 3  # the new log, its folder, the appended record


def test_a_closed_checkpoint_may_be_used_again(tmp_path):
    async def test(checkpoint):
        await checkpoint.close()
        await checkpoint.save(context())
        await checkpoint.close()
        await checkpoint.close()
        assert await checkpoint.load("bank", "source") == context()

    run(test, tmp_path)


def test_a_folder_of_an_earlier_release_is_read_and_goes_on(tmp_path):
    ctx = context()
    codec = Codec(RetainContext)
    fields = {name: codec.encode_field(name, getattr(ctx, name)) for name in codec.names}
    first = ("bank", "source", codec.version, 7, codec.encode_head(head_of(ctx)), fields, [])
    later = ("bank", "source", codec.version, 8, first[4], {"title": b"\xa1T"}, [], {})
    digest = hashlib.sha256((4).to_bytes(8, "big") + b"banksource").hexdigest()
    records = b"".join(log.frame(msgspec.msgpack.encode(record)) for record in (first, later))
    put(tmp_path / f"source-{digest[:32]}.run", log.MAGIC + records)

    async def test(checkpoint):
        kept = await checkpoint.load("bank", "source")
        assert kept == replace(ctx, title="T")
        assert [s.run_key for s in await checkpoint.list("bank")] == [("bank", "source")]
        kept.title = "later"
        await checkpoint.save(kept)
        assert await checkpoint.load("bank", "source") == kept

    run(test, tmp_path)
    assert len(list(tmp_path.glob("*.run"))) == 1


def test_a_file_that_tells_of_another_run_is_damage_whichever_run_it_is(tmp_path):
    """Such as one that somebody has copied over another."""

    async def test(checkpoint):
        keys = [("bank", "a"), ("bank", "m"), ("bank", "z")]
        for key in keys:
            await checkpoint.save(RetainContext(*key, "text"))
        own = checkpoint._path(("bank", "m"))
        for other in (keys[0], keys[2]):
            own.write_bytes(checkpoint._path(other).read_bytes())
            checkpoint._ends.clear()
            with pytest.raises(CheckpointDamagedError, match="it tells of another run"):
                await checkpoint.load("bank", "m")

    run(test, tmp_path)
