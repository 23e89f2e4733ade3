"""What holds for every GET of both daemons: it waits for no write, writes nothing, and shows no
number that the witness does not know of."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
import threading

import pytest

from sync.engine.replica import DATABASE
from sync.reading.readers import THREADS
from tests.daemons import AYESHA, Desk, Hub, new_desk, new_hub

LAB = "LAB1-PC"
FRONT = "FRONT"
"""A terminal without a node: the coordinator issues from its range."""

RANGES = {LAB: "710000-719999", FRONT: "720000-729999"}
IN_PATH = {"id": "1", "other": "1", "mrn": "710000", "code": LAB, "series": RANGES[LAB]}
"""A value for each name that stands in a path; a new one must be added here."""

CNIC = "12345-1234567-1"
SEARCHES = (
    "/api/patients/?query=ayesha",
    "/api/patients/?phone=03001234567",
    f"/api/patients/?cnic={CNIC}",
    "/api/patients/?page_size=200",
)
LEDGER = ("/api/ledger/", "/api/reports/ledger")
"""What names numbers that nobody has yet, as such."""
LIMIT_S = 60.0


class Block:
    """Something on another thread that waits until the test lets it go on."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.go_on = threading.Event()

    def __call__(self, *_: object) -> None:
        self.begun.set()
        self.go_on.wait()

    async def reached(self) -> None:
        """Wait until it waits."""
        assert await asyncio.to_thread(self.begun.wait, LIMIT_S)


@pytest.fixture
def hub(tmp_path) -> Hub:
    return new_hub(tmp_path)


@pytest.fixture
async def desk(tmp_path, hub) -> Desk:
    """A desk that has joined; neither it nor the coordinator is at work."""
    async with hub.running():
        await hub.new_terminal(FRONT, RANGES[FRONT])
        return await new_desk(tmp_path, hub, LAB, RANGES[LAB])


@contextlib.asynccontextmanager
async def at_work(hub, desk):
    """Both at work, in step with each other."""
    async with hub.running(), desk.running():
        await desk.in_touch()
        yield


@pytest.fixture
async def clinic(hub, desk):
    async with at_work(hub, desk):
        for served, terminal in ((desk, LAB), (hub, FRONT)):
            await served.register(cnic=CNIC, offline=True, origin_terminal_code=terminal)
        yield {"hub": hub, "desk": desk}


@pytest.fixture(params=["hub", "desk"])
def served(request, clinic):
    return clinic[request.param]


async def gets(served) -> list[str]:
    """Every GET that a daemon describes, with real ids, and the ways to search."""
    described = await served.get("/openapi.json")
    paths = [path for path, methods in described["paths"].items() if "get" in methods]
    assert len(paths) >= 12
    return [path.format(**IN_PATH) for path in paths] + list(SEARCHES)


@contextlib.contextmanager
def beside(served):
    """Another connection to a daemon's database."""
    path = served.replica.folder / DATABASE
    with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        yield connection


async def test_every_get_answers_while_a_transaction_is_open_and_writes_nothing(served):
    paths = await gets(served)
    block = Block()

    def act(tx) -> None:
        tx.begin()
        block()

    writing = asyncio.create_task(served.replica.write(act))
    await block.reached()
    try:
        with beside(served) as connection:
            before = connection.execute("PRAGMA data_version").fetchone()
            for path in paths:
                status, answer = await asyncio.wait_for(served.send("GET", path), LIMIT_S)
                # There is neither a conflict nor a request with that id.
                none = path.endswith(("conflicts/1/", "requests/1/"))
                assert status == (404 if none else 200), (path, answer)
            assert connection.execute("PRAGMA data_version").fetchone() == before
        assert not writing.done()
    finally:
        block.go_on.set()
    await writing


async def test_a_get_with_a_token_waits_for_no_read_either_to_be_let_in(clinic):
    """Which token is good for what is in memory: neither writer nor readers are asked."""
    hub = clinic["hub"]
    blocks = [Block() for _ in range(1 + THREADS)]
    busy = [asyncio.create_task(hub.replica.write(blocks[0]))]
    busy += [asyncio.create_task(hub.replica.read(block)) for block in blocks[1:]]
    for block in blocks:
        await block.reached()
    try:
        await asyncio.wait_for(hub.get("/api/webhooks/"), LIMIT_S)  # they are in memory too
        call = hub.refused("GET", "/api/webhooks/", token="0" * 64)
        assert await asyncio.wait_for(call, LIMIT_S) == (401, "token_wrong")
    finally:
        for block in blocks:
            block.go_on.set()
    await asyncio.gather(*busy)


@pytest.mark.parametrize("offline", [True, False])
async def test_no_get_shows_a_number_before_the_witness_has_it(served, hub, offline, monkeypatch):
    """Offline the number comes out of a range; online the coordinator's serial is witnessed."""
    if not offline and served is not hub:
        pytest.skip("an online number of a desk was witnessed by the coordinator")
    code = None if not offline else FRONT if served is hub else LAB
    body = {"cnic": CNIC, "offline": offline, "origin_terminal_code": code}
    paths = await gets(served)
    block, intend = Block(), served.witness.intend

    def blocked(numbers, carried) -> None:
        block()
        intend(numbers, carried)

    monkeypatch.setattr(served.witness, "intend", blocked)
    posting = asyncio.create_task(served.register(**body))
    await block.reached()
    before = {}
    for path in paths:
        _, answer = await asyncio.wait_for(served.send("GET", path), LIMIT_S)
        before[path] = json.dumps(answer)
    with beside(served) as connection:
        committed = {mrn for (mrn,) in connection.execute("SELECT mrn FROM patients")}
    assert not posting.done()
    block.go_on.set()
    number = (await posting)["mrn"]
    monkeypatch.undo()
    assert number not in committed
    showing = [path for path, text in before.items() if number in text]
    assert [path for path in showing if not path.startswith(LEDGER)] == []
    theirs = [path.replace("/mrn/710000/", f"/mrn/{number}/") for path in paths]
    shown = {path for path in theirs if number in json.dumps((await served.send("GET", path))[1])}
    expected = {"/api/patients/", f"/api/patients/mrn/{number}/", *SEARCHES, "/api/changes/"}
    if served is not hub:
        expected.add("/api/status/")  # the last number of each range
    assert expected <= shown, "else this test would see nothing"


async def test_a_number_that_the_witness_cannot_have_is_refused_and_nothing_is_kept(
    served, hub, monkeypatch
):
    code = FRONT if served is hub else LAB
    body = {"offline": True, "origin_terminal_code": code}
    before = await served.until("/api/patients/", lambda found: found["count"] == 2)

    def full(*_) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(served.witness.file, "_write", full)
    for _ in range(3):  # without a key, so whoever was kept would be there three times
        status, answer = await served.send("POST", "/api/patients/", {**AYESHA, **body})
        assert (status, answer["code"]) == (503, "witness_unwritable")
        assert "Nothing was changed" in answer["detail"]
    assert (await served.get("/api/patients/"))["count"] == before["count"]
    alarms = (await served.get("/api/status/"))["alarms"]
    assert "witness_unwritable" in [alarm["code"] for alarm in alarms]
    monkeypatch.undo()
    assert (await served.register(**body))["mrn"] == str(int(RANGES[code][:6]) + 1), "none is lost"
    alarms = (await served.get("/api/status/"))["alarms"]
    assert "witness_unwritable" not in [alarm["code"] for alarm in alarms]
