"""The framing of a run's log: what is torn is dropped, what is damaged is told."""

import os

import pytest

from retain.checkpoints import log
from retain.errors import CheckpointDamagedError

PAYLOADS = [b"first", b"", b"third\0\0\0" * 4, b"\0" * 40]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.run"


def _written(payloads=PAYLOADS):
    return log.MAGIC + b"".join(map(log.frame, payloads))


def _ends():
    """Where each record ends."""
    return [len(_written(PAYLOADS[:n])) for n in range(len(PAYLOADS) + 1)]


def test_records_come_back_in_order():
    data = _written()
    assert log.records(data, "a.run") == (PAYLOADS, len(data))
    assert log.records(log.MAGIC, "a.run") == ([], len(log.MAGIC))


def test_a_file_may_end_anywhere():
    data, ends = _written(), _ends()
    for length in range(len(log.MAGIC), len(data) + 1):
        whole = sum(end <= length for end in ends) - 1
        assert log.records(data[:length], "a.run") == (PAYLOADS[:whole], ends[whole]), length


def test_zeros_may_stand_for_the_end_of_the_last_record():
    data, ends = _written(), _ends()
    for unwritten in range(1, ends[-1] - ends[-2] + 1):
        zeroed = data[:-unwritten] + b"\0" * unwritten
        found, end = log.records(zeroed, "a.run")
        assert (found, end) in ((PAYLOADS[:-1], ends[-2]), (PAYLOADS, ends[-1])), unwritten


def test_zeros_may_follow_the_last_record():
    data = _written()
    for zeros in (1, 11, 12, 13, 15, 16, 17, 511, 512, 4096):
        assert log.records(data + b"\0" * zeros, "a.run") == (PAYLOADS, len(data)), zeros


def test_a_flipped_byte_is_told_or_does_no_harm():
    data, told = _written(), []
    for at in range(len(data)):
        for flipped in {data[at] ^ 0xFF, data[at] ^ 0x01, data[at] ^ 0x80, 0, 1} - {data[at]}:
            bad = data[:at] + bytes([flipped]) + data[at + 1 :]
            try:
                found, _ = log.records(bad, "a.run")
            except CheckpointDamagedError as exc:
                told.append(exc.where)
            else:
                assert found == PAYLOADS, at
    assert len(told) > 3 * len(data)
    assert set(told) == {"a.run"}


@pytest.mark.parametrize("data", [b"", b"RETAIN", b"something else entirely"])
def test_another_file_is_refused(data):
    with pytest.raises(CheckpointDamagedError, match="does not begin"):
        log.records(data, "a.run")


def test_a_record_in_the_middle_must_be_sound():
    data = bytearray(_written())
    data[_ends()[0] + 12] ^= 0xFF
    with pytest.raises(CheckpointDamagedError, match=f"byte {_ends()[0]} has a wrong checksum"):
        log.records(bytes(data), "a.run")


@pytest.mark.parametrize("sync", [True, False])
def test_append_goes_over_a_torn_end(path, sync):
    log.replace(path, b"first", sync=sync)
    size = path.stat().st_size
    path.write_bytes(path.read_bytes() + log.frame(b"torn" * 20)[:-3])
    log.append(path, size, log.frame(b"second"), sync=sync)
    assert log.records(path.read_bytes(), "")[0] == [b"first", b"second"]


def test_a_failed_append_leaves_the_file_as_it_was(path, monkeypatch):
    log.replace(path, b"first", sync=False)
    before = path.read_bytes()
    write = os.write

    def full(descriptor, data):
        if len(data) < 20:
            raise OSError(28, "No space left on device")
        return write(descriptor, data[:10])

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space"):
        log.append(path, len(before), log.frame(b"x" * 100), sync=False)
    assert path.read_bytes() == before


def test_a_failed_replace_leaves_the_file_as_it_was(path, monkeypatch):
    log.replace(path, b"first", sync=False)
    before = path.read_bytes()

    def failing(descriptor):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(OSError, match="Input/output"):
        log.replace(path, b"second", sync=True)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == ["a.run"]


def test_a_write_cut_short_is_gone_on_with(path, monkeypatch):
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:7]))
    size = log.replace(path, b"first" * 50, sync=False)
    assert size == path.stat().st_size
    assert log.records(path.read_bytes(), "")[0] == [b"first" * 50]


def test_folders_are_synced_where_the_system_can(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", synced.append)
    log.sync_folder(tmp_path)
    assert len(synced) == 1
    monkeypatch.setattr(os, "name", "nt")
    log.sync_folder(tmp_path)
    assert len(synced) == 1
