"""What the doctor sees of a computer: disk, ports, what answers, what it runs on."""

import re
import socket
import sys
from collections import namedtuple
from pathlib import Path
from types import SimpleNamespace

import pytest

from sync.http.address import Address
from sync.storage import files
from sync.upkeep import computer
from sync.upkeep.findings import FindingLevel

OK, WARNING, PROBLEM = FindingLevel
Usage = namedtuple("Usage", "total used free")


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
    assert computer.mounted(mounts, Path(folder)).kind == kind


@pytest.fixture
def settings(tmp_path):
    """What is looked at of a daemon's settings."""
    return SimpleNamespace(
        folder=tmp_path,
        witness=tmp_path / "state" / "witness",
        log_folder=tmp_path / "logs",
        backup=True,
        backup_folder=tmp_path / "backups",
        url="http://127.0.0.1:1",
        listen=Address("127.0.0.1", 0),
        sync_listen=Address("::1", 0),
    )


def levels(found):
    return {one.check: one.level for one in found}


def test_a_good_disk_has_room_and_may_be_written(settings, monkeypatch):
    monkeypatch.setattr(computer.shutil, "disk_usage", lambda _: Usage(0, 0, 5 * 10**9))
    monkeypatch.setattr(computer, "file_system", lambda _: "ext4")
    monkeypatch.setattr(computer, "is_encrypted", lambda _: True)
    assert set(levels(computer.disk(settings)).values()) == {OK}
    assert not settings.log_folder.exists(), "nothing is changed"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has rights of folders instead")
def test_what_cannot_be_written_is_named(settings, monkeypatch):
    def refuses(dir):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(computer.tempfile, "TemporaryFile", refuses)
    found = {one.check: one for one in computer.disk(settings)}
    for check, folder in (("data folder", settings.folder), ("log folder", settings.log_folder)):
        assert found[check].level is PROBLEM
        assert (
            f"{folder} cannot be written (this user is not allowed to use it)" in found[check].found
        )
        assert f"write in {settings.folder}" in found[check].do, "the folder that there is"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows is asked for the kind of a disk")
def test_without_a_table_of_mounts_the_file_system_is_not_known(tmp_path, monkeypatch):
    monkeypatch.setattr(computer, "_MOUNTS", tmp_path / "none")
    assert computer.file_system(tmp_path) is None
    assert computer.is_encrypted(tmp_path) is None


LUKS = "CRYPT-LUKS2-8f2a-cryptroot\n"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows is asked for BitLocker")
@pytest.mark.parametrize(
    ("devices", "encrypted"),
    [
        ({"8:1": None}, False),
        ({"254:0": LUKS}, True),
        ({"254:1": "LVM-abc", "below": LUKS}, True),
        ({"254:1": "LVM-abc", "below": None}, False),
        ({"254:1": "CRYPT-PLAIN-swap"}, True),
        ({}, None),
    ],
)
def test_a_disk_is_encrypted_where_what_it_lies_upon_is(tmp_path, devices, encrypted):
    above = None
    for name, kind in devices.items():
        folder = tmp_path / name
        folder.mkdir()
        if kind is not None:
            (folder / "dm").mkdir()
            (folder / "dm" / "uuid").write_text(kind, encoding="ascii")
        (folder / "slaves").mkdir()
        if above is not None:
            (above / "slaves" / name).symlink_to(folder)
        above = folder
    assert computer.is_device_encrypted(next(iter(devices), "0:40"), tmp_path) is encrypted


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such links")
def test_devices_that_lie_upon_each_other_in_a_circle_say_nothing(tmp_path):
    (tmp_path / "8:1" / "slaves").mkdir(parents=True)
    (tmp_path / "8:1" / "slaves" / "itself").symlink_to(tmp_path / "8:1")
    assert computer.is_device_encrypted("8:1", tmp_path) is None


@pytest.mark.skipif(sys.platform != "win32", reason="BitLocker is part of Windows")
@pytest.mark.parametrize(("said", "encrypted"), [("1\n", True), ("2\n", False), ("", None)])
def test_windows_says_whether_bitlocker_protects_a_disk(tmp_path, monkeypatch, said, encrypted):
    answer = SimpleNamespace(stdout=said)
    monkeypatch.setattr(computer.subprocess, "run", lambda *_, **__: answer)
    assert computer.is_encrypted(tmp_path) is encrypted


@pytest.fixture
def other():
    """Another program at a port; it never answers."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield Address("127.0.0.1", listening.getsockname()[1])


def test_ports_are_free_or_taken_by_another_program(settings, other):
    assert set(levels(computer.ports(settings, running=False)).values()) == {OK}
    settings.listen = other
    free, taken = sorted(computer.ports(settings, running=False), key=lambda one: one.level)
    assert (free.check, taken.check) == ("sync port", "API port")
    assert taken.level is PROBLEM
    assert f"127.0.0.1:{other.port} is not free" in taken.found
    assert "`listen`" in taken.do


def test_a_daemon_that_runs_must_answer_at_its_ports(live, settings):
    settings.listen = Address.parse(live.desk.url.removeprefix("http://"))
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        settings.sync_listen = Address("127.0.0.1", closed.getsockname()[1])
        api, sync = computer.ports(settings, running=True)
    assert (api.level, sync.level) == (OK, PROBLEM)
    assert "the daemon runs, but not at" in sync.found
    assert "another sync_listen" in sync.do


def test_the_time_of_whoever_answers_is_known_also_when_it_answers_with_an_error(live):
    for url in (live.desk.url, f"{live.desk.url}/nothing/", live.coordinator.url):
        assert computer.said_time(url) is not None
        assert computer.said_time(url.replace("http:", "ws:")) is not None
    assert computer.said_time("http://127.0.0.1:1") is None


def test_software_is_named_with_its_versions(monkeypatch):
    found = {one.check: one for one in computer.software()}
    assert {one.level for one in found.values()} == {OK}
    assert found["python"].found == ".".join(map(str, sys.version_info[:3]))
    assert found["pycrdt"].found == "0.14.13"
    monkeypatch.setattr(computer.metadata, "version", lambda _: "0.15.0")
    (wrong,) = [one for one in computer.software() if one.check == "pycrdt"]
    assert (wrong.level, wrong.do) == (
        PROBLEM,
        "pip install pycrdt==0.14.13, in the environment of mrnmesh",
    )


def test_without_an_installation_nothing_is_pinned(monkeypatch):
    def missing(_):
        raise computer.metadata.PackageNotFoundError

    monkeypatch.setattr(computer.metadata, "requires", missing)
    monkeypatch.setattr(computer.metadata, "version", missing)
    (found,) = [one for one in computer.software() if one.check == "pycrdt"]
    assert (found.level, found.found) == (PROBLEM, "missing, not None")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other rights")
def test_who_may_read_the_key_is_looked_up(tmp_path):
    key = tmp_path / "signing-key.pem"
    assert computer.key(key) == [], "that it is missing is found elsewhere"
    files.create_private(key).close()
    assert [one.level for one in computer.key(key)] == [FindingLevel.OK]
    key.chmod(0o644)
    assert [one.level for one in computer.key(key)] == [FindingLevel.PROBLEM]


@pytest.mark.skipif(sys.platform != "win32", reason="elsewhere there are modes")
def test_windows_says_who_may_read_the_key(tmp_path):
    key = tmp_path / "signing-key.pem"
    assert computer.key(key) == []
    files.create_private(key).close()
    (found,) = computer.key(key)
    assert found.check == "private key"
    assert re.fullmatch(r"S-1-[\d-]+", files.own_sid())
    files.restrict(tmp_path)
