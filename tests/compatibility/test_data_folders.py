"""What version 0.1.0 kept on disk, opened by this version as a running daemon."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
import sqlite3
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from aiohttp import web

from coordinator import backups as coordinator_backups
from coordinator import config as coordinator_config
from coordinator.cli import doctor as coordinator_doctor
from examples.clinic import until
from node import backups as node_backups
from node import config as node_config
from node.cli import doctor as node_doctor
from sync.daemon.data_folder import quoted
from sync.engine.replica import DATABASE, shell
from sync.engine.writer import Writer
from sync.storage.store import Store
from sync.upkeep import doctor
from tests.compatibility.answers import everything, missing
from tests.compatibility.kept import CLINIC, Kept
from tests.compatibility.running import coordinator_of, desk_of
from tests.daemons import AYESHA, OFFLINE, settled
from tests.projection import difference, folded_from_nothing, projection

pytestmark = pytest.mark.usefixtures("same_computer")

DOCTORS = {
    "coordinator": partial(
        doctor.examine, kind=coordinator_backups.KIND, checks=coordinator_doctor.CHECKS
    ),
    "node": partial(doctor.examine, kind=node_backups.KIND, checks=node_doctor.CHECKS),
}
AT_OLD_PC = {"offline": True, "origin_terminal_code": "OLD-PC"}
AT_WARD = {"offline": True, "origin_terminal_code": "WARD-PC"}
WAITING = "1000004"
"""The number of the person whom the desk registered at last, when it was alone."""


# nothing is lost


async def test_the_coordinator_tells_all_that_it_told(hub):
    async with coordinator_of(hub) as api:
        now = await everything(api.get, "coordinator")
    assert list(missing(hub.answers, now)) == []
    assert len(now["patients"]) == 20
    assert {one["open"] for one in now["conflicts"]} == {True, False}


async def test_the_desk_tells_all_that_it_told_after_a_power_cut(desk):
    async with desk_of(desk) as api:
        now = await everything(api.get, "node")
    assert list(missing(desk.answers, now)) == []
    (waiting,) = [one for one in now["patients"] if one["mrn_status"] == "pending"]
    assert (waiting["mrn"], waiting["phone"]) == (WAITING, "0321-7654321")
    assert now["status"]["cards_to_reprint"]["count"] == 1


@pytest.mark.parametrize("who", ["coordinator", "node"])
def test_the_doctor_before_the_first_start_finds_it_whole(who, tmp_path):
    """This software was just installed, and its tables are not made yet."""
    folder = Kept(who, tmp_path / who).folder
    found = [one for one in DOCTORS[who](folder) if one.check == "database"]
    assert [one.level for one in found] == ["ok"]
    assert "an earlier version wrote it" in found[0].found


async def test_all_is_there_after_the_second_start_too(hub, desk):
    for _ in range(2):
        async with coordinator_of(hub) as api:
            now = await everything(api.get, "coordinator")
        async with desk_of(desk) as api:
            now_at_desk = await everything(api.get, "node")
    assert list(missing(hub.answers, now)) == []
    assert list(missing(desk.answers, now_at_desk)) == []


class Opened:
    """A database as `tests.projection` looks at it."""

    def __init__(self, kept, config):
        store = Store.open(kept.folder / DATABASE)
        self.writer = Writer(store, config.signer(), shell())

    def query(self, sql, *values):
        return self.writer.store.connection.execute(sql, values).fetchall()


@pytest.mark.parametrize("kind", ["hub", "desk"])
def test_the_tables_say_what_the_facts_say(kind, request):
    kept = request.getfixturevalue(kind)
    load = coordinator_config.load if kind == "hub" else node_config.load
    opened = Opened(kept, load(kept.folder))
    try:
        assert not difference(projection(opened), folded_from_nothing(opened))
        assert len(opened.query("SELECT 1 FROM patients")) == len(kept.people())
    finally:
        opened.writer.close()


def test_settings_are_as_they_were(hub, desk):
    ours = coordinator_config.load(hub.folder), node_config.load(desk.folder)
    for place in ours:
        assert str(place.zone) == "Asia/Karachi"
        assert place.origins == ("https://lims.example",)
        assert place.required == ("full_name", "sex")
        assert place.backup
    coordinator, node = ours
    public = json.loads((hub.folder / "coordinator.json").read_text(encoding="utf-8"))
    assert (node.code, node.coordinator) == ("LAB1-PC", public["sync"])
    assert node.coordinator_key == coordinator.signer().public_key


async def test_required_fields_are_those_of_the_settings(desk):
    async with desk_of(desk) as api:
        body = {"full_name": "Usman Tariq"}
        assert list(await api.faults("POST", "/api/patients/", body)) == ["sex"]
        await api.register(offline=True)


async def test_tokens_are_good(hub):
    async with coordinator_of(hub) as api:
        ward = CLINIC["ward_token"]
        assert (await api.get("/api/terminals/WARD-PC/", token=ward))["code"] == "WARD-PC"
        refused = await api.refused("GET", "/api/terminals/OLD-PC/", token=ward)
        assert refused == (403, "forbidden")
        refused = await api.refused("GET", "/api/patients/", token="0" * 64)
        assert refused == (401, "token_wrong")


# the next number


async def test_the_coordinator_goes_on_with_the_next_numbers(hub):
    given = {person["mrn"] for person in hub.answers["patients"]}
    async with coordinator_of(hub) as api:
        online = await api.register()
        registered = datetime.fromisoformat(online["created_at"])
        day = f"{registered.astimezone(ZoneInfo('Asia/Karachi')):%Y%m%d}"
        of_day = [mrn for mrn in given if mrn.startswith(f"PAT-{day}-")]
        assert online["mrn"] == f"PAT-{day}-{len(of_day) + 1:04}"
        assert (await api.register(**AT_OLD_PC))["mrn"] == "500122"
        body = AYESHA | AT_WARD | {"mrn": "600042"}
        assert await api.refused("POST", "/api/patients/", body) == (409, "mrn_conflict")
        assert (await api.register(**AT_WARD, mrn="600043"))["mrn"] == "600043"
        path = "/api/terminals/OLD-PC/ranges/"
        granted = (await api.call("POST", path, {}))["ranges"]
        assert [one["range"] for one in granted] == ["500000-500999", "1000010-1000019"]
        granted = (await api.call("POST", path, {"range": "710020-710029"}))["ranges"]
        assert granted[-1]["range"] == "710020-710029"
        refused = await api.refused("POST", path, {"range": "710010-710019"})
        assert refused == (409, "range_overlap")


async def test_the_desk_goes_on_with_the_next_number_of_the_block_of_the_pool(desk):
    async with desk_of(desk) as api:
        assert (await api.register())["mrn"] == "1000005"
        refused = await api.refused("POST", "/api/patients/", OFFLINE | {"mrn": "710015"})
        assert refused == (400, "not_your_number"), "that range is closed"
        for supplied in ("1000002", "1000007"):
            assert (await api.register(offline=True, mrn=supplied))["mrn"] == supplied
        assert (await api.register(offline=True))["mrn"] == "1000008"


@pytest.mark.parametrize("key", CLINIC["keys"])
async def test_an_idempotency_key_is_remembered(desk, key):
    was = CLINIC["keys"][key]
    async with desk_of(desk) as api:
        path, headers = "/api/patients/", {"Idempotency-Key": key}
        status, answer = await api.send("POST", path, was["body"], headers=headers)
        assert (status, answer["record_id"]) == (200, was["record_id"])
        other = was["body"] | {"full_name": "Somebody Else"}
        refused = await api.refused("POST", path, other, headers=headers)
        assert refused == (422, "key_reused")


# what clients follow


@pytest.mark.parametrize("kind", ["hub", "desk"])
async def test_whoever_follows_the_feed_misses_nothing_and_hears_nothing_twice(kind, request):
    kept = request.getfixturevalue(kind)
    running = coordinator_of if kind == "hub" else desk_of
    last = kept.answers["changes"][-1]["cursor"]
    async with running(kept) as api:
        assert (await api.get(f"/api/changes/?after={last}"))["results"] == []
        made = await api.register()
        news = (await api.get(f"/api/changes/?after={last}"))["results"]
    assert news[0]["change"] == "registered"
    assert {one["patient"]["record_id"] for one in news} == {made["record_id"]}
    assert [one["cursor"] for one in news] == [last + n for n in range(1, len(news) + 1)]


async def test_a_webhook_gets_what_it_has_not_had(hub):
    deliveries: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue()

    async def take(request: web.Request) -> web.Response:
        await deliveries.put((request.headers["Mrnmesh-Signature"], await request.read()))
        return web.Response(status=204)

    (hook,) = hub.answers["webhooks"]
    async with contextlib.AsyncExitStack() as stack:
        app = web.Application()
        app.add_routes([web.post("/changes", take)])
        runner = web.AppRunner(app)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        # The port that it had may be somebody else's today.
        with contextlib.closing(sqlite3.connect(hub.folder / DATABASE)) as connection:
            connection.execute("UPDATE webhooks SET url = ?", (f"{site.name}/changes",))
            connection.commit()
        api = await stack.enter_async_context(coordinator_of(hub))
        signature, body = await deliveries.get()

        async def all_is_delivered():
            return (await api.get("/api/webhooks/"))["results"][0]["behind"] == 0

        await until("the coordinator knows that it was delivered", all_is_delivered)
    key = CLINIC["webhook"]["secret"].encode()
    assert signature == "sha256=" + hmac.new(key, body, hashlib.sha256).hexdigest()
    behind = [one for one in hub.answers["changes"] if one["cursor"] > hook["delivered"]]
    assert len(behind) == hook["behind"] > 0
    delivered = json.loads(body)["results"]
    assert list(missing(behind, delivered)) == []


# coordinator and desk together


async def test_they_meet_and_the_work_goes_on(hub, desk):
    async with coordinator_of(hub) as api, desk_of(desk, api) as clerk:
        await until("they are equal", settled(api, clerk))
        (waited,) = (await api.get(f"/api/patients/mrn/{WAITING}/"))["results"]
        assert (waited["mrn_status"], waited["phone"]) == ("admitted", "0321-7654321")
        for daemon in (api, clerk):
            listed = (await daemon.get("/api/patients/?page_size=100"))["results"]
            assert {one["record_id"] for one in listed} == desk.people().keys()
        ident = (await api.get("/api/conflicts/?open=true"))["results"][0]["id"]
        order = {"action": "award", "who": "Sadia Malik", "why": "his card was printed first"}
        resolved = await api.call("POST", f"/api/conflicts/{ident}/resolve/", order)
        assert resolved["conflict"]["open"] is False
        await until("the desk has heard of it", settled(api, clerk))
        cards = (await clerk.get("/api/status/"))["cards_to_reprint"]
        assert cards["count"] == 2, "that of before, and that of the former holder"
        assert (await clerk.get("/api/conflicts/?open=true"))["count"] == 0
        online = await clerk.register()
        assert online["mrn"].startswith("PAT-")
        assert (await clerk.register(offline=True))["mrn"] == "1000005"
        await until("the new ones have arrived", settled(api, clerk))
        assert (await api.get("/api/status/"))["patients"] == len(desk.people()) + 2


# the witness


@pytest.mark.parametrize(
    ("later", "why"),
    [
        ("own", "numbers up to 1000005 were issued that this database does not know"),
        ("supplied", "clients supplied numbers of it that this database does not know"),
    ],
)
async def test_a_desk_behind_its_old_witness_issues_nothing(desk, later, why):
    desk.fall_behind(later)
    async with desk_of(desk) as api:
        status, answer = await api.send("POST", "/api/patients/", OFFLINE)
    assert (status, answer["code"]) == (400, "no_range")
    assert why in answer["detail"]


@pytest.mark.parametrize("later", ["own", "online"])
async def test_a_coordinator_behind_its_old_witness_recovers_first(hub, desk, later):
    hub.fall_behind(later)
    async with coordinator_of(hub) as api:
        assert (await api.get("/api/status/"))["recovery"]["waiting_for"] == ["LAB1-PC"]
        assert await api.refused("POST", "/api/patients/", AYESHA) == (503, "in_recovery")
        async with desk_of(desk, api) as clerk:
            await until("it is over", settled(api, clerk))
        online = await api.register()
    assert int(online["mrn"].rpartition("-")[2]) > 10_000


@pytest.mark.parametrize("case", ["gone", "of another computer"])
async def test_a_desk_without_its_own_witness_issues_nothing(desk, monkeypatch, case):
    if case == "gone":
        desk.witness.unlink()
    else:
        monkeypatch.setattr("node.daemon.machine_id", lambda: "another computer")
    async with desk_of(desk) as api:
        status, answer = await api.send("POST", "/api/patients/", OFFLINE)
    assert (status, answer["code"]) == (400, "no_range")
    assert f"`mrnmesh-node --data {quoted(desk.folder)} renew`" in answer["detail"]
