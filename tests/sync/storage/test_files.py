"""Private files and folders: nobody else reads them, and nothing is left where it failed."""

import os
import shutil
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from sync.storage import files

ROOT = Path(__file__).resolve().parents[3]
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has other rights")


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_can_be_written_and_read_back(tmp_path):
    with files.create_private(tmp_path / "key") as file:
        file.write(b"secret")
        files.sync_file(file)
        assert (tmp_path / "key").read_bytes() == b"secret", "it is out of our own buffers"
        file.seek(0)
        assert file.read() == b"secret"


@posix
def test_only_its_owner_may_read_a_file(tmp_path):
    files.create_private(tmp_path / "key").close()
    assert mode(tmp_path / "key") == 0o600


def test_a_file_that_is_there_is_not_touched(tmp_path):
    (tmp_path / "key").write_bytes(b"old")
    with pytest.raises(FileExistsError):
        files.create_private(tmp_path / "key")
    assert (tmp_path / "key").read_bytes() == b"old"


def test_names_in_a_folder_can_be_made_durable(tmp_path):
    (tmp_path / "name").touch()
    files.sync_folder(tmp_path)
    if sys.platform != "win32":
        with pytest.raises(FileNotFoundError):
            files.sync_folder(tmp_path / "missing")


@posix
def test_only_its_owner_may_enter_a_scratch_folder(tmp_path):
    with files.scratch_folder(tmp_path, ".work-") as folder:
        assert (folder.parent, mode(folder)) == (tmp_path, 0o700)
        assert folder.name.startswith(".work-")


def test_a_scratch_folder_goes_with_all_that_is_in_it_however_that_ends(tmp_path):
    class Failed(Exception):
        pass

    def work(fails):
        with files.scratch_folder(tmp_path, ".work-") as folder:
            (folder / "deep").mkdir()
            (folder / "deep" / "file").write_bytes(b"x")
            if fails:
                raise Failed

    work(False)
    with pytest.raises(Failed):
        work(True)
    assert list(tmp_path.iterdir()) == []


