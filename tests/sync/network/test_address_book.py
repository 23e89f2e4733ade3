"""The newest addresses of each replica: signed, newer by a counter, bounded, kept."""

from __future__ import annotations

import pytest

from sync.engine import keys
from sync.model.facts import Author
from sync.network import address_book
from sync.network.address_book import PAUSE_S, AddressBook
from sync.protocol import addresses
from sync.protocol.addresses import HeldAddresses, SignedAddresses

SIGNERS = {code: keys.Signer.from_seed(code.encode().ljust(32)) for code in ("LAB", "WARD", "DOOR")}
KEYS = {code: signer.public_key for code, signer in SIGNERS.items()}


class Book:
    """A book of the lab, the registry by which it goes, and its clock."""

    def __init__(self) -> None:
        self.allowed = {(Author(code), key) for code, key in KEYS.items()}
        self.now_s = 100.0
        signer = SIGNERS["LAB"]
        self.book = AddressBook(
            Author("LAB"),
            signer.public_key,
            signer.sign,
            keys.verify,
            lambda author, key: (author, key) in self.allowed,
            lambda: self.now_s,
        )

    def wait(self) -> None:
        self.now_s += PAUSE_S


@pytest.fixture
def lab():
    return Book()


def said(code: str, counter: int, *own: str) -> SignedAddresses:
    signer = SIGNERS[code]
    return addresses.signed(Author(code), signer.public_key, counter, own, signer.sign)


def test_what_is_newer_takes_the_place_of_what_was_before(lab):
    first, second = said("WARD", 1, "10.0.0.5:8481"), said("WARD", 2, "10.0.0.6:8481")
    assert lab.book.offer([first]) == [first]
    lab.wait()
    assert lab.book.offer([second, first]) == [second]
    assert lab.book.of(KEYS["WARD"]) == ("10.0.0.6:8481",)
    lab.wait()
    assert lab.book.offer([first, second]) == []
    assert lab.book.others() == {KEYS["WARD"]: "WARD"}


def test_what_was_altered_on_the_way_is_told(lab):
    forged = said("WARD", 1, "10.0.0.5:8481")._replace(addresses=("10.6.6.6:8481",))
    assert lab.book.offer([forged]) is None
    assert lab.book.others() == {}


def test_whom_the_registry_does_not_let_in_is_left_out(lab):
    one = said("WARD", 1, "10.0.0.5:8481")
    lab.allowed.discard(("WARD", KEYS["WARD"]))
    assert lab.book.offer([one]) == []
    lab.allowed.add((Author("WARD"), KEYS["WARD"]))
    assert lab.book.offer([one]) == [one]
    lab.allowed.discard(("WARD", KEYS["WARD"]))
    assert lab.book.others() == {}
    lab.book.forget_others()
    assert lab.book.held() == []
    assert lab.book.unsaved() == {KEYS["WARD"]: None}


def test_nobody_signs_under_the_name_of_another(lab):
    signer = SIGNERS["DOOR"]
    stolen = addresses.signed(Author("WARD"), signer.public_key, 9, ("10.6.6.6:8481",), signer.sign)
    assert lab.book.offer([stolen]) == []


def test_what_comes_right_after_something_waits_and_only_the_newest_of_it(lab):
    """A computer that is possessed cannot make all others pass on more."""
    lab.book.offer([said("WARD", 1, "10.0.0.1:1")])
    for counter in range(2, 50):
        assert lab.book.offer([said("WARD", counter, f"10.0.0.{counter}:1")]) == []
    assert lab.book.waited() == []
    lab.wait()
    assert lab.book.waited() == [said("WARD", 49, "10.0.0.49:1")]
    assert lab.book.waited() == []
    assert lab.book.of(KEYS["WARD"]) == ("10.0.0.49:1",)


def test_no_more_replicas_are_kept_than_there_may_be(lab, monkeypatch):
    monkeypatch.setattr(address_book, "REPLICAS_MAX", 1)
    lab.book.offer([said("WARD", 1, "10.0.0.5:1")])
    assert lab.book.offer([said("DOOR", 1, "10.0.0.6:1")]) == []
    lab.wait()
    assert lab.book.offer([said("WARD", 2, "10.0.0.7:1")]), "those that are there have news still"


