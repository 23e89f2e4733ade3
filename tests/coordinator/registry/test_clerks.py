"""The list of clerks, as the coordinator writes it and every desk reads it."""

import pytest

from coordinator.errors import BadClerk, BadUserName, NameTaken
from coordinator.registry import clerks
from coordinator.registry.clerks import ClerkWish
from sync.errors import NotFound
from sync.model.clerks.pins import ClerkPin
from sync.model.facts import Author
from sync.trust import passwords
from tests.clinic import pull

LAB, WARD = Author("LAB1-PC"), Author("WARD-PC")
SADIA, BILAL = b"s" * 16, b"b" * 16


def add(clinic, ident=SADIA, name="Sadia Malik", desks=None, verifier=None):
    clinic.act(lambda tx: clerks.add(tx, ident, ClerkWish(name, desks, verifier), "admin"))


def change(clinic, ident=SADIA, name="Sadia Malik", desks=None, verifier=None):
    clinic.act(lambda tx: clerks.change(tx, ident, ClerkWish(name, desks, verifier), "admin"))


def chosen(pin, digits="2468"):
    return ClerkPin(SADIA, pin, passwords.hash_of(digits))


def choose(clinic, pin, desk=LAB):
    clinic.act(lambda tx: clerks.change_own_pin(tx, desk, pin))


def names_at(desk, code):
    return [one.name for one in desk.writer.registry.clerks.at(code)]


def pins(clinic):
    return clinic.coordinator.writer.store.clerk_pins.all()


def facts_of(clinic):
    return clinic.coordinator.query("SELECT count(*) FROM registry")[0][0]


def test_every_desk_has_the_list(clinic, lab, ward):
    add(clinic, desks=(LAB,))
    add(clinic, BILAL, "بلال")
    pull(lab, clinic.coordinator)
    pull(ward, lab)
    for desk in (lab, ward):
        assert names_at(desk, LAB) == ["Sadia Malik", "بلال"]
        assert names_at(desk, WARD) == ["بلال"]
    change(clinic, name="Sadia Khan", desks=(WARD,))
    clinic.act(lambda tx: clerks.remove(tx, BILAL, "admin"))
    pull(ward, clinic.coordinator)
    assert (names_at(ward, LAB), names_at(ward, WARD)) == ([], ["Sadia Khan"])


def test_a_pin_is_counted_in_the_fact_and_checked_by_what_no_desk_gets_with_it(clinic, lab):
    add(clinic, verifier="first hash")
    assert pins(clinic)[SADIA] == (SADIA, 1, "first hash")
    change(clinic, verifier="second hash")
    change(clinic, name="Sadia Khan")
    assert pins(clinic)[SADIA] == (SADIA, 2, "second hash"), "another name keeps the PIN"
    pull(lab, clinic.coordinator)
    assert lab.writer.registry.clerks.all[SADIA].pin == 2
    stored = b"".join(data for (data,) in lab.query("SELECT data FROM facts"))
    assert b"hash" not in stored
    assert lab.writer.store.clerk_pins.all() == {}
    change(clinic, verifier="")
    assert (pins(clinic), clinic.coordinator.writer.registry.clerks.all[SADIA].pin) == ({}, 0)
    change(clinic, verifier="third hash")
    assert pins(clinic)[SADIA].pin == 3, "a count that was used is not used again"
    clinic.act(lambda tx: clerks.remove(tx, SADIA, "admin"))
    assert pins(clinic) == {}


def test_what_changes_nothing_writes_nothing(clinic, lab):
    add(clinic)
    before = facts_of(clinic)
    change(clinic)
    clinic.act(lambda tx: clerks.rule(tx, True, "admin"))
    assert facts_of(clinic) == before


def test_names_may_be_typed_until_the_administrator_forbids_it(clinic, lab):
    for typing in (False, True, False):
        clinic.act(lambda tx, on=typing: clerks.rule(tx, on, "admin"))
        pull(lab, clinic.coordinator)
        assert lab.writer.registry.clerks.typing is typing


def test_nobody_is_taken_for_another(clinic, lab):
    add(clinic)
    with pytest.raises(NameTaken):
        add(clinic, BILAL, "SADIA  malik")
    with pytest.raises(BadUserName):
        add(clinic, BILAL, "@x")
    add(clinic, BILAL, "Bilal")
    with pytest.raises(NameTaken):
        change(clinic, BILAL, "Sadia Malik")
    clinic.act(lambda tx: clerks.remove(tx, SADIA, "admin"))
    change(clinic, BILAL, "Sadia Malik")
    for act in (
        lambda tx: clerks.remove(tx, SADIA, "admin"),
        lambda tx: clerks.change(tx, SADIA, ClerkWish("Sadia", None, None), "admin"),
    ):
        with pytest.raises(NotFound):
            clinic.act(act)


def test_the_list_has_an_end(clinic, lab, monkeypatch):
    monkeypatch.setattr(clerks, "CLERKS_MAX", 1)
    add(clinic)
    with pytest.raises(BadClerk):
        add(clinic, BILAL, "Bilal")


def test_desks_are_those_of_the_clinic(clinic, lab, ward, monkeypatch):
    view = clinic.coordinator.writer
    codes = clinic.act(lambda tx: clerks.desks_of(tx, ["ward-pc", "LAB1-PC", "LAB1-PC"]))
    assert codes == (LAB, WARD)
    with pytest.raises(NotFound):
        clinic.act(lambda tx: clerks.desks_of(tx, ["NONE"]))
    monkeypatch.setattr("sync.model.facts.CLERK_DESKS_MAX", 1)
    with pytest.raises(BadClerk):
        clinic.act(lambda tx: clerks.desks_of(tx, ["WARD-PC", "LAB1-PC"]))
    assert view.registry.clerks.listed == []


def test_a_clerk_changes_her_own_pin_and_keeps_all_else(clinic, lab):
    add(clinic, desks=(LAB,), verifier="first hash")
    second = chosen(2)
    choose(clinic, second)
    assert pins(clinic)[SADIA] == second
    pull(lab, clinic.coordinator)
    clerk = lab.writer.registry.clerks.all[SADIA]
    assert (clerk.pin, clerk.name, clerk.desks) == (2, "Sadia Malik", {LAB})
    before = facts_of(clinic)
    choose(clinic, second)
    assert facts_of(clinic) == before, "the same change again is none"


@pytest.mark.parametrize("pin", [1, 3])
def test_a_pin_that_follows_on_another_one_than_hers_is_refused(clinic, lab, pin):
    add(clinic, verifier="first hash")
    with pytest.raises(BadClerk, match="meanwhile"):
        choose(clinic, chosen(pin))
    assert pins(clinic)[SADIA].verifier == "first hash"


def test_who_has_no_pin_works_elsewhere_or_is_gone_changes_none(clinic, lab, ward):
    add(clinic, desks=(LAB,))
    with pytest.raises(BadClerk):
        choose(clinic, chosen(1))
    change(clinic, desks=(LAB,), verifier="first hash")
    with pytest.raises(NotFound):
        choose(clinic, chosen(2), WARD)
    clinic.act(lambda tx: clerks.remove(tx, SADIA, "admin"))
    with pytest.raises(NotFound):
        choose(clinic, chosen(2))
    assert pins(clinic) == {}


def test_a_hash_of_another_cost_is_not_spread_to_desks(clinic, lab):
    add(clinic, verifier="first hash")
    dear = f"scrypt$30$8$3${'A' * 22}==${'A' * 43}="
    with pytest.raises(BadClerk, match="as this version makes it"):
        choose(clinic, ClerkPin(SADIA, 2, dear))
