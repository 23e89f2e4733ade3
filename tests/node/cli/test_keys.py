"""``mrnmesh-node keys``."""

import json

import pytest

from node.cli import main as cli


@pytest.fixture
def run(init, capsys):
    folder = init()
    capsys.readouterr()

    def command(*words):
        status = cli.main(["--data", str(folder), "keys", *words])
        return status, capsys.readouterr()

    return command


def test_a_key_is_made_listed_and_withdrawn(run):
    assert run("list")[1].out == "There is no key.\n"
    status, said = run("add", "LIMS")
    lines = said.out.splitlines()
    assert status == 0
    assert len(bytes.fromhex(lines[1])) == 32
    assert "https_listen" in lines[2], "nobody listens yet"
    assert "LIMS" in run("list")[1].out
    (listed,) = json.loads(run("list", "--json")[1].out)
    assert sorted(listed) == ["made", "name"]
    status, said = run("add", "LIMS")
    assert status != 0
    assert "already" in said.err
    assert run("withdraw", "LIMS")[0] == 0
    assert json.loads(run("add", "LIMS", "--json")[1].out)["key"]
    assert json.loads(run("withdraw", "LIMS", "--json")[1].out) == {"name": "LIMS"}
    assert "There is no key of LIMS" in run("withdraw", "LIMS")[1].err


def test_a_name_is_something_that_can_be_read(run):
    for name in ("", " ", "x" * 61, "a\nb"):
        with pytest.raises(SystemExit):
            run("add", name)
