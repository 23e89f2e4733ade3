"""Addresses that a replica signs, and what two sessions tell each other of them."""

from __future__ import annotations

import pytest

from sync.engine import keys
from sync.model.clerks.pins import ClerkPin
from sync.model.facts import Author
from sync.protocol import addresses, handshake, limits, messages
from sync.protocol.addresses import HeldAddresses
from sync.protocol.events import AddressesArrived, PeerHolds
from tests.sync.conftest import LAB
from tests.sync.protocol.session_line import Line, Port, connected, drive

SIGNER = keys.Signer.from_seed(b"a" * 32)
OWN = ("10.0.0.5:8481", "192.168.1.7:8481")


def said(counter: int = 1, own: tuple[str, ...] = OWN) -> addresses.SignedAddresses:
    return addresses.signed(Author(LAB), SIGNER.public_key, counter, own, SIGNER.sign)


def test_what_was_signed_is_genuine_and_nothing_else_is():
    one = said()
    assert addresses.is_genuine(one, keys.verify)
    for other in (
        one._replace(author=Author("WARD-PC")),
        one._replace(counter=2),
        one._replace(addresses=("10.0.0.6:8481",)),
        one._replace(key=keys.Signer.from_seed(b"b" * 32).public_key),
        one._replace(signature=b"s" * 64),
    ):
        assert not addresses.is_genuine(other, keys.verify)


def test_no_more_are_signed_than_a_message_takes():
    many = tuple(f"10.0.0.{number}:8481" for number in range(1, 9))
    assert said(own=many).addresses == many[: limits.ADDRESSES_MAX]


@pytest.mark.parametrize("address", ["10.0.0.5:8481", "[fd00::5]:1", "192.168.1.7:65535"])
def test_addresses_of_a_network_can_be_dialled(address):
    assert addresses.is_usable(address)


@pytest.mark.parametrize(
    "address",
    [
        *("", ":", "10.0.0.5", "10.0.0.5:", "10.0.0.5:0", "10.0.0.5:65536", "10.0.0.5:-1"),
        *("10.0.0.5:٣", "fd00::5:8481", "[10.0.0.5]:8481", "[fd00::5:8481", "fd00::5]:8481"),
        *("127.0.0.1:8481", "[::1]:8481", "169.254.1.1:8481", "0.0.0.0:8481", "224.0.0.251:8481"),
        *("evil.example:8481", "10.0.0.5/x:8481", "user@10.0.0.5:8481"),
        *("[fd00::5%eth0]:8481", "[fd00::5%/x?]:8481", "[fe80::5]:8481", "[fe80::5%/x]:8481"),
    ],
)
def test_names_and_addresses_that_lead_to_nobody_cannot(address):
    assert not addresses.is_usable(address)
    assert not addresses.is_usable(address, heard_here=True)


def test_an_address_of_one_interface_counts_only_where_it_was_heard():
    for address in ("[fe80::5%eth0]:8481", "[fe80::5%3]:8481"):
        assert not addresses.is_usable(address)
        assert addresses.is_usable(address, heard_here=True)
    assert addresses.is_usable("[fd00::5]:8481", heard_here=True)


def test_brackets_are_around_addresses_of_ipv6():
    assert addresses.with_port("fd00::5", 8481) == "[fd00::5]:8481"
    assert addresses.with_port("10.0.0.5", 8481) == "10.0.0.5:8481"
    assert addresses.with_port("hub.local", 8481) == "hub.local:8481"


def test_both_sides_ask_and_tell(lab, ward):
    line = Line()
    one, other = connected(line, lab, ward)
    held = [HeldAddresses(b"k" * 8, 3)]
    one.session.ask_addresses(held)
    one.drain()
    line.run()
    assert other.events_of(PeerHolds) == [PeerHolds(tuple(held))]
    other.session.tell_addresses(
        [said(number) for number in range(limits.SIGNED_ADDRESSES_MAX + 1)]
    )
    other.drain()
    line.run()
    came = one.events_of(AddressesArrived)
    assert [len(event.found) for event in came] == [limits.SIGNED_ADDRESSES_MAX, 1]
    assert came[1].found == (said(limits.SIGNED_ADDRESSES_MAX),)


def test_nothing_is_told_before_both_sides_have_said_who_they_are(lab):
    port = Port(lab)
    drive(port)
    port.session.ask_addresses([])
    port.session.tell_addresses([said()])
    port.drain()
    assert [type(message) for message in port.sent] == [messages.Hello]


def test_a_peer_of_the_first_version_hears_nothing_of_addresses_and_pins(lab, ward, monkeypatch):
    """It would not know the message, and break off."""
    line = Line()
    monkeypatch.setattr(handshake, "VERSIONS", (1,))
    other = Port(ward)
    drive(other)
    monkeypatch.undo()
    one, other = line.connect(lab, other)
    line.run()
    assert one.session.live
    assert other.session.live
    one.session.ask_addresses([HeldAddresses(b"k" * 8, 3)])
    one.session.tell_addresses([said()])
    one.session.ask_pins([b"c" * 16])
    one.session.change_pin(ClerkPin(b"c" * 16, 2, "a hash"))
    one.drain()
    assert not one.sent_of(messages.GetPins)
    assert not one.sent_of(messages.ChangePin)
    assert not one.sent_of(messages.AddressesHeld)
    assert not one.sent_of(messages.Addresses)
