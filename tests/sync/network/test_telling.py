"""Addresses go from peer to peer: what one lacks, then what is news, not to who brought it."""

from __future__ import annotations

from typing import Any

import pytest

from sync.engine import keys
from sync.model.facts import Author
from sync.network.address_book import AddressBook
from sync.network.telling import Telling
from sync.protocol import addresses
from sync.protocol.addresses import HeldAddresses
from sync.protocol.events import AddressesArrived, PeerHolds, PongArrived, Welcomed

WARD = keys.Signer.from_seed(b"w" * 32)
LAB = keys.Signer.from_seed(b"l" * 32)
NEWS = addresses.signed(Author("WARD"), WARD.public_key, 3, ("10.0.0.5:1",), WARD.sign)


class Said:
    """A session that keeps what it is to say."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.news: list[Any] = []
        self.failed: list[tuple[str, str]] = []

    def ask_addresses(self, held: list[HeldAddresses]) -> None:
        self.asked.append(held)

    def tell_addresses(self, found: list[Any]) -> None:
        self.news += found

    def fail(self, code: str, why: str) -> None:
        self.failed.append((code, why))


class Peer:
    """A connection to somebody."""

    peer = None

    def __init__(self) -> None:
        self.session = Said()

    def say(self, what: Any) -> None:
        what(self.session)


@pytest.fixture
def changes():
    return []


@pytest.fixture
def telling(changes):
    book = AddressBook(
        Author("LAB"), LAB.public_key, LAB.sign, keys.verify, lambda *_: True, lambda: 0.0
    )
    return Telling(book, lambda: changes.append(1))


def test_a_peer_that_may_sync_is_asked_for_what_is_newer_there(telling):
    one: Any = Peer()
    telling.heard(one, Welcomed(), [one])
    assert one.session.asked == [[]]
    telling.heard(one, AddressesArrived((NEWS,)), [one])
    telling.heard(one, Welcomed(), [one])
    assert one.session.asked[1:] == [[HeldAddresses(WARD.public_key[:8], 3)]]


def test_a_peer_that_asks_gets_what_it_lacks(telling):
    one, other = [Peer(), Peer()]
    telling.heard(one, AddressesArrived((NEWS,)), [])
    telling.heard(other, PeerHolds(()), [])
    assert other.session.news == [NEWS]
    telling.heard(one, PeerHolds((HeldAddresses(WARD.public_key[:8], 3),)), [])
    assert one.session.news == []


def test_news_go_to_all_others_and_once(telling, changes):
    peers: list[Any] = [Peer(), Peer(), Peer()]
    for one in peers:
        telling.heard(one, AddressesArrived((NEWS,)), peers)
    assert [one.session.news for one in peers] == [[], [NEWS], [NEWS]]
    assert changes == [1]


def test_whoever_passes_on_something_forged_is_cut_off(telling, changes, caplog):
    one, other = [Peer(), Peer()]
    forged = NEWS._replace(addresses=("10.6.6.6:1",))
    telling.heard(one, AddressesArrived((forged,)), [one, other])
    assert one.session.failed == [("protocol", "a false signature")]
    assert (other.session.news, changes) == ([], [])
    assert "false signature" in caplog.text


def test_what_is_about_something_else_says_nothing(telling):
    one: Any = Peer()
    telling.heard(one, PongArrived(1), [one])
    assert (one.session.asked, one.session.news) == ([], [])
