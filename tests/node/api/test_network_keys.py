"""Programs of other computers call a desk over HTTPS, each with a key."""

import ssl
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import aiohttp
import pytest

from coordinator.cli import main as coordinator_cli
from examples.clinic import free_ports
from node.api import administrator
from node.api.network_keys import FILE, NetworkKeys
from node.errors import KeyMissing, KeyNameTaken
from sync.engine.issuing import Draft, Issued
from sync.errors import BadConfig
from sync.http.address import Address
from sync.https import pages_authority
from sync.model.facts import Author, RecordId
from sync.model.numbers import Mrn
from tests.clinic import PERSON
from tests.daemons import new_hub
from tests.daemons.running import new_node

LAB = Author("LAB1-PC")
NOW = datetime(2026, 11, 29, tzinfo=UTC)
HEALTH = "/api/health/"


def test_a_key_is_shown_once_and_kept_as_a_hash(tmp_path):
    keys = NetworkKeys(tmp_path)
    assert keys.all() == []
    key = keys.add("LIMS", NOW)
    keys.add("Archive", NOW)
    assert [one.name for one in keys.all()] == ["Archive", "LIMS"]
    assert key not in (tmp_path / FILE).read_text(encoding="utf-8")
    assert keys._name_of(key) == "LIMS"
    assert keys._name_of(key[:-1]) is None
    assert keys._name_of("é") is None
    with pytest.raises(KeyNameTaken):
        keys.add("LIMS", NOW)


def test_a_key_that_is_withdrawn_is_good_no_longer_for_a_daemon_that_runs(tmp_path):
    running, command = NetworkKeys(tmp_path), NetworkKeys(tmp_path)
    key = command.add("LIMS", NOW)
    assert running._name_of(key) == "LIMS"
    command.withdraw("LIMS")
    assert running._name_of(key) is None
    with pytest.raises(KeyMissing):
        command.withdraw("LIMS")
    (tmp_path / FILE).unlink()
    assert running._name_of(key) is None


def test_a_file_that_is_damaged_lets_nobody_in(tmp_path):
    keys = NetworkKeys(tmp_path)
    key = keys.add("LIMS", NOW)
    (tmp_path / FILE).write_text("{", encoding="utf-8")
    assert keys._name_of(key) is None
    with pytest.raises(BadConfig):
        keys.all()


@asynccontextmanager
async def called_from_elsewhere(folder):
    """A desk with a certificate of the coordinator's authority, and a caller who trusts that."""
    hub = new_hub(folder)
    data = ["--data", str(hub.config.folder)]
    file = folder / "desk.pem"
    assert coordinator_cli.main([*data, "ca", "issue", "127.0.0.1", str(file)]) == 0
    desk, _ = new_node(folder, hub, "LAB1-PC")
    (port,) = free_ports(1)
    here = Address("127.0.0.1", port)
    desk.config = replace(desk.config, https_listen=here, https_files=(file, file))
    pem = pages_authority.read(hub.config.folder).pem.decode()
    tls = ssl.create_default_context(cadata=pem)
    tls.verify_flags |= ssl.VERIFY_X509_STRICT
    async with desk.running(jobs=False), aiohttp.ClientSession() as http:

        async def send(path, key="", **headers):
            if key:
                headers["Authorization"] = f"Bearer {key}"
            url = f"https://127.0.0.1:{port}{path}"
            async with http.get(url, ssl=tls, headers=headers) as answer:
                return answer.status, await answer.json()

        yield desk, send


async def test_other_computers_call_with_a_key_and_only_with_one(tmp_path):
    async with called_from_elsewhere(tmp_path) as (desk, send):
        for path in (HEALTH, "/openapi.json", "/api/nowhere/", "/"):
            status, answer = await send(path)
            assert (status, answer["code"]) == (401, "key_needed")
        key = NetworkKeys(desk.config.folder).add("LIMS", NOW)
        assert (await send(HEALTH, "wrong"))[1]["code"] == "key_not_good"
        assert (await send(HEALTH, key))[0] == 200
        assert (await send("/api/status/", key))[0] == 200
        assert (await send(HEALTH, key, Origin="https://elsewhere.example"))[0] == 403
        assert (await send(HEALTH, key, Host="elsewhere.example"))[0] == 403
        secret = administrator.secret_of(desk.config.folder)
        assert (await send("/api/looks/", secret))[1]["code"] == "key_not_good"
        assert (await send("/api/looks/", key))[1]["code"] == "for_administrator"
        NetworkKeys(desk.config.folder).withdraw("LIMS")
        assert (await send(HEALTH, key))[1]["code"] == "key_not_good"
        assert (await desk.send("GET", HEALTH))[0] == 200, "this computer needs none"


async def test_who_looked_from_another_computer_is_the_key(tmp_path):
    async with called_from_elsewhere(tmp_path) as (desk, send):
        key = NetworkKeys(desk.config.folder).add("LIMS", NOW)
        person = Draft(RecordId(b"r" * 16), LAB, dict(PERSON), "2026-01-05T12:00:00+05:00")
        await desk.replica.register(LAB, person, lambda _: Issued(Mrn("710000"), offline=True))
        status, _ = await send("/api/patients/", key, Clerk="Somebody%20Else")
        assert status == 200
        await desk.daemon.looks.write()
        (newest, *_) = (await desk.get("/api/looks/"))["results"]
        assert [newest[one] for one in ("act", "who", "known")] == ["listed", "LIMS", "key"]
