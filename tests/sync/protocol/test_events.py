"""What a session hands out while two sides meet, and in which order."""

from __future__ import annotations

import inspect

from coordinator.registry import clerks
from coordinator.registry.clerks import ClerkWish
from sync.model.clerks.pins import ClerkPin
from sync.model.facts import RecordId
from sync.protocol import events, limits, messages
from sync.protocol.addresses import Reach, TriedPort
from sync.protocol.events import (
    Ask,
    Close,
    Established,
    LiveNow,
    NumberArrived,
    PinChangeArrived,
    PinsArrived,
    PongArrived,
    PortsArrived,
    PortsAsked,
    ProbeArrived,
    Send,
    Welcomed,
)
from sync.trust import passwords
from tests.sync.protocol.session_line import Line, Port, connected

RECORD = RecordId(b"r" * 16)
CLERK = b"c" * 16


def test_every_class_is_an_output():
    """So that no shell can leave one out that the type checker does not know of."""
    classes = {
        value
        for _, value in inspect.getmembers(events, inspect.isclass)
        if value.__module__ == events.__name__
    }
    assert classes == set(events.Output.__args__)
    assert classes - {Send, Ask, Close} == set(events.Event.__args__)


def test_a_peer_is_established_then_welcomed_then_in_step(lab, ward):
    lab.register_offline()
    one, other = connected(Line(), lab, ward)
    for port in (one, other):
        assert [type(event) for event in port.events] == [Established, Welcomed, LiveNow]


def test_the_peer_is_established_with_what_it_has_proved(lab, ward):
    one, _ = connected(Line(), lab, ward)
    (peer,) = one.events_of(Established)
    assert (peer.author, peer.key) == (ward.author, ward.signer.public_key)
    assert peer.replica == ward.writer.replica
    assert peer.incarnation == ward.writer.identity.incarnation


def test_answers_carry_the_ids_that_were_given_out(lab, ward):
    line = Line()
    one, _ = connected(line, lab, ward)
    session = one.session
    number, probe, ping = session.ask_number(RECORD, lab.author), session.probe(), session.ping()
    assert len({number, probe, ping}) == 3
    one.drain()
    line.run()
    assert one.events_of(ProbeArrived) == [ProbeArrived(probe)]
    assert one.events_of(PongArrived) == [PongArrived(ping)]
    assert [event.id for event in one.events_of(NumberArrived)] == [number]


def test_nothing_comes_after_the_end(lab, ward):
    line = Line()
    one, other = connected(line, lab, ward)
    one.session.stop("stopping")
    outputs = one.session.take()
    assert type(outputs[-1]) is Close
    assert [type(output) for output in outputs].count(Close) == 1
    other.session.tick(1)
    assert one.session.take() == []


def test_what_pins_are_checked_by_is_told_in_pieces(lab, ward, monkeypatch):
    monkeypatch.setattr(limits, "PINS_MAX", 2)
    line = Line()
    one, _ = connected(line, lab, ward)
    pin = ClerkPin(b"c" * 16, 1, "a hash")
    ward.writer.write(lambda tx: (tx.begin(), tx.store.clerk_pins.put(pin)))
    one.session.ask_pins([bytes([number]) * 16 for number in range(3)])
    one.drain()
    line.run()
    assert len(one.sent_of(messages.GetPins)) == 2
    assert one.events_of(PinsArrived) == [PinsArrived(()), PinsArrived(())], "no clerk works there"


def test_a_changed_pin_is_answered_after_the_fact_of_it_is_merged(clinic, lab, monkeypatch):
    clinic.act(lambda tx: clerks.add(tx, CLERK, ClerkWish("Sadia", None, "first"), "admin"))
    coordinator = clinic.coordinator
    monkeypatch.setattr(passwords, "LOG2_N", 8)
    monkeypatch.setattr(coordinator.exchange, "_pin_changer", clerks.change_own_pin)
    line = Line()
    one, _ = connected(line, lab, coordinator)
    ident = one.session.change_pin(ClerkPin(CLERK, 2, passwords.hash_of("2468")))
    one.drain()
    while not one.events_of(PinChangeArrived):
        assert line.run(1)
    assert one.events_of(PinChangeArrived) == [PinChangeArrived(ident, "")]
    assert lab.writer.registry.clerks.all[CLERK].pin == 2
    one.session.change_pin(ClerkPin(CLERK, 2, passwords.hash_of("8642")))
    one.drain()
    line.run()
    assert one.events_of(PinChangeArrived)[-1].code == "bad_clerk"


def test_before_both_sides_have_met_no_pin_is_sent(lab):
    port = Port(lab)
    ident = port.session.change_pin(ClerkPin(CLERK, 2, "a hash"))
    port.drain()
    assert port.events == [PinChangeArrived(ident, "busy")]
    assert not port.sent_of(messages.ChangePin)


def test_ports_that_are_to_be_tried_are_the_matter_of_whoever_has_the_network(lab, ward):
    line = Line()
    one, other = connected(line, lab, ward)
    one.session.send(messages.TryPorts(7, (8481, 8483)))
    one.drain()
    line.run()
    assert other.events_of(PortsAsked) == [PortsAsked(7, (8481, 8483))]
    found = (TriedPort(8481, Reach.OPEN), TriedPort(8483, Reach.SILENT))
    other.session.send(messages.PortsTried(7, "10.0.0.5", found))
    other.drain()
    line.run()
    assert one.events_of(PortsArrived) == [PortsArrived(7, "10.0.0.5", found)]
