"""Authorities are facts: said once, known to every desk, and withdrawn for good."""

from coordinator.registry import authorities


def registry(replica):
    return replica.writer.registry


def test_every_desk_learns_of_an_authority(clinic, lab):
    clinic.act(lambda tx: authorities.vouch(tx, b"certificate"))
    clinic.heal()
    for replica in (clinic.coordinator, lab):
        assert registry(replica).authorities == {b"certificate"}


def test_it_is_said_once(clinic, coordinator):
    before = coordinator.query("SELECT count(*) FROM registry")
    for _ in range(3):
        clinic.act(lambda tx: authorities.vouch(tx, b"certificate"))
    assert coordinator.query("SELECT count(*) FROM registry") == [(before[0][0] + 1,)]


def test_it_takes_no_serial_which_an_older_version_would_miss(clinic):
    before = clinic.act(lambda tx: tx.serial)
    clinic.act(lambda tx: authorities.vouch(tx, b"certificate"))
    assert clinic.act(lambda tx: tx.serial) == before


def test_one_that_is_withdrawn_stays_so(clinic, lab):
    clinic.act(lambda tx: authorities.vouch(tx, b"first"))
    clinic.act(lambda tx: authorities.vouch(tx, b"second"))
    for _ in range(2):
        clinic.act(lambda tx: authorities.withdraw(tx, b"first", "stolen"))
    clinic.act(lambda tx: authorities.vouch(tx, b"first"))
    clinic.heal()
    for replica in (clinic.coordinator, lab):
        assert registry(replica).authorities == {b"second"}
        assert registry(replica).authorities_withdrawn == {b"first"}


def test_it_is_known_after_a_restart(clinic, coordinator):
    clinic.act(lambda tx: authorities.vouch(tx, b"certificate"))
    coordinator.reopen()
    assert registry(coordinator).authorities == {b"certificate"}
