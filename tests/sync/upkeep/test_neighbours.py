"""Other daemons of this computer: who answers, and which folders are set to the same ports."""

import asyncio
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from node import config
from sync.engine import replica
from sync.engine.keys import Signer
from sync.model import facts
from sync.model.facts import Author
from sync.protocol import addresses
from sync.storage.store import Store
from sync.upkeep import neighbours
from sync.upkeep.findings import FindingLevel
from tests.folders import new_coordinator, new_desk

__all__ = ["live"]

from tests.daemons.commands import live


def test_the_daemon_of_a_folder_is_told_from_that_of_another(live, tmp_path):
    mine = live.desk.daemon.config
    found = neighbours.who_answers(mine.url)
    assert found.author == "LAB1-PC"
    assert found.public_key == mine.signer().public_key.hex()
    assert neighbours.is_daemon_of(mine)
    other = config.load(new_desk(tmp_path))
    assert not neighbours.is_daemon_of(replace(other, listen=mine.listen))
    assert not neighbours.is_daemon_of(other)


async def test_what_is_no_daemon_of_ours_is_nobody():
    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        body = answers[-1]
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        writer.close()

    answers = [b"[]"]
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        url = f"http://127.0.0.1:{port}"
        for body in (b"[]", b"hello", b"\xff", b'"x"'):
            answers.append(body)
            assert await asyncio.to_thread(neighbours.who_answers, url) is None
        answers.append(b'{"status": "ok", "version": "0.2.0"}')
        earlier = await asyncio.to_thread(neighbours.who_answers, url)
        assert earlier == neighbours.Neighbour(None, None)
    assert await asyncio.to_thread(neighbours.who_answers, "http://127.0.0.1:1") is None


@pytest.mark.parametrize(
    ("addresses", "neighbour"),
    [
        (("127.0.0.1:8480", "127.0.0.1:9991"), ["node"]),
        (("127.0.0.1:9990", "127.0.0.1:8480"), ["node"]),
        (("127.0.0.1:8481", "127.0.0.1:8470"), ["coordinator", "node"]),
        (("[::1]:8471", "127.0.0.1:9991"), ["coordinator"]),
        (("127.0.0.1:9990", "127.0.0.1:9991"), []),
        (("127.0.0.1:0", "127.0.0.1:0"), []),
    ],
)
def test_every_folder_beside_that_has_the_same_port_is_named(tmp_path, addresses, neighbour):
    new_desk(tmp_path, new_coordinator(tmp_path))
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "node.toml").write_text("listen = 5", encoding="utf-8")
    found = neighbours.clashes(tmp_path / "new", addresses)
    kinds = [said.partition(" in ")[0].split()[-1] for said in found]
    assert sorted(kinds) == neighbour
    assert all(str(tmp_path) in said for said in found)


PORTS = (0, 8470, 8471, 8480, 8481, 9990)


@pytest.mark.parametrize(
    ("listen", "sync_listen"),
    [(one, other) for one in PORTS for other in PORTS if one != other or not one],
)
def test_any_port_that_somebody_beside_has_is_named(tmp_path, listen, sync_listen):
    new_desk(tmp_path, new_coordinator(tmp_path))
    whose = {8470: "coordinator", 8471: "coordinator", 8480: "node", 8481: "node"}
    addresses = (f"127.0.0.1:{listen}", f"[::1]:{sync_listen}")
    found = neighbours.clashes(tmp_path / "mine", addresses)
    kinds = [said.partition(" in ")[0].split()[-1] for said in found]
    assert sorted(kinds) == sorted(whose[one] for one in (listen, sync_listen) if one in whose)


def test_a_folder_does_not_clash_with_itself(tmp_path):
    desk = new_desk(tmp_path)
    assert neighbours.clashes(desk, ("127.0.0.1:8480", "127.0.0.1:8481")) == []


WARD = Signer.from_seed(b"w" * 32)
DOOR = Signer.from_seed(b"d" * 32)
NOBODY: Any = None


def said(code: str, signer: Signer, *own: str) -> bytes:
    key = signer.public_key
    return facts.pack(addresses.signed(Author(code), key, 1, own, signer.sign))


@pytest.fixture
def store(tmp_path, monkeypatch):
    """The database of a desk that has heard of two others."""
    replica.init(tmp_path / "lab", Author("LAB1-PC"))
    store = Store.open(tmp_path / "lab" / replica.DATABASE)
    allowed = {("WARD-PC", WARD.public_key), ("DOOR-PC", DOOR.public_key)}
    registry = SimpleNamespace(may_sync=lambda author, key: (author, key) in allowed)
    view = SimpleNamespace(of=lambda _store: SimpleNamespace(registry=registry))
    monkeypatch.setattr(neighbours, "StoredView", view)
    yield store
    store.close()


def test_computers_that_do_not_answer_where_they_say_are_named(store):
    assert neighbours.reached(store, b"own", NOBODY, lambda *_: 1.0) == [], "nobody is known yet"
    for signer, row in (
        (WARD, said("WARD-PC", WARD, "127.0.0.1:1", "10.0.0.7:8481", "10.1.0.7:8481")),
        (DOOR, said("DOOR-PC", DOOR, "10.0.0.8:8481")),
    ):
        store.meta.keep_addresses(signer.public_key, row)
    asked: list[str] = []

    def answers(url: str, _context: object) -> float | None:
        asked.append(url)
        return 1.0 if "10.1.0.7" in url else None

    (found,) = neighbours.reached(store, b"own", NOBODY, answers)
    assert found.level is FindingLevel.WARNING
    assert "1 of 2 do not answer: DOOR-PC (10.0.0.8:8481)" in found.found
    assert "firewall" in found.do
    assert "127.0.0.1" not in str(asked)
    (well,) = neighbours.reached(store, DOOR.public_key, NOBODY, answers)
    assert (well.level, well.found) == (
        FindingLevel.OK,
        "1 of 1 answer where they say that they are",
    )


def test_computers_that_may_not_sync_are_not_asked(store):
    stranger = Signer.from_seed(b"s" * 32)
    row = said("GONE-PC", stranger, "10.0.0.9:8481")
    store.meta.keep_addresses(stranger.public_key, row)
    assert neighbours.reached(store, b"own", NOBODY, lambda *_: 1 / 0) == []
