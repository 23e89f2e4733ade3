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
from tests.daemons import Desk, Hub, new_desk, new_hub

LAB = "LAB1-PC"
FRONT = "FRONT"
"""A terminal without a node: the coordinator issues from its range."""

RANGES = {LAB: "710000-719999", FRONT: "720000-729999"}
IN_PATH = {"id": "1", "mrn": "710000", "code": LAB}
"""A value for each name that stands in a path; a new one must be added here."""

CNIC = "12345-1234567-1"
SEARCHES = (
    "/api/patients/?query=ayesha",
    "/api/patients/?phone=03001234567",
    f"/api/patients/?cnic={CNIC}",
    "/api/patients/?page_size=200",
)
LIMIT_S = 20.0


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
                # There is no conflict with that id, and to know that takes a read as well.
                assert status == (404 if "conflicts/1/" in path else 200), (path, answer)
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
        assert await asyncio.wait_for(call, LIMIT_S) == (401, "not_authorised")
    finally:
        for block in blocks:
            block.go_on.set()
    await asyncio.gather(*busy)


class Witness:
    """Stands between a replica and its witness: notes wait until the test lets them through."""

    def __init__(self, served) -> None:
        self.replica = served.replica
        self.real = served.replica._note, served.replica._note_serial
        self.block = Block()
        served.replica._note = self._note
        if served.replica._note_serial is not None:
            served.replica._note_serial = self._note_serial

    def _note(self, registered) -> None:
        self.block()
        self.real[0](registered)

    def _note_serial(self, serial) -> None:
        self.block()
        self.real[1](serial)

    def remove(self) -> None:
        self.replica._note, self.replica._note_serial = self.real


def newest_number(served) -> str:
    """What the database has, seen from outside: the commit is there."""
    with beside(served) as connection:
        ((mrn,),) = connection.execute("SELECT mrn FROM patients ORDER BY id DESC LIMIT 1")
    return mrn


class Waits:
    """Notices where reads wait for the witness, and whether it was let on before they went on."""

    def __init__(self, served, block: Block, monkeypatch) -> None:
        self.begun = asyncio.Event()
        self.in_time: list[bool] = []
        loop = asyncio.get_running_loop()
        shown = served.replica._shown
        real = type(shown).wait_for

        def wait_for(commit) -> None:
            loop.call_soon_threadsafe(self.begun.set)
            real(shown, commit)
            self.in_time.append(block.go_on.is_set())

        monkeypatch.setattr(shown, "wait_for", wait_for)

    async def reached(self, get: asyncio.Task) -> bool:
        """True when a GET has come to where it waits, False when it has answered."""
        waiting = asyncio.create_task(self.begun.wait())
        done, _ = await asyncio.wait((get, waiting), timeout=LIMIT_S, return_when="FIRST_COMPLETED")
        assert done
        waiting.cancel()
        return not get.done()


@pytest.mark.parametrize("offline", [True, False])
async def test_no_get_shows_a_number_before_the_witness_has_it(served, offline, monkeypatch):
    """Offline the number comes out of a range; online the coordinator's serial is witnessed."""
    if not offline and served.replica._note_serial is None:
        pytest.skip("an online number of a desk was witnessed by the coordinator")
    code = None if not offline else FRONT if served.replica._note_serial else LAB
    body = {"cnic": CNIC, "offline": offline, "origin_terminal_code": code}
    shown_afterwards = set()
    for path in await gets(served):
        witness = Witness(served)
        posting = asyncio.create_task(served.register(**body))
        await witness.block.reached()
        number = newest_number(served)
        waits = Waits(served, witness.block, monkeypatch)
        theirs = path.replace("/mrn/710000/", f"/mrn/{number}/")
        get = asyncio.create_task(served.send("GET", theirs))
        if not await waits.reached(get):  # it reads nothing that could tell
            status, answer = await get
            assert (status, number in json.dumps(answer)) == (200, False), path
        assert not posting.done()
        witness.block.go_on.set()
        _, answer = await asyncio.wait_for(get, LIMIT_S)
        assert (await posting)["mrn"] == number
        assert all(waits.in_time), path
        monkeypatch.undo()
        witness.remove()
        if number in json.dumps(answer):
            shown_afterwards.add(path)
    expected = {"/api/patients/", "/api/patients/mrn/710000/", *SEARCHES, "/api/changes/"}
    if offline and served.replica._note_serial is None:
        expected.add("/api/status/")  # the last number of each range
    assert expected <= shown_afterwards, "else this test would see nothing"


async def test_what_a_crash_kept_from_the_witness_it_has_before_anybody_is_served(hub, desk):
    given = {}
    async with at_work(hub, desk):
        for served, code in ((hub, FRONT), (desk, LAB)):
            body = {"offline": True, "origin_terminal_code": code}
            before = (await served.register(**body))["mrn"]
            served.replica._note = None  # as if the process ended right after the commit
            number = (await served.register(**body))["mrn"]
            given[code] = int(number)
            assert served.witness.mark(RANGES[code]) == int(before) < int(number)
    async with at_work(hub, desk):
        for served, code in ((hub, FRONT), (desk, LAB)):
            assert served.witness.mark(RANGES[code]) == given[code]
