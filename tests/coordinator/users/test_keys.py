"""API keys: each for its scopes, stored as hashes, and invalid when withdrawn or expired."""

import pytest

from coordinator.errors import (
    ApiKeyExpired,
    ApiKeyMissing,
    ApiKeyWithdrawn,
    NameTaken,
    TokenWrong,
)
from coordinator.users import accounts, keys
from coordinator.users.keys import Keys
from coordinator.users.rights import Role
from sync.trust import program_keys
from tests.coordinator.users.made import scopes_of

READ = ("read",)


@pytest.fixture
def store(clinic):
    return clinic.coordinator.writer.store


@pytest.fixture
def new(clinic):
    def make(name, scopes=READ, expires_ms=None):
        return clinic.act(lambda tx: keys.make(tx, name, scopes, "Sadia", expires_ms))

    return make


def found(store, key, now_ms=0):
    loaded = Keys()
    loaded.load(store)
    return loaded.find(key, now_ms)


def test_a_key_is_for_its_scopes(store, new):
    _, lims = new("LIMS")
    _, desk = new("Front desk", ("conflicts", "register:LAB1-PC"))
    assert scopes_of(store, lims) == READ
    assert scopes_of(store, desk) == ("conflicts", "register:LAB1-PC")
    assert found(store, lims)[2:6] == ("LIMS", READ, found(store, lims).created_ms, "Sadia")


def test_they_are_good_after_a_restart(clinic, new):
    _, key = new("LIMS")
    clinic.coordinator.reopen()
    assert scopes_of(clinic.coordinator.writer.store, key) == READ


@pytest.mark.parametrize("text", ["", "x", "0" * 64, "٣" * 64, "ÿ" * 64])
def test_what_is_no_key_is_nobodys(store, new, text):
    new("LIMS")
    with pytest.raises(TokenWrong):
        found(store, text)


def test_a_key_is_taken_exactly(store, new):
    _, key = new("LIMS")
    for other in (key.upper(), key[:-1], key + "0", f" {key}", program_keys.digest(key)):
        assert scopes_of(store, other) is None


def test_keys_whose_hashes_begin_alike_are_told_apart(clinic, store, new):
    _, key = new("LIMS")
    hashed = program_keys.digest(key)
    alike = hashed[:-1] + ("0" if hashed[-1] != "0" else "1")
    clinic.act(lambda tx: keys.keep_administrator(keys.changing(tx), alike))
    assert scopes_of(store, key) == READ


def test_a_withdrawn_key_and_an_expired_one_are_named(clinic, store, new):
    ident, gone = new("Gone")
    _, old = new("Old", expires_ms=1000)
    assert found(store, old, 999).name == "Old"
    assert clinic.act(lambda tx: keys.withdraw(tx, ident)).name == "Gone"
    with pytest.raises(ApiKeyWithdrawn, match="The API key Gone was withdrawn"):
        found(store, gone)
    with pytest.raises(ApiKeyExpired, match="The API key Old has expired"):
        found(store, old, 1000)


def test_what_is_no_key_cannot_be_withdrawn(clinic):
    with pytest.raises(ApiKeyMissing):
        clinic.act(lambda tx: keys.withdraw(tx, 99))


def test_nobody_gets_the_name_of_another(clinic, new):
    new("LIMS")
    clinic.act(lambda tx: accounts.add(tx, "Sadia Malik", Role.ADMINISTRATOR, "hash", ""))
    for name in ("lims", "LIMS", "sadia  malik"):
        with pytest.raises(NameTaken):
            new(name)


def test_a_name_is_free_again_when_its_key_was_withdrawn(clinic, new):
    ident, _ = new("LIMS")
    clinic.act(lambda tx: keys.withdraw(tx, ident))
    again, _ = new("LIMS")
    assert again > ident


def test_the_key_of_a_terminal_takes_the_place_of_the_earlier_one(clinic, store, new):
    def renew(code):
        return clinic.act(lambda tx: keys.renew_for_terminal(tx, code, "Sadia"))

    _, own = new("Program of FRONT", ("register:FRONT",))
    first, other, second = renew("FRONT"), renew("FRONT-2"), renew("FRONT")
    assert scopes_of(store, first) is None
    assert scopes_of(store, second) == scopes_of(store, own) == ("register:FRONT",)
    clinic.act(lambda tx: keys.withdraw_of_terminal(tx, "FRONT"))
    assert scopes_of(store, second) is scopes_of(store, own) is None
    assert scopes_of(store, other) == ("register:FRONT-2",)


def test_the_database_holds_only_the_hash(clinic, new):
    _, key = new("LIMS")
    clinic.coordinator.close()
    content = clinic.coordinator.path.read_bytes()
    clinic.coordinator.open()
    assert key.encode() not in content
    assert program_keys.digest(key).encode() in content


def test_when_it_was_last_used_is_noted(clinic, store, new):
    ident, key = new("LIMS")
    loaded = Keys()
    loaded.load(store)
    for now_ms in (5, 7):
        loaded.find(key, now_ms)
    assert loaded.take_used() == {ident: 7}
    assert loaded.take_used() == {}
    clinic.act(lambda tx: keys.changing(tx).api_keys.note_used({ident: 7}))
    assert found(store, key).used_ms == 7
