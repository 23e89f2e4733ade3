"""The table of users."""

from sync.storage.access.users import UserRow
from sync.storage.store import Store

SADIA = UserRow("sadia", "Sadia", "administrator", "hash", True, 5, "administrator")


def test_a_user_is_stored_and_replaced(tmp_path):
    store = Store.create(tmp_path / "register.db")
    store.users.put(SADIA)
    store.users.put(SADIA._replace(is_active=False))
    store.users.put(UserRow("amna", "Amna", "reader", "hash", True, 6, "Sadia"))
    assert [user.name for user in store.users.all()] == ["Amna", "Sadia"]
    assert store.users.find("sadia") == SADIA._replace(is_active=False)
    assert store.users.find("Sadia") is None
    store.close()
