"""The doctor at a desk whose daemon does not run."""

import json
import socket
import time
from pathlib import Path

import pytest

from coordinator import config as coordinator_config
from coordinator.cli import main as coordinator_cli
from node import config
from node.cli import main as cli
from sync.engine import issuing
from sync.engine.witness import Witness
from sync.model.facts import Allocator
from sync.storage.lock import FolderLock
from sync.storage.store import Store
from sync.upkeep import computer
from sync.upkeep.findings import FindingLevel
from tests.clinic import Clinic


@pytest.fixture
def desk(tmp_path):
    """A desk with a coordinator that does not run, and ports that were free a moment ago."""
    file, _ = coordinator_config.init(
        tmp_path / "hub",
        witness=tmp_path / "hub.witness",
        listen="127.0.0.1:0",
        sync_listen="127.0.0.1:1",
    )
    config.init(
        tmp_path / "desk",
        "LAB1-PC",
        file,
        witness=tmp_path / "witnesses" / "desk",
        listen="127.0.0.1:0",
        sync_listen="127.0.0.1:0",
        peers=("ws://127.0.0.1:1/sync",),
    )
    return tmp_path / "desk"


@pytest.fixture
def examine(desk, capsys):
    """Run the command; gives check -> finding, of the worst if a check has several."""

    def run(main=cli.main, folder=desk):
        status = main(["--data", str(folder), "doctor", "--json"])
        report = json.loads(capsys.readouterr().out)
        assert status == (report["level"] == "problem")
        order = list(FindingLevel)
        found = {}
        for one in sorted(report["findings"], key=lambda one: order.index(one["level"])):
            found[one["check"]] = one
        return found

    return run


def test_a_new_desk_is_told_what_is_missing(examine):
    found = examine()
    levels = {name: one["level"] for name, one in found.items()}
    assert levels["database"] == levels["data folder"] == levels["API port"] == "ok"
    assert levels["daemon"] == levels["coordinator"] == levels["peer"] == "warning"
    assert levels["terminal"] == levels["ranges"] == "problem"
    assert "terminals add --key LAB1-PC.join" in found["terminal"]["do"]
    for one in found.values():
        assert bool(one["do"]) == (one["level"] != "ok")


def test_it_changes_nothing(examine, desk):
    def content():
        return {
            path: path.read_bytes()
            for path in desk.rglob("*")
            if path.is_file() and path.suffix not in (".db-shm", ".db-wal")
        }

    before = content()
    examine()
    assert content() == before


def test_a_port_of_another_program_is_a_problem(examine, desk, monkeypatch):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        monkeypatch.setenv("MRNMESH_NODE_LISTEN", f"127.0.0.1:{other.getsockname()[1]}")
        found = examine()["API port"]
    assert found["level"] == "problem"
    assert "is not free" in found["found"]


def test_a_daemon_that_holds_the_folder_and_does_not_answer_is_a_problem(examine, desk):
    lock = FolderLock(desk)
    try:
        found = examine()["daemon"]
    finally:
        lock.release()
    assert found["level"] == "problem"
    assert "does not answer" in found["found"]


def test_a_clock_before_the_last_known_time_is_a_problem(examine, desk):
    store = Store.open(desk / "register.db")
    store.meta.coordinator_ms = int(time.time() + 86_500) * 1000
    store.close()
    found = examine()["clock"]
    assert found["level"] == "problem"
    assert "24 hours behind the last time known" in found["found"]


def test_a_damaged_database_is_a_problem_and_the_rest_is_still_looked_at(examine, desk):
    path = desk / "register.db"
    path.write_bytes(b"SQLite format 3\0" + b"x" * 100_000)
    found = examine()
    assert found["database"]["level"] == "problem"
    assert "restore the newest good backup" in found["database"]["do"]
    assert found["coordinator"]["level"] == "warning"


