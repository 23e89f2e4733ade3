"""Salvage as the API sees it: with which key, and what is told of what was brought."""

import pytest
from aiohttp.test_utils import TestClient, TestServer

from coordinator.api.access import Access
from coordinator.api.salvage import SalvageApi
from coordinator.audit.recording import Recorder
from coordinator.judging.arbiter import Arbiter
from coordinator.judging.recovery import Recovery
from coordinator.registry import terminals
from coordinator.users import keys
from sync.engine import replica
from sync.engine.replica import Replica
from sync.http.app import new_application
from sync.http.callers.sessions import Sessions
from sync.model.facts import INCARNATION_BYTES, State
from sync.protocol import limits, messages
from sync.trust import program_keys
from sync.upkeep import salvage
from sync.upkeep.archive import quiet
from tests.clinic import ZONE, Clinic
from tests.sync.upkeep.test_salvage import taken_out

PATH = "/api/terminals/LAB1-PC/salvage/"


@pytest.fixture
def clinic(tmp_path):
    """Its coordinator's database is then opened by a real replica."""
    clinic = Clinic(tmp_path)
    yield clinic
    for desk in clinic.desks.values():
        desk.close()


@pytest.fixture
def lab(clinic):
    lab = clinic.desk("LAB1-PC", "710000-719999")
    for _ in range(3):
        lab.register_offline()
    return lab


@pytest.fixture
async def hub(clinic, lab, tmp_path):
    """A coordinator in recovery that waits for the lab."""
    recovery = clinic.coordinator.arbiter.recovery
    clinic.act(lambda tx: recovery.begin(tx, "its database is old"))
    clinic.coordinator.close()
    (tmp_path / "hub").mkdir()
    for path in tmp_path.glob("coordinator.db*"):
        path.rename(tmp_path / "hub" / path.name.replace("coordinator.db", replica.DATABASE))
    key = clinic.coordinator_key
    arbiter = Arbiter(Recovery(clinic.random.randbytes, ZONE))
    opened = await Replica.open(tmp_path / "hub", key, key.public_key, arbiter)
    opened.arbiter = arbiter
    yield opened
    await opened.close()


@pytest.fixture
async def api(hub):
    """The API, called with the administrator's token."""

    def act(tx):
        tx.begin()
        token = program_keys.fresh()
        keys.keep_administrator(tx.store, program_keys.digest(token))
        return token

    headers = {"Authorization": f"Bearer {await hub.write(act)}"}
    operations = SalvageApi(hub, hub.arbiter).operations()
    access = Access(hub, Sessions(hub.steady_s), Recorder(hub, hub.steady_s))
    await access.start()
    app = new_application(lambda: [server.port], operations, access.authorise)
    server = TestServer(app)
    async with TestClient(server, headers=headers) as client:
        yield client


async def call(api, path, body=None, **how):
    async with api.post(path, json=body, **how) as answer:
        return answer.status, await answer.json()


async def test_a_whole_disk_is_brought_in_and_recovery_waits_for_it_no_longer(
    api, hub, lab, tmp_path
):
    disk = taken_out(lab, tmp_path / "disk")
    (tmp_path / "scratch").mkdir()
    with salvage.opened(disk, "LAB1-PC", tmp_path / "scratch", quiet) as found:
        key = {"public_key": found.public_key.hex()}
        assert await call(api, PATH, key) == (200, {"code": "LAB1-PC", "state": "active"})
        (piece,) = found.pieces()
    frame = messages.encode(messages.Push(0, piece.batches))
    for new in (3, 0):
        status, result = await call(api, PATH + "facts/", data=frame)
        assert (status, result["facts"], result["refused"]) == (200, new, [])
        assert result["people"] == ({"LAB1-PC": new} if new else {})
    recovery = hub.arbiter.recovery
    _, result = await call(api, PATH + "end/", {"complete": False} | key)
    assert result == {"people": [{"status": "pending", "reason": None, "count": 3}]}
    assert await hub.write(recovery.is_on), "something may be missing"
    _, result = await call(api, PATH + "end/", {"complete": True} | key)
    assert result == {"people": [{"status": "admitted", "reason": None, "count": 3}]}
    assert not await hub.write(recovery.is_on)


async def test_recovery_goes_on_waiting_for_who_took_the_place_of_the_salvaged_computer(
    clinic, api, hub, lab
):
    """The ranges of the new computer are not on the disk of the old one."""

    def replace(tx):
        terminals.change_terminal(tx, "LAB1-PC", state=State.REPLACED)
        terminals.join_node(tx, "LAB1-PC", clinic.new_signer().public_key, bytes(INCARNATION_BYTES))

    await hub.write(replace)
    old = {"complete": True, "public_key": lab.writer.public_key.hex()}
    status, _ = await call(api, PATH + "end/", old)
    assert status == 200
    assert await hub.write(hub.arbiter.recovery.waiting_for) == ["LAB1-PC"]
    assert await hub.write(hub.arbiter.recovery.is_on)


async def test_what_is_forged_is_refused_and_told(api, lab, tmp_path):
    disk = taken_out(lab, tmp_path / "disk")
    (tmp_path / "scratch").mkdir()
    with salvage.opened(disk, "LAB1-PC", tmp_path / "scratch", quiet) as found:
        (piece,) = found.pieces()
    forged = tuple(
        batch._replace(signature=bytes(64)) if batch.author == "LAB1-PC" else batch
        for batch in piece.batches
    )
    strange = piece.batches[-1]._replace(author="WARD-PC")
    frame = messages.encode(messages.Push(0, (*forged, strange)))
    _, result = await call(api, PATH + "facts/", data=frame)
    assert (result["facts"], result["people"]) == (0, {})
    assert [(one["author"], one["reason"]) for one in result["refused"]] == [
        ("LAB1-PC", "bad_signature"),
        ("WARD-PC", "position_differs"),
    ]


@pytest.mark.parametrize(
    ("code", "key", "status", "result"),
    [
        ("LAB1-PC", "00" * 32, 409, "salvage_key_unknown"),
        ("LAB1-PC", "", 409, "salvage_key_unknown"),
        ("NOBODY", "00" * 32, 400, "terminal_not_found"),
    ],
)
async def test_a_key_that_the_registry_does_not_know_is_refused(api, code, key, status, result):
    path = f"/api/terminals/{code}/salvage/"
    found, answer = await call(api, path, {"public_key": key})
    assert (found, answer["code"]) == (status, result)


@pytest.mark.parametrize(
    "data",
    [b"", b"no frame", b"\0" * limits.FRAME_BYTES_MAX, messages.encode(messages.Ping(1))],
)
async def test_what_is_no_piece_is_refused(api, data):
    status, answer = await call(api, PATH + "facts/", data=data)
    assert (status, answer["code"]) == (400, "bad_message")
