"""Webhooks against a real receiver: nothing missed, in order, signed, whatever it answers."""

import asyncio
import hashlib
import hmac
import json
import sqlite3

import pytest
from aiohttp import web

from coordinator import webhooks as webhooks_
from coordinator.alerts.posting import SIGNATURE, signature
from coordinator.errors import TooManyWebhooks
from coordinator.webhooks import Webhooks
from sync.engine import keys
from sync.engine import replica as replica_
from sync.engine.issuing import Draft, Issued
from sync.engine.replica import Replica
from sync.errors import InvalidFields, NotFound, StoreUncertain
from sync.model.alarms import AlarmLevel
from sync.model.facts import COORDINATOR, RecordId
from sync.model.numbers import Mrn
from sync.storage import schema
from tests.clinic import PERSON
from tests.faults import FaultyConnection


class Receiver:
    """A LIMS that keeps what it gets, and answers as it is told to."""

    def __init__(self):
        self.answers = []
        self.got = []
        self.tried = asyncio.Queue()
        self.elsewhere = 0

    async def receive(self, request):
        body = await request.read()
        status = self.answers.pop(0) if self.answers else 200
        if 200 <= status < 300:
            self.got.append((body, request.headers))
        self.tried.put_nowait(status)
        headers = {"Location": "/elsewhere"} if 300 <= status < 400 else {}
        return web.Response(status=status, headers=headers)

    async def redirected(self, _request):
        self.elsewhere += 1
        return web.Response()

    @property
    def changes(self):
        return [entry for body, _ in self.got for entry in json.loads(body)["results"]]

    async def until(self, tries):
        """Wait for so many more tries, and return how each was answered."""
        return [await asyncio.wait_for(self.tried.get(), 60) for _ in range(tries)]


@pytest.fixture
async def receiver():
    receiver = Receiver()
    app = web.Application()
    app.add_routes(
        [web.post("/changes", receiver.receive), web.post("/elsewhere", receiver.redirected)]
    )
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/changes"
    yield receiver
    await runner.cleanup()


class Sender:
    """A coordinator's replica and its hooks; pauses between tries take no time and are kept."""

    def __init__(self, folder):
        self.folder = folder
        self.signer = keys.Signer.from_seed(b"s" * 32)
        self.number = 0
        self.pauses = []
        self.paused = asyncio.Queue()
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def start(self):
        self.replica = await Replica.open(self.folder, self.signer, self.signer.public_key)
        self.hooks = Webhooks(self.replica, lambda: 1.0, self.replica.steady_s, self.pause)
        await self.hooks.start()

    async def pause(self, seconds):
        self.pauses.append(seconds)
        self.paused.put_nowait(seconds)
        await self.go_on.wait()

    async def stop(self):
        await self.hooks.stop()
        await self.replica.close()

    async def register(self):
        self.number += 1
        draft = Draft(RecordId(self.number.to_bytes(16)), None, PERSON, "2026-01-05T12:00:00+05:00")
        issued = Issued(Mrn(str(self.number)), True)
        return await self.replica.register(COORDINATOR, draft, lambda _tx: issued)

    async def delivered(self, cursor):
        """Wait until the store says that all up to a cursor is delivered."""
        stored = -1
        async with asyncio.timeout(60):
            while stored < cursor:
                (hook,) = await self.replica.write(lambda tx: tx.store.local.webhooks())
                stored = hook.delivered


@pytest.fixture
async def sender(tmp_path):
    replica_.init(tmp_path / "hub", COORDINATOR)
    sender = Sender(tmp_path / "hub")
    await sender.start()
    yield sender
    await sender.stop()


