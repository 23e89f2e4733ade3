"""From which names the clerks of a desk choose."""

import pytest

from node.clerks.names import DeskClerks
from node.clerks.pins import PinFile
from sync.model.clerks.pins import ClerkPin
from sync.model.facts import Author
from sync.rules.clerks import NO_CLERKS, Clerk, Clerks

LAB, WARD = Author("LAB1-PC"), Author("WARD-PC")
SADIA = Clerk(b"s" * 16, "Sadia", None, 1, 1, removed=False, heads=())
BILAL = Clerk(b"b" * 16, "Bilal", frozenset({WARD}), 0, 0, removed=False, heads=())


def listing(*clerks, typing=True):
    return Clerks({one.id: one for one in clerks}, typing, ())


@pytest.fixture
def pins(tmp_path):
    return PinFile(tmp_path, lambda: 0.0)


def at(pins, code, known, own=()):
    return DeskClerks(code, own, lambda: known, pins)


def test_without_a_list_the_settings_say_who_works_here(pins):
    desk = at(pins, LAB, NO_CLERKS, own=["Amna"])
    assert desk.choices() == [{"name": "Amna", "pin": "none"}]
    assert desk.is_name("Amna")
    assert not desk.may_type()
    assert at(pins, LAB, NO_CLERKS).may_type()


def test_the_list_goes_before_the_settings(pins):
    known = listing(SADIA, BILAL)
    lab, ward = at(pins, LAB, known, own=["Amna"]), at(pins, WARD, known)
    assert [one["name"] for one in lab.choices()] == ["Sadia"]
    assert [one["name"] for one in ward.choices()] == ["Bilal", "Sadia"]
    assert not lab.is_name("Amna")
    assert not lab.is_name("Bilal"), "he works elsewhere"
    assert lab.may_type()
    assert not at(pins, LAB, listing(SADIA, typing=False)).may_type()
    gone = at(pins, LAB, listing(SADIA._replace(removed=True)), own=["Amna"])
    assert gone.is_name("Amna"), "nobody is on the list any more"


def test_a_pin_can_be_typed_as_soon_as_it_is_known_what_it_is_checked_by(pins):
    desk = at(pins, LAB, listing(SADIA))
    owner = SADIA.id.hex()
    assert desk.choices() == [{"name": "Sadia", "pin": "missing"}]
    assert desk.secret_of(owner) is None
    pins.keep([ClerkPin(SADIA.id, 1, "a hash")], {SADIA.id: SADIA})
    assert desk.choices() == [{"name": "Sadia", "pin": "ready"}]
    assert (desk.secret_of(owner), desk.name_of(owner)) == ("a hash", "Sadia")
    assert (desk.secret_of("00"), desk.name_of("00")) == (None, None)


def test_the_list_is_read_anew_when_it_changes(pins):
    now = [listing(SADIA)]
    desk = DeskClerks(LAB, (), lambda: now[0], pins)
    assert desk.named("Sadia") == SADIA
    now[0] = listing(SADIA._replace(name="Sadia Khan"))
    assert desk.named("Sadia") is None
    assert [one.name for one in desk.here()] == ["Sadia Khan"]
