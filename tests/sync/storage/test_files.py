"""Private files and folders: nobody else reads them, and nothing is left where it failed."""

import stat
import sys

import pytest

from sync.storage import files

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
