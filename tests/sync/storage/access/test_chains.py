"""Tables whose entries are a chain."""

from sync.rules import chains
from sync.rules.chains import BEGINNING
from sync.storage.access.audit import AuditEvent

SAID = AuditEvent(1000, "Sadia", "127.0.0.1", "users.add_user", "Imran", "done")


def test_entries_are_numbered_and_follow_each_other(store):
    table = store.audit
    assert table.head() == BEGINNING == table.add()
    assert table.hash_at(0) == BEGINNING.hash
    heads = [table.add(SAID), table.add(SAID)]
    assert [head.number for head in heads] == [1, 2]
    assert heads[0].hash != heads[1].hash
    assert table.head() == heads[1]
    assert [table.hash_at(number) for number in (1, 2, 3)] == [*(h.hash for h in heads), None]
    assert [entry.said for entry in table.from_oldest()] == [SAID, SAID]
    assert [entry.number for entry in table.after(0, 1)] == [1]
    assert [entry.number for entry in table.after(1, 5)] == [2]
    assert table.after(2, 5) == []


def test_several_at_once_are_the_chain_that_they_are_one_by_one(store):
    assert store.audit.add(SAID, SAID, SAID).number == 3
    found = list(store.audit.from_oldest())
    assert chains.check(found) == (store.audit.head(), None)
    store.connection.execute("DELETE FROM audit")
    for _ in range(3):
        store.audit.add(SAID)
    assert list(store.audit.from_oldest()) == found
