"""Online numbers and own PINs on one session: how many at once, and nothing before its fact."""

from __future__ import annotations

from sync.model.clerks.pins import ClerkPin
from sync.model.facts import Author, RecordId
from sync.protocol import events, limits
from sync.protocol.messages import ChangePin, NumberReply, NumberRequest, PinChanged
from sync.protocol.number_requests import PINS_AT_ONCE_MAX
from sync.protocol.questions import Merge, NumberQuery
from tests.sync.protocol.session_line import Line, Port, connected, drive
from tests.sync.protocol.test_session import granting

RECORD = RecordId(b"r" * 16)
PIN = ClerkPin(b"c" * 16, 2, "a hash")


def record(number: int) -> RecordId:
    return RecordId(number.to_bytes(16))


def request(ident: int, author: Author) -> NumberRequest:
    return NumberRequest(ident, record(ident), author)


def test_before_both_sides_have_met_there_is_no_number(lab):
    port = Port(lab)
    ident = port.session.ask_number(RECORD, lab.author)
    port.drain()
    assert port.events == [events.NumberArrived(ident, None, "busy")]
    drive(port)
    assert not port.sent_of(NumberRequest)


def test_no_more_numbers_are_asked_for_at_once_than_the_peer_takes(clinic, lab):
    line = Line()
    one, other = connected(line, lab, clinic.coordinator)
    other.granter = granting(clinic.coordinator)
    idents = [
        one.session.ask_number(record(at), lab.author)
        for at in range(limits.NUMBERS_AT_ONCE_MAX + 1)
    ]
    one.drain()
    assert [asked.id for asked in one.sent_of(NumberRequest)] == idents[:-1]
    assert one.events_of(events.NumberArrived) == [events.NumberArrived(idents[-1], None, "busy")]
    line.run()
    assert other.closed is None
    one.session.ask_number(record(999), lab.author)
    one.drain()
    assert len(one.sent_of(NumberRequest)) == len(idents), "there is room again"


def test_a_peer_that_asks_for_too_many_numbers_at_once_is_left(clinic, lab):
    _, other = connected(Line(), lab, clinic.coordinator)
    other.hear(*[request(at, lab.author) for at in range(limits.NUMBERS_AT_ONCE_MAX)])
    assert other.closed is None
    other.hear(request(999, lab.author))
    assert other.ended_with("protocol", "too many requests for numbers at once")


def test_a_peer_that_waits_for_its_numbers_may_ask_for_ever(clinic, lab):
    line = Line()
    one, other = connected(line, lab, clinic.coordinator)
    other.granter = granting(clinic.coordinator)
    for at in range(limits.NUMBERS_AT_ONCE_MAX + 1):
        one.session.ask_number(record(at), lab.author)
        one.drain()
        line.run()
    numbers = {event.mrn for event in one.events_of(events.NumberArrived)}
    assert len(numbers - {None}) == limits.NUMBERS_AT_ONCE_MAX + 1


def test_a_number_is_not_told_when_its_grant_was_dropped(clinic, lab):
    line = Line()
    _, other = connected(line, lab, clinic.coordinator)
    grant = granting(clinic.coordinator)
    other.granter = grant
    other.hear(request(5, lab.author))
    for at in range(100, 120):  # more than the desk, which does not answer now, is sent at once
        grant(NumberQuery(record(at), lab.author))
        line.publish()
    line.answer(other)
    assert other.sent_of(NumberReply) == [NumberReply(5, None, "busy")]


def test_a_number_waits_for_every_merge_that_was_asked_for_before_it(clinic, lab):
    line = Line()
    one, other = connected(line, lab, clinic.coordinator)
    other.granter = granting(clinic.coordinator)
    for at in range(2):
        other.granter(NumberQuery(record(at), lab.author))
        line.publish()
    one.session.ask_number(RECORD, lab.author)
    one.drain()
    other.receive(one.wire.popleft())
    while other.asks:
        line.answer(other)
    while other.wire:
        one.receive(other.wire.popleft())
    merges = len([ask for ask in one.asks if isinstance(ask.query, Merge)])
    assert merges == 3, "two older grants, and that of the number"
    while one.merges < merges:
        assert not one.events_of(events.NumberArrived)
        line.answer(one)
    (number,) = one.events_of(events.NumberArrived)
    assert number.mrn == other.sent_of(NumberReply)[0].mrn
    assert lab.writer.store.decisions.grants_of([RECORD])


def test_a_pin_that_nobody_wanted_changed_breaks_the_protocol(clinic, lab):
    one, _ = connected(Line(), lab, clinic.coordinator)
    ident = one.session.change_pin(PIN)
    one.drain()
    one.hear(PinChanged(ident, "busy"))
    assert one.events_of(events.PinChangeArrived) == [events.PinChangeArrived(ident, "busy")]
    one.hear(PinChanged(ident, "busy"))
    assert one.ended_with("protocol", "a PIN that was not to be changed")


def test_only_a_few_pins_are_changed_at_once(clinic, lab):
    one, _ = connected(Line(), lab, clinic.coordinator)
    idents = [one.session.change_pin(PIN) for _ in range(PINS_AT_ONCE_MAX + 1)]
    one.drain()
    assert [asked.id for asked in one.sent_of(ChangePin)] == idents[:-1]
    assert one.events_of(events.PinChangeArrived)[-1] == (idents[-1], "busy")