async def test_a_change_is_delivered_and_signed(sender, receiver):
    hook = await sender.hooks.add(receiver.url, None)
    await sender.register()
    assert await receiver.until(1) == [200]
    ((body, headers),) = receiver.got
    payload = json.loads(body)
    assert payload["cursor"] == payload["results"][-1]["cursor"]
    epoch = await sender.replica.read(lambda snapshot: snapshot.store.local.feed_epoch)
    assert payload["epoch"] == epoch
    assert payload["results"][0]["patient"]["full_name"] == PERSON["full_name"]
    assert headers["Content-Type"] == "application/json"
    code = hmac.new(hook.secret.encode(), body, hashlib.sha256).hexdigest()
    assert headers[SIGNATURE] == f"sha256={code}" == signature(hook.secret, body)
    await sender.delivered(payload["cursor"])
    (state,) = sender.hooks.states()
    assert (state["behind"], state["failing_since"], state["last_error"]) == (0, None, None)


async def test_it_is_tried_again_until_it_is_taken_and_the_order_stays(sender, receiver):
    receiver.answers = [500, 404, 302, 429, 200]
    await sender.hooks.add(receiver.url, None)
    await sender.register()
    assert await receiver.until(5) == [500, 404, 302, 429, 200]
    for _ in range(5):
        await sender.register()
    await sender.delivered(sender.replica.changed.newest)
    cursors = [entry["cursor"] for entry in receiver.changes]
    assert cursors == list(range(1, 7)), "none missed, none twice, in order"
    assert receiver.elsewhere == 0, "a redirect is not followed"
    assert sender.pauses == sorted(sender.pauses)
    assert len(sender.pauses) == 4


async def test_after_a_restart_it_goes_on_where_it_was(sender, receiver):
    await sender.hooks.add(receiver.url, None)
    await sender.register()
    await receiver.until(1)
    await sender.delivered(1)
    await sender.hooks.stop()
    for _ in range(3):
        await sender.register()
    await sender.replica.close()
    await sender.start()
    await sender.delivered(4)
    assert [entry["cursor"] for entry in receiver.changes] == [1, 2, 3, 4]


async def test_what_happened_before_it_is_delivered_if_that_is_asked_for(sender, receiver):
    for _ in range(3):
        await sender.register()
    await sender.hooks.add(receiver.url, 1)
    await sender.delivered(3)
    assert [entry["cursor"] for entry in receiver.changes] == [2, 3]


async def test_much_is_delivered_in_pieces(sender, receiver, monkeypatch):
    monkeypatch.setattr(webhooks_, "CHANGES_AT_ONCE", 2)
    for _ in range(5):
        await sender.register()
    await sender.hooks.add(receiver.url, 0)
    await sender.delivered(5)
    assert [len(json.loads(body)["results"]) for body, _ in receiver.got] == [2, 2, 1]


async def test_nobody_there_raises_an_alarm_after_a_while(sender, receiver, monkeypatch):
    receiver.answers = [500]
    sender.go_on.clear()
    await sender.hooks.add(receiver.url, None)
    await sender.register()
    await asyncio.wait_for(sender.paused.get(), 60)
    (state,) = sender.hooks.states()
    assert state["last_error"] == "it answers 500"
    assert state["failing_since"].endswith("Z")
    assert sender.hooks.alarms() == []
    monkeypatch.setattr(webhooks_, "FAILING_S", -1.0)
    (alarm,) = sender.hooks.alarms()
    assert (alarm.code, alarm.level) == ("webhook_failing", AlarmLevel.WARNING)
    assert receiver.url in alarm.text
    assert "webhooks remove 1" in alarm.do
    sender.go_on.set()
    await sender.delivered(1)
    await sender.register()
    await sender.delivered(2)
    assert sender.hooks.states()[0]["failing_since"] is None
    assert sender.hooks.alarms() == []


async def test_a_receiver_that_is_gone_is_tried_again(sender, receiver):
    port = receiver.url.split(":")[2].split("/")[0]
    hook = await sender.hooks.add(receiver.url.replace(port, "1"), None)
    await sender.register()
    for _ in range(3):
        await asyncio.wait_for(sender.paused.get(), 60)
    assert sender.hooks.states()[0]["last_error"] == "no program answers there"
    await sender.hooks.remove(hook.id)
    assert sender.hooks.states() == []


