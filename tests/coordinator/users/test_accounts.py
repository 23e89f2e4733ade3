"""Users: added, changed, and never without an administrator."""

import pytest

from coordinator.errors import FirstUserAdministers, LastAdministrator, NameTaken, UserMissing
from coordinator.users import accounts, keys
from coordinator.users.rights import Role


@pytest.fixture
def store(clinic):
    return clinic.coordinator.writer.store


@pytest.fixture
def add(clinic):
    def add(name, role=Role.ADMINISTRATOR):
        return clinic.act(lambda tx: accounts.add(tx, name, role, f"hash of {name}", "Sadia"))

    return add


@pytest.fixture
def change(clinic):
    def change(name, **changes):
        return clinic.act(lambda tx: accounts.change(tx, name, **changes))

    return change


def test_a_user_is_found_by_the_name_however_it_is_typed(store, add):
    added = add("Sadia Malik")
    assert accounts.known(store, " SADIA malik") == added
    assert accounts.by_key(store) == {"sadia malik": added}
    with pytest.raises(UserMissing):
        accounts.known(store, "Sadia")


def test_the_first_one_administers(add):
    with pytest.raises(FirstUserAdministers):
        add("Imran", Role.READER)
    add("Sadia")
    add("Imran", Role.READER)


def test_nobody_gets_the_name_of_another(clinic, add):
    add("Sadia")
    clinic.act(lambda tx: keys.make(tx, "LIMS", ("read",), "Sadia"))
    for name in ("SADIA", "lims"):
        with pytest.raises(NameTaken):
            add(name)


@pytest.mark.parametrize("changes", [{"is_active": False}, {"role": Role.REGISTRAR}])
def test_the_last_administrator_stays(store, add, change, changes):
    add("Sadia")
    add("Imran", Role.REGISTRAR)
    add("Amna")
    change("Amna", is_active=False)
    with pytest.raises(LastAdministrator, match="Sadia"):
        change("Sadia", **changes)
    assert accounts.known(store, "Sadia").is_active
    change("Amna", is_active=True)
    change("Sadia", **changes)


def test_what_is_not_named_stays(add, change):
    before = add("Sadia")
    assert change("sadia", password="other") == before._replace(password="other")
    assert change("sadia") == before._replace(password="other")
    with pytest.raises(UserMissing):
        change("Nobody", is_active=False)


def test_a_disabled_user_is_recovered_at_the_console(clinic, store, add, change):
    add("Sadia")
    add("Amna")
    change("Amna", is_active=False)
    clinic.act(lambda tx: accounts.recover(accounts.changing(tx), "amna", "new"))
    found = accounts.known(store, "Amna")
    assert (found.is_active, found.password, found.role) == (True, "new", "administrator")
