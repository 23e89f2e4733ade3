"""What a session hands out while two sides meet, and in which order."""

from __future__ import annotations

import inspect

from sync.model.clerks.pins import ClerkPin
from sync.model.facts import RecordId
from sync.protocol import events, limits, messages
from sync.protocol.events import (
    Ask,
    Close,
    Established,
    LiveNow,
    NumberArrived,
    PinsArrived,
    PongArrived,
    ProbeArrived,
    Send,
    Welcomed,
)
from tests.sync.protocol.session_line import Line, connected

RECORD = RecordId(b"r" * 16)


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
