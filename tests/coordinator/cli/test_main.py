"""``mrnmesh-coordinator`` where no daemon is needed."""

import pytest

from coordinator.cli import calling
from coordinator.cli import conflicts as conflicts_cli
from coordinator.cli import main as cli
from coordinator.config import load
from coordinator.registry import pool, tokens
from sync.model.numbers import NumberRange
from sync.storage.shards import Store


@pytest.fixture
def init(tmp_path):
    def run(*more):
        return cli.main(
            ["--data", str(tmp_path / "hub"), "init", "--witness", str(tmp_path / "w"), *more]
        )

    return run


def test_the_token_is_shown_once_and_stored_hashed(init, tmp_path, capsys):
    assert init("--zone", "Europe/Berlin") == 0
    token = capsys.readouterr().out.split()[-1]
    assert str(load(tmp_path / "hub").zone) == "Europe/Berlin"
    store = Store.open(tmp_path / "hub" / "register.db")
    assert tokens.scopes(store).get(tokens.digest(token)) == tokens.ADMINISTRATOR
    assert tokens.scopes(store).get(tokens.digest(token[:-1] + "x")) is None
    store.close()
    for file in tmp_path.rglob("*"):
        assert file.is_dir() or token.encode() not in file.read_bytes()


def test_a_zone_that_is_none_is_refused_before_anything_is_made(init, tmp_path, capsys):
    assert init("--zone", "Mars/Base") == 1
    assert "no time zone 'Mars/Base'" in capsys.readouterr().err
    assert not (tmp_path / "hub").exists()


def test_data_that_is_there_is_left_as_it_is(init, capsys):
    init()
    assert init() == 1
    assert "already" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [["terminals", "list"], ["terminals", "grant", "LAB1-PC", "1-9"], ["status"]],
)
def test_without_a_token_it_says_where_to_put_one(arguments, capsys, monkeypatch):
    monkeypatch.delenv("MRNMESH_TOKEN", raising=False)
    assert cli.main(arguments) == 1
    assert "Set MRNMESH_TOKEN" in capsys.readouterr().err


def test_a_coordinator_that_does_not_run_is_said_so(capsys):
    assert conflicts_cli.main(["list", "--url", "http://127.0.0.1:1", "--token", "x"]) == 2
    assert "Start the daemon there with `run`" in capsys.readouterr().err


def test_a_join_file_of_another_terminal_is_refused(tmp_path, capsys):
    join = tmp_path / "LAB2-PC.join"
    join.write_text('{"code": "LAB2-PC"}', encoding="utf-8")
    arguments = ["terminals", "add", "LAB1-PC", "--key", str(join), "--token", "x"]
    assert cli.main(arguments) == 1
    assert "the join file of LAB2-PC" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "there is no such file"),
        ('{"coordinator_key": "00"}', "'code' is not in it"),
        ("no json", "it is not JSON"),
    ],
)
def test_what_is_no_join_file_is_refused_and_the_right_one_named(tmp_path, capsys, content, why):
    path = tmp_path / "other.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    assert cli.main(["terminals", "add", "--key", str(path), "--token", "x"]) == 1
    told = capsys.readouterr().err
    assert f"The file {path} cannot be used: {why}" in told
    assert "Name the file CODE.join from the data folder of the new desk" in told


def test_the_data_folder_behind_the_command_is_put_right(capsys):
    with pytest.raises(SystemExit):
        cli.main(["status", "--data", "hub"])
    assert (
        "--data goes in front of the command: mrnmesh-coordinator --data" in capsys.readouterr().err
    )


def test_the_data_folder_names_the_coordinator(init, tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("MRNMESH_URL", raising=False)
    init("--listen", "127.0.0.1:1")
    for main, act, status in ((cli.main, "status", 1), (conflicts_cli.main, "list", 2)):
        assert main(["--data", str(tmp_path / "hub"), act, "--token", "x"]) == status
        assert "Nothing answers at http://127.0.0.1:1" in capsys.readouterr().err
        assert main(["--data", str(tmp_path / "none"), act, "--token", "x"]) == status
        assert "There is no data in" in capsys.readouterr().err


def test_no_terminals_is_said(monkeypatch, capsys):
    monkeypatch.setattr(calling.Client, "call", lambda *_: {"results": []})
    assert cli.main(["terminals", "list", "--url", "http://127.0.0.1:1", "--token", "x"]) == 0
    assert capsys.readouterr().out == "No terminals yet.\n"


def test_a_coordinator_begins_with_the_pool_that_was_named(init, tmp_path):
    assert init("--pool", "3000000-3999999", "--block", "500") == 0
    store = Store.open(tmp_path / "hub" / "register.db")
    assert pool.read(store) == pool.Pool(NumberRange(3_000_000, 3_999_999), 500)
    store.close()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--pool", "5-9"), "no block that begins at a multiple of its size lies within it"),
        (("--pool", "5"), "is not a range of numbers"),
        (("--block", "1"), "a block has at least 10 numbers"),
    ],
)
def test_a_pool_that_cannot_be_used_is_refused_before_anything_is_made(
    init, tmp_path, capsys, arguments, said
):
    assert init(*arguments) == 1
    assert said in capsys.readouterr().err
    assert not (tmp_path / "hub").exists()


@pytest.mark.parametrize("state", ["replace", "retire", "revoke"])
def test_an_end_needs_a_reason(state, capsys):
    with pytest.raises(SystemExit):
        cli.main(["terminals", state, "LAB1-PC"])
    assert "--reason" in capsys.readouterr().err


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
