"""What is left for the daemon: only by whom the folder belongs to."""

import os
import sys

import pytest

from coordinator.users import console


def take(folder, is_good=lambda text: text == "hash"):
    return console.left(folder, "reset", is_good, "a command")


def test_what_was_left_is_found_once_it_is_good(tmp_path):
    assert take(tmp_path) is None
    console.leave(tmp_path, "reset", "hash")
    assert take(tmp_path) == "hash"
    console.leave(tmp_path, "reset", "other")
    assert take(tmp_path) is None
    assert [path.name for path in tmp_path.iterdir()] == ["reset"]


def test_a_folder_of_that_name_is_nothing(tmp_path):
    (tmp_path / "reset").mkdir()
    assert take(tmp_path) is None


@pytest.mark.skipif(sys.platform == "win32", reason="there, whoever may write may reset")
def test_what_others_could_have_written_is_nothing(tmp_path):
    console.leave(tmp_path, "reset", "hash")
    (tmp_path / "reset").chmod(0o622)
    assert take(tmp_path) is None


def test_whoever_works_here_has_a_name(monkeypatch):
    monkeypatch.setenv("LOGNAME", "sadia")
    monkeypatch.setenv("USERNAME", "sadia")
    assert console.user() == "console:sadia"

    def nobody():
        raise KeyError("uid not found")

    monkeypatch.setattr(console.getpass, "getuser", nobody)
    assert console.user() == f"console:{os.getuid()}"
