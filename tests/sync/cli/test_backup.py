"""``backup`` and ``restore``, by this process or by the daemon that runs."""

import json
import shutil

import pytest

from coordinator.cli import main as coordinator_cli
from node import config
from node.cli import main as cli
from sync.storage.belonging import wal_of
from sync.storage.store import Store
from sync.upkeep.archive import read_manifest
from tests.folders import new_desk


@pytest.fixture
def desk(tmp_path):
    """The data folder of a desk that does not run."""
    return new_desk(tmp_path)


def run(desk, *arguments):
    return cli.main(["--data", str(desk), *arguments])


def test_a_stopped_daemon_is_backed_up_by_the_command_itself(desk, capsys):
    assert run(desk, "backup") == 0
    (made,) = (desk / "backups").iterdir()
    assert capsys.readouterr().out == f"The backup is good: 0 people, 0 records.\n{made}\n"
    assert read_manifest(made).author == "LAB1-PC"


def test_files_that_do_not_belong_together_are_not_backed_up(desk, capsys):
    database = desk / "register.db"
    older = database.read_bytes()
    for commits in (5, 6):
        store = Store.open(database)
        store.meta.commits = commits
        log = wal_of(database).read_bytes()
        store.close()
    database.write_bytes(older)
    wal_of(database).write_bytes(log)
    assert run(desk, "backup") == 1
    assert "do not belong together" in capsys.readouterr().err
    assert not (desk / "backups").exists()


def test_a_copy_on_another_disk_is_checked_and_never_overwritten(desk, tmp_path, capsys):
    usb = tmp_path / "usb"
    assert run(desk, "backup", "--to", str(usb)) == 1
    assert f"There is no folder {usb}" in capsys.readouterr().err
    assert not (desk / "backups").exists(), "it is looked at before anything is made"
    usb.mkdir()
    assert run(desk, "backup", "--to", str(usb), "--json") == 0
    made = json.loads(capsys.readouterr().out)
    (copy,) = usb.iterdir()
    assert made["copy"] == str(copy)
    assert read_manifest(copy) == read_manifest(desk / "backups" / copy.name)
    assert (made["patients"], made["facts"]) == (0, 0)


def test_a_file_with_the_name_of_the_copy_stays(desk, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sync.cli.backup.time.time_ns", lambda: 1_767_600_000_000_000_000)
    assert run(desk, "backup") == 0
    (first,) = (desk / "backups").iterdir()
    usb = tmp_path / "usb"
    usb.mkdir()
    (usb / first.name).write_text("somebody's", encoding="utf-8")
    shutil.rmtree(desk / "backups")
    capsys.readouterr()
    assert run(desk, "backup", "--to", str(usb)) == 1
    assert (
        f"{usb / first.name} cannot be used: it is there already. Name another folder."
        in capsys.readouterr().err
    )
    assert (usb / first.name).read_text(encoding="utf-8") == "somebody's"


def test_a_backup_is_checked_and_restored_into_a_new_folder(desk, tmp_path, capsys):
    run(desk, "backup")
    file = capsys.readouterr().out.splitlines()[-1]
    assert run(desk, "restore", "--check", file) == 0
    out = capsys.readouterr().out
    assert "LAB1-PC as of " in out
    assert out.endswith("0 people, 0 records.\nAll of it is good. Nothing was changed.\n")
    new = tmp_path / "new"
    assert run(new, "restore", file, "--witness", str(tmp_path / "w"), "--listen", "[::1]:9") == 0
    out = capsys.readouterr().out
    assert f"It was restored into {new}." in out
    assert f"What happens next: start it with `mrnmesh-node --data {new} run`." in out
    assert config.load(new).url == "http://[::1]:9"
    assert run(new, "restore", file) == 1
    assert "is not empty" in capsys.readouterr().err


def test_a_database_that_does_not_agree_is_backed_up_and_that_is_said(desk, capsys):
    store = Store.open(desk / "register.db")
    store.connection.execute("INSERT INTO facts VALUES (7, 0, NULL, x'00')")
    store.close()
    assert run(desk, "backup") == 0
    out = capsys.readouterr().out
    assert out.startswith("The backup was made: 0 people, 1 record.\nBut what its database holds")
    assert run(desk, "restore", "--check", out.splitlines()[-1]) == 0
    out = capsys.readouterr().out
    assert "does not agree: records that cannot be assigned to anybody: 1." in out
    assert out.endswith("All of it can be restored. Nothing was changed.\n")


def test_programs_get_what_was_restored_and_where(desk, tmp_path, capsys):
    run(desk, "backup", "--json")
    made = json.loads(capsys.readouterr().out)
    assert run(desk, "restore", "--check", made["file"], "--json") == 0
    copied = made.pop("copy")
    assert copied is None
    assert json.loads(capsys.readouterr().out) == made | {"data": None}
    new = tmp_path / "new"
    witness = str(tmp_path / "w")
    assert run(new, "restore", made["file"], "--json", "--witness", witness) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["data"] == str(new)
    assert (shown["file"], shown["patients"]) == (made["file"], 0)


def test_the_backup_of_the_other_daemon_is_refused_with_the_right_command(desk, tmp_path, capsys):
    run(desk, "backup")
    file = capsys.readouterr().out.splitlines()[-1]
    assert coordinator_cli.main(["--data", str(tmp_path / "x"), "restore", file]) == 1
    assert "Restore it with `mrnmesh-node restore`" in capsys.readouterr().err


def test_a_running_daemon_makes_it_and_the_command_waits(live):
    live.register()
    done = live.node("backup", "--json")
    assert done.status == 0
    made = json.loads(done.out)
    assert made["patients"] >= 1
    assert made["file"].startswith(str(live.desk.folder / "backups"))
    again = live.hub("backup")
    assert again.status == 0
    assert again.out.startswith("The backup is good: ")


def test_why_a_running_daemon_could_not_make_it_is_said(live):
    folder = live.desk.folder / "backups"
    folder.rename(folder.with_name("away"))
    folder.touch()
    try:
        done = live.node("backup")
    finally:
        folder.unlink()
        folder.with_name("away").rename(folder)
    assert done.status == 1
    assert f"There is no folder {folder} to put the backup into" in done.err
    assert live.node("backup").status == 0
