"""``mrnmesh-coordinator`` where no daemon is needed."""

import pytest

from coordinator.cli import main as cli


def test_the_data_folder_behind_the_command_is_put_right(capsys):
    with pytest.raises(SystemExit):
        cli.main(["status", "--data", "hub"])
    assert (
        "--data goes in front of the command: mrnmesh-coordinator --data" in capsys.readouterr().err
    )


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
