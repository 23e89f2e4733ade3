"""The table of the audit."""

from sync.storage.access.audit import AuditEvent, AuditFilter
from sync.storage.store import Store

SAID = AuditEvent(1000, "Sadia", "127.0.0.1", "users.add_user", "Imran", "done")


def test_the_newest_that_fit_come_first(tmp_path):
    store = Store.create(tmp_path / "register.db")
    for at_ms in range(5):
        store.audit.add(SAID._replace(at_ms=at_ms))
    wanted = AuditFilter(who="sadia", act="users", about="imran", since_ms=1, until_ms=3)
    count, found = store.audit.newest(wanted, 1, 1)
    assert (count, [entry.said.at_ms for entry in found]) == (3, [2])
    store.close()
