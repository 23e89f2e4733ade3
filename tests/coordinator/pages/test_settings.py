"""What can be set while the coordinator runs."""

import pytest

from coordinator import config
from tests.daemons import new_hub

pytestmark = pytest.mark.asyncio(loop_scope="module")

SETTINGS = "/api/settings/"


async def test_the_name_of_the_clinic_is_kept_and_shown(hub):
    assert (await hub.get(SETTINGS))["facility"] == ""
    sent = {"facility": "  Rehman  Clinic "}
    assert (await hub.call("PATCH", SETTINGS, sent))["facility"] == "Rehman Clinic"
    assert (await hub.get(SETTINGS))["facility"] == "Rehman Clinic"
    refused = await hub.refused("PATCH", SETTINGS, {"facility": "a\u202eb"})
    assert refused == (400, "invalid_fields")


async def test_backups_go_where_they_are_told_and_do_so_after_a_restart(tmp_path):
    hub, disk = new_hub(tmp_path), tmp_path / "disk"
    file = hub.config.folder / "coordinator.toml"
    file.write_text("# our own words\n" + file.read_text(encoding="utf-8"), encoding="utf-8")
    async with hub.running(jobs=False):
        missing = await hub.refused("PATCH", SETTINGS, {"backup_folder": str(disk)})
        assert missing == (409, "backup_place_unusable")
        assert "disk" not in file.read_text(encoding="utf-8")
        disk.mkdir()
        answer = await hub.call("PATCH", SETTINGS, {"backup_folder": str(disk)})
        assert answer["backup_folder"] == str(disk)
        await hub.call("POST", "/api/backups/", {})
        making = hub.daemon._upkeep._backups._making
        if making is not None:  # else it is made already
            await making
        assert len(list(disk.iterdir())) == 1
        assert (await hub.get("/api/backups/"))["last_good"]["file"].startswith(str(disk))
    assert config.load(hub.config.folder).backup_folder == disk
    assert "# our own words" in file.read_text(encoding="utf-8")


async def test_a_folder_of_the_data_folder_is_made_and_one_of_the_environment_stays(
    tmp_path, monkeypatch
):
    hub = new_hub(tmp_path)
    async with hub.running(jobs=False):
        answer = await hub.call("PATCH", SETTINGS, {"backup_folder": "saved"})
        assert answer["backup_folder"] == str(hub.config.folder / "saved")
        monkeypatch.setenv("MRNMESH_COORDINATOR_BACKUP_FOLDER", str(tmp_path))
        other = await hub.refused("PATCH", SETTINGS, {"backup_folder": "other"})
        assert other == (409, "backup_place_unusable")
        nowhere = await hub.refused("PATCH", SETTINGS, {"backup_folder": "a\0b"})
        assert nowhere == (409, "backup_place_unusable")
