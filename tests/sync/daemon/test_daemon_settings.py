"""The settings of the two daemons as they are read from a real data folder."""

import pytest

from node import config
from sync.daemon import daemon_settings
from sync.daemon.daemons import COORDINATOR, NODE
from sync.errors import BadConfig, StoreMissing
from tests.folders import new_coordinator, new_desk


@pytest.fixture
def hub(tmp_path):
    return new_coordinator(tmp_path)


@pytest.fixture
def desk(tmp_path, hub):
    return new_desk(tmp_path, hub)


def test_a_new_desk_has_the_defaults_as_typed_values(desk):
    made = config.load(desk)
    assert made.origins == ()
    assert made.required == ("full_name", "sex", "phone", "dob")
    assert made.fields == ()
    assert made.backup is True
    assert made.backup_folder == desk / "backups"
    assert made.log_folder == desk / "logs"
    assert made.looks_kept == 365


def test_variables_and_flags_reach_the_config(desk, tmp_path, monkeypatch):
    monkeypatch.setenv("MRNMESH_NODE_LISTEN", "127.0.0.1:9001")
    monkeypatch.setenv("MRNMESH_NODE_ORIGINS", "https://LIMS.example:8443,http://[::1]:3000")
    monkeypatch.setenv("MRNMESH_NODE_REQUIRED", "full_name,sex")
    monkeypatch.setenv("MRNMESH_NODE_LOOKS_KEPT", "Off")
    monkeypatch.setenv("MRNMESH_NODE_BACKUP_FOLDER", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("MRNMESH_NODE_IDENTIFIERS", "passport unique,insurance shared")
    monkeypatch.setenv("MRNMESH_NODE_EXTRA_FIELDS", "blood_group choice A+|A-")
    monkeypatch.setenv("MRNMESH_NODE_FIELD_LABELS", "passport Passport,blood_group Blood | خون")
    made = config.load(desk, {"backup": False, "sync_listen": "[::1]:9002"})
    assert [one.label for one in made.fields] == [("Passport", ""), None, ("Blood", "خون")]
    assert [one.fact for one in made.fields] == ["id:passport", "no:insurance", "x:blood_group"]
    assert made.url == "http://127.0.0.1:9001"
    assert made.sync_listen == ("::1", 9002)
    assert made.origins == ("https://lims.example:8443", "http://[::1]:3000")
    assert made.required == ("full_name", "sex")
    assert made.backup is False
    assert made.backup_folder == tmp_path / "elsewhere"
    assert made.looks_kept is None


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("ORIGINS", "lims.example", "is not SCHEME://HOST"),
        ("ORIGINS", "https://lims.example/app", "is not SCHEME://HOST"),
        ("ORIGINS", "*", "is not SCHEME://HOST"),
        ("REQUIRED", "full_name,fone", "'fone' is not a field"),
        ("REQUIRED", "dob_estimated", "'dob_estimated' is not a field"),
        ("IDENTIFIERS", "passport once", "is not NAME unique"),
        ("IDENTIFIERS", "visa unique,visa shared", "'visa' stands there twice"),
        ("FIELD_LABELS", "visa Visa,visa Card", "'visa' stands there twice"),
        ("FIELD_LABELS", "visa Visa", "'visa' is none of identifiers and extra_fields"),
        ("EXTRA_FIELDS", "blood liquid", "has none of the kinds"),
        ("LOOKS_KEPT", "0", "is no number of days from 1 to 3650"),
        ("LOOKS_KEPT", "3651", "is no number of days"),
        ("LOOKS_KEPT", "a year", "is no number of days"),
        ("LISTEN", "127.0.0.1:8481", "listen has the port 8481 already"),
        ("WITNESS", "w", "must not be in the data folder"),
        ("COORDINATOR", "http://127.0.0.1:1", "is not wss://HOST:PORT/sync"),
        ("LOG_FOLDER", " ", "must not be empty"),
    ],
)
def test_a_value_that_cannot_be_is_refused(desk, monkeypatch, name, value, said):
    monkeypatch.setenv(f"MRNMESH_NODE_{name}", value)
    with pytest.raises(BadConfig, match=said):
        config.load(desk)


def test_a_file_named_by_a_flag_is_looked_for_where_the_command_is_given(
    desk, tmp_path, monkeypatch
):
    """As with `init --witness`; a relative name in the settings begins at the data folder."""
    monkeypatch.chdir(tmp_path)
    settings = config.load(desk, {"witness": "elsewhere/desk"})
    assert settings.witness == tmp_path / "elsewhere" / "desk"
    assert settings.log_folder == desk / "logs"


def test_the_address_of_a_daemon_is_known_without_its_other_settings(tmp_path, monkeypatch):
    (tmp_path / "register.db").touch()
    path = tmp_path / "node.toml"
    path.write_text('listen = "[::1]:9"\nsomething_newer = 5\n', encoding="utf-8")
    assert daemon_settings.url_in(tmp_path, NODE) == "http://[::1]:9"
    monkeypatch.setenv("MRNMESH_NODE_LISTEN", "127.0.0.1:10")
    assert daemon_settings.url_in(tmp_path, NODE) == "http://127.0.0.1:10"
    monkeypatch.delenv("MRNMESH_NODE_LISTEN")
    path.write_text("", encoding="utf-8")
    assert daemon_settings.url_in(tmp_path, NODE) == f"http://{NODE.listen}"
    path.write_text('listen = "0.0.0.0:9"\n', encoding="utf-8")
    with pytest.raises(BadConfig, match="not on this computer"):
        daemon_settings.url_in(tmp_path, NODE)
    with pytest.raises(StoreMissing, match="mrnmesh-coordinator init"):
        daemon_settings.url_in(tmp_path / "none", COORDINATOR)


@pytest.mark.parametrize(
    "name",
    [
        *("Mars/Base", "", "../zone", "Asia/Karachi\n", "Asia", "America/Argentina", "Asia/"),
        *(
            "a" * 300,
            "PKT",
            "UTC+5",
            "+05:00",
            "asia/karachi",
            "Asia/Karachi ",
            "C:",
            "Asia:Karachi",
        ),
        *("/etc/passwd", "leapseconds", "zone.tab", ".", "é", "Asia:Karachi"),
    ],
)
def test_a_time_zone_that_there_is_not_is_refused(name):
    with pytest.raises(ValueError, match="there is no time zone"):
        daemon_settings.zone_named(name)
