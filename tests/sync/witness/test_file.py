"""The file of a witness: torn writes, full disks, and other processes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sync.errors import WitnessFull, WitnessInUse, WitnessShared, WitnessUnwritable
from sync.witness.file import SLOT_BYTES, WitnessFile

HOLDER = """
import sys
from pathlib import Path
from sync.witness.file import WitnessFile
file = WitnessFile(Path(sys.argv[1]))
file.hold()
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "state" / "witness"


def test_what_was_written_last_is_read(path):
    file = WitnessFile(path)
    assert file.read() is None
    for number in range(5):
        file.write("machine", {"mark": number})
        assert WitnessFile(path).read() == ["machine", {"mark": number}]


def test_what_does_not_fit_is_refused_and_what_was_there_stays(path):
    file = WitnessFile(path)
    file.write("small")
    with pytest.raises(WitnessFull):
        file.write("x" * SLOT_BYTES)
    assert WitnessFile(path).read() == ["small"]


def test_a_write_that_fails_is_tried_again_in_the_same_slot(path, monkeypatch):
    """The other slot is the only one that is known to be whole."""
    file = WitnessFile(path)
    file.write("before")
    real, slots = file._write, []

    def torn(slot: int, data: bytes) -> None:
        slots.append(slot)
        real(slot, data[:22])
        raise OSError(28, "the disk is full on device")

    monkeypatch.setattr(file, "_write", torn)
    for _ in range(3):
        with pytest.raises(WitnessUnwritable, match="the disk is full"):
            file.write("after")
        assert WitnessFile(path).read() == ["before"]
    assert len(set(slots)) == 1
    assert file.failure is not None
    monkeypatch.undo()
    file.write("after")
    assert file.failure is None
    assert WitnessFile(path).read() == ["after"]


def test_what_is_not_waited_for_outlives_the_process(path):
    file = WitnessFile(path)
    file.write("on disk")
    file.write("perhaps", sync=False)
    assert WitnessFile(path).read() == ["perhaps"]


@pytest.mark.parametrize("killed", [False, True])
@pytest.mark.parametrize("writes", ["ns", "nns", "nnns", "nsns", "snns", "nnsnns"])
def test_a_cut_leaves_at_least_what_was_waited_for_last(path, monkeypatch, writes, killed):
    """n: a write was not waited for, s: it was.

    ``killed``: each write is that of another process, since the one before was killed.
    """
    file, real = WitnessFile(path), os.fsync
    file.write(0)
    kept, durable = 0, path.read_bytes()

    def look() -> None:
        """If the power went now, each slot that is not on disk could be torn."""
        now = path.read_bytes()
        for torn in ((0,), (SLOT_BYTES,), (0, SLOT_BYTES)):
            left = bytearray(durable.ljust(2 * SLOT_BYTES, b"\0"))
            for slot in torn:
                if now[slot : slot + SLOT_BYTES] != durable[slot : slot + SLOT_BYTES]:
                    left[slot : slot + 22] = now[slot : slot + 22].ljust(22, b"\0")
                    left[slot + 22] ^= 0xFF
            cut = path.with_name("cut")
            cut.write_bytes(left)
            found = WitnessFile(cut).read()
            assert found is not None
            assert found[0] >= kept

    def sync(descriptor: int) -> None:
        nonlocal durable
        look()
        real(descriptor)
        durable = path.read_bytes()

    monkeypatch.setattr(os, "fsync", sync)
    for number, kind in enumerate(writes, 1):
        if killed:
            file = WitnessFile(path)
            file.read()
        file.write(number, sync=kind == "s")
        kept = number if kind == "s" else kept
        look()


def test_another_process_that_holds_it_keeps_others_out_until_it_ends(path):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(WitnessInUse, match="second copy of this data folder"):
            WitnessFile(path).hold()
        holder.kill()
    file = WitnessFile(path)
    file.hold()
    file.release()


def test_what_another_process_writes_without_a_lock_is_noticed_before_the_next_write(path):
    """Version 0.2.0 of the software knows of no lock."""
    file, copy = WitnessFile(path), WitnessFile(path)
    file.write("ours")
    copy.read()
    copy.write("the copy's")
    for _ in range(2):
        with pytest.raises(WitnessShared, match="Stop the copy"):
            file.write("ours again")
    assert WitnessFile(path).read() == ["the copy's"]
    assert file.failure is not None


def test_one_that_is_removed_while_it_is_in_use_is_written_anew(path):
    file = WitnessFile(path)
    file.write("first")
    path.unlink()
    file.write("second")
    assert WitnessFile(path).read() == ["second"]


def test_where_no_lock_can_be_made_it_can_be_used_all_the_same(path, monkeypatch):
    file = WitnessFile(path)
    path.parent.mkdir()
    path.with_name("witness.lock").mkdir()
    file.hold()
    file.write("there")
    file.release()
    assert WitnessFile(path).read() == ["there"]
