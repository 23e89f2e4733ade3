"""The two files by which a desk and its coordinator get to know each other."""

import json

import pytest

from sync.daemon.join_files import (
    CoordinatorFile,
    JoinFile,
    join_file_name,
    read,
    write,
    write_join_file,
)
from sync.errors import WrongFile
from sync.model.facts import Incarnation

COORDINATOR = CoordinatorFile("AB" * 32, "ws://127.0.0.1:8471/sync", "Asia/Karachi")


def test_what_is_written_is_read_also_after_an_editor_saved_it(tmp_path):
    path = tmp_path / "coordinator.json"
    write(path, COORDINATOR)
    assert read(path, CoordinatorFile) == COORDINATOR
    assert json.loads(path.read_text(encoding="utf-8"))["sync"] == COORDINATOR.sync
    text = path.read_text(encoding="utf-8").replace("\n", "\r\n")
    for encoding in ("utf-8-sig", "utf-16"):
        path.write_bytes(text.encode(encoding))
        assert read(path, CoordinatorFile) == COORDINATOR


def test_an_older_coordinator_file_has_no_zone_and_a_newer_one_more(tmp_path):
    path = tmp_path / "coordinator.json"
    content = {"coordinator_key": "00" * 32, "sync": "ws://127.0.0.1:1/sync", "site": "Lahore"}
    path.write_text(json.dumps(content), encoding="utf-8")
    assert read(path, CoordinatorFile).zone == "Asia/Karachi"


@pytest.mark.parametrize(
    ("content", "kind", "said"),
    [
        (None, JoinFile, "there is no such file. Name the file CODE.join"),
        ("{", JoinFile, "it is another kind of file"),
        (b"\xff", JoinFile, "it is another kind of file"),
        ("[]", JoinFile, "it is another file"),
        ('{"code": "A", "public_key": "00"}', JoinFile, "it is another file"),
        ('{"code": "LAB1-PC"}', CoordinatorFile, "another file. Name the file coordi"),
        ('{"coordinator_key": "00", "sync": "x"}', CoordinatorFile, "it is another file"),
    ],
)
def test_another_file_is_refused_and_the_right_one_named(tmp_path, content, kind, said):
    path = tmp_path / "some.file"
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(WrongFile, match=said):
        read(path, kind)


def test_a_folder_in_the_place_of_a_file_is_reported(tmp_path):
    with pytest.raises(WrongFile, match="cannot be used: "):
        read(tmp_path, JoinFile)


@pytest.mark.parametrize(
    ("code", "name"), [("LAB1-PC", "LAB1-PC.join"), ("CON", "terminal-CON.join")]
)
def test_the_join_file_has_a_name_that_windows_allows(tmp_path, code, name):
    path = write_join_file(tmp_path, code, b"k" * 32, Incarnation(b"i" * 8))
    assert path.name == name == join_file_name(code)
    assert read(path, JoinFile) == JoinFile(code, "6b" * 32, "69" * 8)
