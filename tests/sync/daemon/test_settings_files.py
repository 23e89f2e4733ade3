"""Settings files: read as any editor leaves them, and changed without touching the rest."""

import tomllib

import pytest

from sync.daemon.settings_files import changed_toml, read_toml, write_toml
from sync.errors import BadConfig, StoreMissing

BY_HAND = """\
# Desk at the entrance; ask Sadia before you change the ports.
code = "LAB1-PC"
witness = 'C:\\state\\lab1'  # not on the disk of the data

"listen" = "127.0.0.1:8480"
peers = [
    "ws://127.0.0.1:8491/sync",  # reception
]
"""


def written(tmp_path, content=BY_HAND, mark=b"", line_end=b"\n"):
    path = tmp_path / "node.toml"
    path.write_bytes(mark + content.encode().replace(b"\n", line_end))
    return path


def test_comments_and_order_stay_when_settings_change(tmp_path):
    path = written(tmp_path)
    changed = changed_toml(path, {"witness": 'D:\\new "one"', "listen": "127.0.0.1:9"})
    lines = changed.splitlines()
    assert lines[2] == 'witness = "D:\\\\new \\"one\\""  # not on the disk of the data'
    assert lines[4] == '"listen" = "127.0.0.1:9"'
    kept = BY_HAND.splitlines()
    assert [line for at, line in enumerate(lines) if at not in (2, 4)] == [
        line for at, line in enumerate(kept) if at not in (2, 4)
    ]
    assert path.read_text(encoding="utf-8") == BY_HAND, "only the caller writes"


def test_a_setting_that_is_not_there_yet_comes_last(tmp_path):
    changed = changed_toml(written(tmp_path), {"sync_listen": "127.0.0.1:10"})
    assert changed == BY_HAND + 'sync_listen = "127.0.0.1:10"\n'


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_what_notepad_saves_is_read_and_changed(tmp_path, line_end):
    path = written(tmp_path, mark=b"\xef\xbb\xbf", line_end=line_end)
    assert read_toml(path, "mrnmesh-node init")["listen"] == "127.0.0.1:8480"
    changed = changed_toml(path, {"listen": "127.0.0.1:9"})
    assert not changed.startswith("\ufeff")
    assert changed.encode().count(line_end) == BY_HAND.count("\n")
    assert tomllib.loads(changed) == tomllib.loads(BY_HAND) | {"listen": "127.0.0.1:9"}


def test_what_is_written_is_read_again(tmp_path):
    settings = {"code": "LAB1-PC", "witness": 'C:\\نیشنل\u200cہسپتال\\"w"\t', "peers": ["a", "b"]}
    write_toml(tmp_path / "node.toml", settings)
    assert read_toml(tmp_path / "node.toml", "") == settings
    assert (tmp_path / "node.toml").read_text(encoding="utf-8").count("\n") == 3
    with pytest.raises(FileExistsError):
        write_toml(tmp_path / "node.toml", settings)


@pytest.mark.parametrize("content", [b'code = "LAB', b"code = 1\ncode = 2\n", b"code = \xff\n"])
def test_what_is_no_toml_is_said_with_its_file(tmp_path, content):
    path = tmp_path / "node.toml"
    path.write_bytes(content)
    for act in (lambda: read_toml(path, ""), lambda: changed_toml(path, {"listen": "x"})):
        with pytest.raises(BadConfig, match=r"node\.toml cannot be used: ."):
            act()


def test_without_a_file_the_command_that_makes_it_is_named(tmp_path):
    with pytest.raises(StoreMissing, match="Run `mrnmesh-node init` first"):
        read_toml(tmp_path / "node.toml", "mrnmesh-node init")
