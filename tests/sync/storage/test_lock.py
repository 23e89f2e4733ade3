import errno
import os
import subprocess
import sys

import pytest

from sync.errors import StoreLocked
from sync.storage.lock import FolderLock

HOLD = """
import sys
from pathlib import Path
from sync.storage.lock import FolderLock
lock = FolderLock(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_a_second_holder_is_refused_until_the_first_lets_go(tmp_path):
    lock = FolderLock(tmp_path)
    with pytest.raises(StoreLocked, match="Another daemon"):
        FolderLock(tmp_path)
    lock.release()
    FolderLock(tmp_path).release()


def test_the_lock_of_a_killed_process_is_gone(tmp_path):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline().strip() == b"held"
        with pytest.raises(StoreLocked):
            FolderLock(tmp_path)
        holder.kill()
        holder.wait()
    FolderLock(tmp_path).release()


@pytest.mark.skipif(sys.platform == "win32", reason="there a lock needs a file to write to")
def test_a_disk_that_can_only_be_read_has_its_lock_all_the_same(tmp_path, monkeypatch):
    real = os.open

    def refused(path, flags, *mode):
        if flags & os.O_RDWR:
            raise OSError(errno.EROFS, "Read-only file system", path)
        return real(path, flags, *mode)

    FolderLock(tmp_path).release()
    held = FolderLock(tmp_path)
    monkeypatch.setattr(os, "open", refused)
    with pytest.raises(StoreLocked):
        FolderLock(tmp_path)
    held.release()
    FolderLock(tmp_path).release()
    (tmp_path / "lock").unlink()
    with pytest.raises(OSError, match="Read-only"):
        FolderLock(tmp_path)