async def test_a_full_disk_of_our_own_ends_no_delivery(sender, receiver, monkeypatch):
    await sender.hooks.add(receiver.url, None)
    real = sender.hooks._advance
    failures = [sqlite3.OperationalError("database or disk is full")] * 2

    async def advance(hook, cursor):
        if failures:
            raise failures.pop()
        await real(hook, cursor)

    monkeypatch.setattr(sender.hooks, "_advance", advance)
    await sender.register()
    await sender.delivered(1)
    assert [entry["cursor"] for entry in receiver.changes] == [1, 1, 1], "again, never missed"
    await sender.register()
    await sender.delivered(2)


async def test_one_that_is_removed_gets_nothing_more(sender, receiver):
    hook = await sender.hooks.add(receiver.url, None)
    await sender.register()
    await receiver.until(1)
    await sender.hooks.remove(hook.id)
    await sender.register()
    assert receiver.tried.empty()
    with pytest.raises(NotFound):
        await sender.hooks.remove(hook.id)
    assert await sender.replica.write(lambda tx: tx.store.local.webhooks()) == []


async def test_two_administrators_who_remove_one_at_once_hear_that_it_is_gone(sender, receiver):
    hook = await sender.hooks.add(receiver.url, None)
    twice = [sender.hooks.remove(hook.id) for _ in range(2)]
    first, second = await asyncio.gather(*twice, return_exceptions=True)
    assert first is None
    assert isinstance(second, NotFound)
    assert sender.hooks.states() == []


@pytest.fixture
async def faulty(tmp_path, monkeypatch):
    """A sender whose disk can be gone in the middle of a commit."""
    replica_.init(tmp_path / "hub", COORDINATOR)
    real = schema.open_for_writing
    monkeypatch.setattr(schema, "open_for_writing", lambda path: FaultyConnection(real(path)))
    faulty = Sender(tmp_path / "hub")
    await faulty.start()
    yield faulty
    await faulty.stop()


@pytest.mark.parametrize("committed", [False, True])
async def test_what_became_of_one_in_doubt_needs_no_restart(faulty, receiver, committed):
    """Whoever got `store_uncertain` looks at the list, and believes it."""
    connection = faulty.replica._writer.store.connection
    connection.break_at_commit(sqlite3.OperationalError, committed=committed)
    with pytest.raises(StoreUncertain):
        await faulty.hooks.add(receiver.url, None)
    connection.heal()
    await faulty.register()
    assert len(faulty.hooks.states()) == committed
    if not committed:
        await faulty.hooks.add(receiver.url, 0)
    assert await receiver.until(1) == [200]
    await faulty.delivered(1)
    (hook,) = faulty.hooks.states()
    connection.break_at_commit(sqlite3.OperationalError, committed=committed)
    with pytest.raises(StoreUncertain):
        await faulty.hooks.remove(hook["id"])
    connection.heal()
    await faulty.register()
    assert len(faulty.hooks.states()) == (not committed)
    if committed:
        assert receiver.tried.empty()
    else:
        await faulty.delivered(2)


async def test_there_are_only_so_many(sender, receiver, monkeypatch):
    monkeypatch.setattr(webhooks_, "HOOKS_MAX", 1)
    await sender.hooks.add(receiver.url, None)
    with pytest.raises(TooManyWebhooks):
        await sender.hooks.add(receiver.url, None)


@pytest.mark.parametrize(
    "url",
    [
        "http://lims.example/changes",
        "http://192.168.1.5/changes",
        "http://127.0.0.1.evil.example/",
        "http://[2001:db8::1]/",
    ],
)
async def test_patients_do_not_leave_this_computer_unencrypted(sender, url):
    with pytest.raises(InvalidFields, match="must be https"):
        await sender.hooks.add(url, None)


async def test_one_that_is_added_while_the_daemon_stops_is_served_after_the_next_start(
    sender, receiver
):
    """Calls are answered for a moment longer; a task that began then would never be ended."""
    await sender.hooks.stop()
    await sender.hooks.add(receiver.url, 0)
    assert sender.hooks._tasks == {}
    await sender.register()
    await sender.stop()
    await sender.start()
    assert await receiver.until(1) == [200]
