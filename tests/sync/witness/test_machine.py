"""What a witness knows a computer by."""

import sys

import pytest

from sync.witness import machine

linux = pytest.mark.skipif(sys.platform == "win32", reason="Windows has it in its registry")


def test_a_computer_has_the_same_name_each_time():
    assert machine.machine_id() == machine.machine_id()


@linux
@pytest.mark.parametrize(
    ("files", "name"), [(["a", "b"], "first"), (["none", "b"], "second"), (["none"], "")]
)
def test_the_first_file_that_is_there_has_it(tmp_path, monkeypatch, files, name):
    (tmp_path / "a").write_text("first\n", encoding="ascii")
    (tmp_path / "b").write_text("second\n", encoding="ascii")
    monkeypatch.setattr(machine, "MACHINE_FILES", [tmp_path / one for one in files])
    assert machine.machine_id() == name


@linux
@pytest.mark.parametrize(("first", "name"), [(b"f\xff\xfe", "second"), (b"\n", "")])
def test_a_file_that_names_nothing(tmp_path, monkeypatch, first, name):
    (tmp_path / "a").write_bytes(first)
    (tmp_path / "b").write_text("second\n", encoding="ascii")
    monkeypatch.setattr(machine, "MACHINE_FILES", [tmp_path / "a", tmp_path / "b"])
    assert machine.machine_id() == name
