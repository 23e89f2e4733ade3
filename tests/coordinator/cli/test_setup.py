"""``init`` and ``token reset``: a new coordinator, and a new token for its administrator."""

import json
import os
import signal
import sys

import pytest

from coordinator.cli import main as cli
from coordinator.config import load
from coordinator.registry import pool
from coordinator.users import first_start
from sync.errors import BadRecoveryKey, StoreIncomplete, StoreMissing
from sync.model.numbers import NumberRange
from sync.storage.lock import FolderLock
from sync.storage.store import Store
from sync.trust import sealing
from tests.browser.board import add_user
from tests.coordinator.users.made import scopes_of


def test_the_token_is_shown_once_and_stored_hashed(init, tmp_path, capsys):
    assert init("--zone", "Europe/Berlin") == 0
    token = capsys.readouterr().out.split()[-1]
    assert str(load(tmp_path / "hub").zone) == "Europe/Berlin"
    store = Store.open(tmp_path / "hub" / "register.db")
    assert scopes_of(store, token) == ("administer",)
    assert len(store.api_keys.all()) == 1
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


def test_programs_get_the_token(init, tmp_path, capsys):
    assert init("--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["folder"] == str(tmp_path / "hub")
    store = Store.open(tmp_path / "hub" / "register.db")
    assert scopes_of(store, shown["token"]) == ("administer",)
    store.close()


def test_the_page_of_the_first_start_is_shown_with_its_secret(init, tmp_path, capsys):
    folder = tmp_path / "hub"
    assert init("--json") == 0
    first = json.loads(capsys.readouterr().out)
    assert first["setup_page"].endswith(f"/#/setup/{first['setup_secret']}")
    assert first_start.is_right(folder, first["setup_secret"])
    assert cli.main(["setup-secret", "--data", str(folder)]) == 0
    page = capsys.readouterr().out.split()[-1]
    assert page.startswith(load(folder).url)
    assert first_start.is_right(folder, page.rpartition("/")[2])
    assert not first_start.is_right(folder, first["setup_secret"])
    assert cli.main(["setup-secret", "--json", "--data", str(folder)]) == 0
    assert first_start.is_right(folder, json.loads(capsys.readouterr().out)["setup_secret"])


def test_there_is_no_first_start_once_there_is_a_user(live):
    add_user(live)
    done = live.hub("setup-secret")
    assert done.status == 1
    assert "There is a user already" in done.err


def test_a_running_daemon_takes_the_new_token_up_at_once(live):
    old = live.token
    done = live.hub("token", "reset")
    assert done.status == 0
    assert done.out.startswith("The administrator's new token follows; earlier ones are withdrawn.")
    assert live.hub("pool", "show").status == 1, "the old one is good for nothing now"
    live.token = done.out.split()[-1]
    assert live.token != old
    assert live.hub("pool", "show").status == 0


def test_beside_a_daemon_that_does_not_answer_both_counts_are_explained(init, tmp_path, capsys):
    init("--listen", "127.0.0.1:1")
    lock = FolderLock(tmp_path / "hub")
    capsys.readouterr()
    try:
        assert cli.main(["--data", str(tmp_path / "hub"), "token", "reset"]) == 0
    finally:
        lock.release()
    assert "until then the old one counts" in capsys.readouterr().out


def test_the_recovery_key_is_shown_once_and_can_be_made_anew(init, tmp_path, capsys):
    assert init("--json") == 0
    first = json.loads(capsys.readouterr().out)["recovery_key"]
    sealed = sealing.seal(sealing.public_key(tmp_path / "hub"), b"x")
    assert sealing.opened(first, sealed) == b"x"
    assert cli.main(["--data", str(tmp_path / "hub"), "recovery-key"]) == 0
    second = capsys.readouterr().out.splitlines()[-1]
    assert sealing.opened(second, sealing.seal(sealing.public_key(tmp_path / "hub"), b"y")) == b"y"
    with pytest.raises(BadRecoveryKey):
        sealing.opened(second, sealed)


def moments(arguments, printed):
    """Run the command in a process that stops each time before it opens or renames a file of it.

    Whoever looks then finds what the command leaves behind if it is killed there.
    """
    child = os.fork()
    if child == 0:  # pragma: no cover

        def stop(event, given):
            if event in ("open", "os.rename") and str(printed.parent) in str(given[0]):
                os.kill(os.getpid(), signal.SIGSTOP)

        try:
            with printed.open("w") as sys.stdout:
                sys.addaudithook(stop)
                cli.main(arguments)
        finally:
            os._exit(0)
    try:
        while os.WIFSTOPPED(status := os.waitpid(child, os.WUNTRACED)[1]):
            yield
            os.kill(child, signal.SIGCONT)
        assert os.WEXITSTATUS(status) == 0
        yield
    except BaseException:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        raise


@pytest.mark.skipif(sys.platform == "win32", reason="it has no fork")
def test_no_coordinator_runs_whose_secrets_nobody_has_seen(tmp_path):
    """Whenever `init` is killed, there are no settings, or it has shown what is kept nowhere."""
    hub, printed = tmp_path / "hub", tmp_path / "printed"
    witness = tmp_path / "w"
    arguments = ["--data", str(hub), "init", "--json", "--witness", str(witness)]
    unfinished = shown_in = 0
    for _ in moments(arguments, printed):
        if (hub / "coordinator.toml").exists():
            shown = json.loads(printed.read_text())
            sealed = sealing.seal(sealing.public_key(hub), b"x")
            assert sealing.opened(shown["recovery_key"], sealed) == b"x"
            assert first_start.is_right(hub, shown["setup_secret"])
            assert shown["setup_page"].startswith(load(hub).url)
            shown_in += 1
        else:
            with pytest.raises((StoreMissing, StoreIncomplete)):
                load(hub)
            unfinished += 1
    assert unfinished > 10
    assert shown_in