def test_pages_that_were_spoiled_are_found(examine, desk):
    path = desk / "register.db"
    data = bytearray(path.read_bytes())
    for page in range(8, len(data) // 4096):
        data[page * 4096 : page * 4096 + 100] = b"\xff" * 100
    path.write_bytes(data)
    assert examine()["database"]["level"] == "problem"


def test_a_database_of_the_future_is_a_problem(examine, desk):
    store = Store.open(desk / "register.db")
    store.connection.execute("PRAGMA user_version = 99")
    store.close()
    found = examine()["database"]
    assert "newer" in found["found"]
    assert "install the newer mrnmesh" in found["do"]


def test_a_database_of_another_desk_is_a_problem(examine, desk):
    file = desk / "node.toml"
    text = file.read_text(encoding="utf-8").replace("LAB1-PC", "LAB2-PC")
    file.write_text(text, encoding="utf-8")
    assert "it is that of LAB1-PC" in examine()["database"]["found"]


def test_a_database_that_is_nobodys_is_a_problem(examine, desk):
    store = Store.open(desk / "register.db")
    store.meta.author = None
    store.close()
    found = examine()
    assert found["database"]["level"] == "problem"
    assert "it is that of nobody" in found["database"]["found"]
    assert "ranges" not in found


def test_a_witness_of_another_computer_asks_for_a_new_life(examine, tmp_path):
    path = tmp_path / "witnesses" / "desk"
    Witness.create(path, "another computer")
    found = examine()["witness"]
    assert found["level"] == "problem"
    assert "is of another computer" in found["found"]
    assert "mrnmesh-node renew" in found["do"]
    path.unlink()
    assert "is missing" in examine()["witness"]["found"]


def test_settings_that_cannot_be_used_are_a_finding(examine, desk):
    with (desk / "node.toml").open("a", encoding="utf-8") as file:
        file.write('lissen = "x"\n')
    found = examine()
    assert found["settings"]["level"] == "problem"
    assert "did you mean 'listen'" in found["settings"]["found"]
    assert "sqlite" in found


def test_a_coordinator_is_looked_at_too(examine, desk):
    found = examine(coordinator_cli.main, desk.parent / "hub")
    assert found["database"]["level"] == found["recovery"]["level"] == "ok"
    assert found["daemon"]["level"] == "warning"
    store = Store.open(desk.parent / "hub" / "register.db")
    store.meta.recovery = "its database is older than what it has issued"
    store.close()
    found = examine(coordinator_cli.main, desk.parent / "hub")["recovery"]
    assert found["level"] == "problem"
    assert "end-recovery" in found["do"]


def test_in_words_it_ends_with_the_worst(desk, capsys):
    assert cli.main(["--data", str(desk), "doctor"]) == 1
    out = capsys.readouterr().out
    assert out.startswith("ok       mrnmesh       version")
    assert out.endswith("\n\n2 problems, 3 warnings.\n")


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/srv/data/lab", "nfs4"),
        ("/srv/database", "ext4"),
        ("/my disk/lab", "cifs"),
        ("/tmp/x", "tmpfs"),
    ],
)
def test_the_file_system_is_that_of_the_nearest_mount(folder, kind):
    mounts = (
        "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
        "30 22 0:30 / /tmp rw - tmpfs tmpfs rw\n"
        "31 22 0:31 / /srv/data rw,relatime shared:9 - nfs4 server:/x rw\n"
        "32 22 0:32 / /my\\040disk rw - cifs //server/x rw\n"
        "a line that is none\n"
    )
    assert computer.mounted(mounts, Path(folder)) == kind


def test_a_range_that_an_earlier_version_closed_is_told_in_the_words_of_today(tmp_path):
    clinic = Clinic(tmp_path)
    desk = clinic.desk("LAB1-PC", "100-109")
    store = desk.writer.store
    store.close_cursor(100, "an earlier life of this database used it")
    (held,) = desk.writer.write(lambda tx: issuing.prospects(tx, desk.author, Allocator.NODE, None))
    clinic.close()
    assert held.objection == "an earlier copy of this database used it"