def test_a_peer_gets_what_it_lacks_and_nothing_else(lab):
    ward, door = said("WARD", 3, "10.0.0.5:1"), said("DOOR", 4, "10.0.0.6:1")
    lab.book.offer([ward, door])
    assert lab.book.held() == [
        HeldAddresses(KEYS["WARD"][:8], 3),
        HeldAddresses(KEYS["DOOR"][:8], 4),
    ]
    assert lab.book.newer_than([]) == [ward, door]
    rows = [HeldAddresses(KEYS["WARD"][:8], 3), HeldAddresses(KEYS["DOOR"][:8], 3)]
    assert lab.book.newer_than(rows) == [door]


def test_own_addresses_are_said_when_they_change_and_not_too_often(lab):
    first = lab.book.announce(["10.0.0.2:8481"])
    assert first is not None
    assert addresses.is_genuine(first, keys.verify)
    assert lab.book.announce(["10.0.0.2:8481"]) is None
    assert lab.book.announce(["10.0.0.3:8481"]) is None, "too soon"
    lab.wait()
    second = lab.book.announce(["10.0.0.3:8481"])
    assert second is not None
    assert second.counter > first.counter
    assert lab.book.others() == {}, "nobody dials himself"
    lab.wait()
    nowhere = lab.book.announce([])
    assert nowhere is not None
    assert nowhere.addresses == ()


def test_whoever_can_be_reached_nowhere_says_nothing_at_first(lab):
    assert lab.book.announce([]) is None
    assert lab.book.newer_than([]) == []


def test_it_goes_on_after_a_restart(lab):
    lab.book.offer([said("WARD", 3, "10.0.0.5:1")])
    own = lab.book.announce(["10.0.0.2:8481"])
    kept = lab.book.unsaved()
    assert lab.book.unsaved() == kept, "what could not be written is tried again"
    newer = said("WARD", 4, "10.0.0.6:1")
    lab.wait()
    lab.book.offer([newer])
    lab.book.saved(kept)
    assert set(lab.book.unsaved()) == {KEYS["WARD"]}, "what came while it was written"
    kept |= lab.book.unsaved()
    lab.book.saved(kept)
    assert lab.book.unsaved() == {}
    again = Book()
    again.book.load(row for row in kept.values() if row is not None)
    assert again.book.newer_than([]) == lab.book.newer_than([])
    assert again.book.announce(["10.0.0.2:8481"]) is None
    assert own is not None
    moved = again.book.announce(["10.0.0.9:8481"])
    assert moved is not None
    assert moved.counter == own.counter + 1


def test_a_database_that_was_set_back_speaks_above_all_that_it_has_said(lab):
    """Or nobody would believe what it says until its counter has caught up."""
    before = said("LAB", 70, "10.0.0.2:8481")
    assert lab.book.offer([before]) == []
    now = lab.book.announce(["10.0.0.2:8481"])
    assert now is not None
    assert now.counter == 71
    lab.wait()
    assert lab.book.announce(["10.0.0.2:8481"]) is None


def test_what_cannot_be_dialled_is_passed_on_and_not_dialled(lab):
    """A later version may know other addresses."""
    one = said("WARD", 1, "127.0.0.1:8481", "evil.example:8481")
    assert lab.book.offer([one]) == [one]
    assert lab.book.of(KEYS["WARD"]) == ()
    assert lab.book.others() == {}
    lab.book.forget_others()
    assert lab.book.newer_than([]) == [one]


def test_what_waits_of_whom_may_sync_no_more_is_forgotten_too(lab):
    lab.book.offer([said("WARD", 1, "10.0.0.1:1")])
    lab.book.offer([said("WARD", 2, "10.0.0.2:1")])
    lab.allowed.discard(("WARD", KEYS["WARD"]))
    lab.book.forget_others()
    lab.wait()
    assert lab.book.waited() == []