def test_what_was_moved_out_of_a_scratch_folder_stays(tmp_path):
    with files.scratch_folder(tmp_path, ".work-") as folder:
        (folder / "data").mkdir()
        (folder / "data").replace(tmp_path / "data")
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_without_a_parent_a_scratch_folder_is_where_the_system_keeps_such(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with files.scratch_folder(None, "work-") as folder:
        assert folder.parent == tmp_path


def test_only_leftovers_of_that_name_are_removed(tmp_path):
    for name in (".work-1", ".work-2", ".other-1"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").touch()
    files.remove_leftovers(tmp_path, ".work-")
    assert [path.name for path in tmp_path.iterdir()] == [".other-1"]


def test_what_a_process_that_goes_on_still_needs_is_no_leftover(tmp_path):
    with files.scratch_folder(tmp_path, ".work-") as folder:
        (folder / "file").touch()
        files.remove_leftovers(tmp_path, ".work-")
        assert (folder / "file").exists()


def test_leftovers_where_the_system_keeps_such_are_removed(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "work-1").mkdir()
    files.remove_leftovers(None, "work-")
    assert list(tmp_path.iterdir()) == []


@posix
def test_a_link_that_somebody_put_there_leads_nowhere(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / ".work-1").symlink_to(elsewhere)
    (tmp_path / ".work-2").touch()
    files.remove_leftovers(tmp_path, ".work-")
    assert list(elsewhere.iterdir()) == []


KILLED = """
import sys, pathlib
from sync.storage import files
with files.scratch_folder(pathlib.Path(sys.argv[1]), ".work-") as folder:
    (folder / "signing-key.pem").touch()
    print("ready", flush=True)
    sys.stdin.read()
"""


def test_what_a_killed_process_left_is_removed(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, tmp_path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    with process:
        assert process.stdout.readline().strip() == b"ready"
        process.kill()
    assert list(tmp_path.iterdir())
    files.remove_leftovers(tmp_path, ".work-")
    assert list(tmp_path.iterdir()) == []


class Held:
    """Fails as Windows does while another program holds a file, for the first calls.

    Args:
        real: what works then.
    """

    def __init__(self, real, code, times):
        self.real, self.code, self.times = real, code, times
        self.calls = 0

    def __call__(self, *arguments, **options):
        self.calls += 1
        if self.calls <= self.times:
            error = PermissionError(13, "The process cannot access the file")
            error.winerror = self.code
            raise error
        return self.real(*arguments, **options)


@pytest.fixture
def waited(monkeypatch):
    """The seconds that were waited, without waiting."""
    found = []
    monkeypatch.setattr(files.time, "sleep", found.append)
    return found


WAYS = {
    "replace": (os, "replace", lambda file: files.replace(file, file.with_name("new"))),
    "remove": (os, "unlink", files.remove),
    "remove_folder": (shutil, "rmtree", lambda file: files.remove_folder(file.parent)),
}


@pytest.mark.parametrize("code", [5, 32, 33, 145, 303])
@pytest.mark.parametrize("times", [1, 20])
@pytest.mark.parametrize("way", WAYS)
def test_a_file_that_another_program_holds_is_waited_for(
    tmp_path, monkeypatch, waited, way, times, code
):
    file = tmp_path / "folder" / "file"
    file.parent.mkdir()
    file.touch()
    module, name, act = WAYS[way]
    held = Held(getattr(module, name), code, times)
    monkeypatch.setattr(module, name, held)
    act(file)
    assert not file.exists()
    assert (held.calls, len(waited)) == (times + 1, times)


@pytest.mark.parametrize("way", ["replace", "remove"])
def test_a_file_that_is_held_for_ever_is_an_error_in_the_end(tmp_path, monkeypatch, waited, way):
    (tmp_path / "file").touch()
    module, name, act = WAYS[way]
    monkeypatch.setattr(module, name, Held(None, 32, 10_000))
    with pytest.raises(PermissionError):
        act(tmp_path / "file")
    assert sum(waited) == pytest.approx(files.HELD_S_MAX)


@pytest.mark.parametrize("way", ["replace", "remove"])
def test_what_cannot_be_done_is_not_waited_for(tmp_path, monkeypatch, waited, way):
    module, name, act = WAYS[way]
    monkeypatch.setattr(module, name, Held(None, None, 1))
    with pytest.raises(PermissionError):
        act(tmp_path / "file")
    assert waited == []


def test_a_file_that_is_gone_already_is_removed(tmp_path):
    files.remove(tmp_path / "file")
    files.remove_folder(tmp_path / "folder")


@pytest.mark.skipif(sys.platform != "win32", reason="elsewhere a file that is read can be removed")
@pytest.mark.parametrize("way", WAYS)
def test_antivirus_that_reads_a_new_file_delays_it_and_no_more(tmp_path, way):
    file = tmp_path / "folder" / "file"
    file.parent.mkdir()
    file.write_bytes(b"new")
    reading = file.open("rb")  # Python shares no deletion, as such programs do
    threading.Timer(0.3, reading.close).start()
    WAYS[way][2](file)
    assert not file.exists()


def test_a_private_file_takes_the_place_of_another(tmp_path):
    for content in (b"one", b"two"):
        files.write_private(tmp_path / "file", content)
        assert (tmp_path / "file").read_bytes() == content
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    if sys.platform != "win32":
        assert mode(tmp_path / "file") == 0o600


TEXT = 'code = "LAB1-PC"\r\n# صبح\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("text", ["", "a", "{}", TEXT, TEXT * 100, "\n", "\r\n", "ں", "𝄞 é"])
def test_a_text_is_read_in_what_the_editors_of_windows_save(tmp_path, text, encoding):
    (tmp_path / "file").write_bytes(text.encode(encoding))
    assert files.text_of(tmp_path / "file") == text


def test_a_text_of_the_other_byte_order_is_read(tmp_path):
    (tmp_path / "file").write_bytes(b"\xfe\xff" + TEXT.encode("utf-16-be"))
    assert files.text_of(tmp_path / "file") == TEXT


@pytest.mark.parametrize("content", [b"\xe9", b"\xff\xfea", b"\x80abc"])
def test_what_is_no_text_is_refused(tmp_path, content):
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(UnicodeDecodeError):
        files.text_of(tmp_path / "file")
