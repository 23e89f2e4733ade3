"""``mrnmesh-coordinator`` where no daemon is needed."""

import pytest

from coordinator.cli import main as cli


def test_the_data_folder_stands_before_the_command_or_behind_it(init, tmp_path, capsys):
    init("--listen", "127.0.0.1:1")
    hub = str(tmp_path / "hub")
    for given in (
        ["--data", hub, "terminals", "list"],
        ["terminals", "--data", hub, "list"],
        ["terminals", "list", "--data", hub],
        ["terminals", "list", f"--data={hub}"],
        ["--data", hub, "terminals", "list", "--data", hub],
    ):
        assert cli.main([*given, "--token", "x"]) == 1
        assert "Nothing answers at http://127.0.0.1:1" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--data", "a", "status", "--data", "b"], "--data names two folders: a and b"),
        (["status", "--data", "a", "--data=b"], "--data names two folders: a and b"),
        (["status", "--data"], "error: --data: expected one argument"),
        (["status", "--data", "--json"], "error: --data: expected one argument"),
    ],
)
def test_one_folder_is_meant(given, said, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(given)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ("terminals",),
        ("pool",),
        *(("terminals", act) for act in ("list", "add", "grant", "usage", "replace", "revoke")),
        *(("pool", act) for act in ("show", "set", "on", "off")),
    ],
)
def test_help_teaches_by_example(arguments, capsys):
    with pytest.raises(SystemExit):
        cli.main([*arguments, "--help"])
    said = capsys.readouterr().out
    assert "examples:" in said
    assert said.count(f"mrnmesh-coordinator {arguments[0]} ") >= 1
