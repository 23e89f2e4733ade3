"""The table of what the PINs of clerks are checked by."""

from sync.model.clerks.pins import ClerkPin
from sync.storage.store import Store

SADIA, BILAL = ClerkPin(bytes(16), 1, "hash"), ClerkPin(b"b" * 16, 3, "other")


def test_it_is_kept_replaced_and_forgotten(tmp_path):
    store = Store.create(tmp_path / "register.db")
    store.clerk_pins.put(SADIA)
    store.clerk_pins.put(BILAL)
    store.clerk_pins.put(SADIA._replace(pin=2))
    assert store.clerk_pins.all() == {SADIA.clerk: SADIA._replace(pin=2), BILAL.clerk: BILAL}
    store.clerk_pins.drop(SADIA.clerk)
    assert store.clerk_pins.all() == {BILAL.clerk: BILAL}
    store.close()
