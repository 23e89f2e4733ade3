"""The table of API keys, and the tokens of before."""

import sqlite3

from sync.storage import schema
from sync.storage.store import Store


def test_a_key_is_stored_used_and_withdrawn(tmp_path):
    store = Store.create(tmp_path / "register.db")
    ident = store.api_keys.add("aa", "LIMS", ("read", "conflicts"), 5, "Sadia", 100)
    store.api_keys.note_used({ident: 7})
    store.api_keys.withdraw([ident], 9)
    store.api_keys.withdraw([ident], 11)
    (key,) = store.api_keys.all()
    assert key == (ident, "aa", "LIMS", ("read", "conflicts"), 5, "Sadia", 100, 9, 7)
    assert store.api_keys.add("aa", "LIMS", ("read",), 12, "Sadia") == ident
    assert store.api_keys.all()[0].withdrawn_ms is None
    assert store.api_keys.add("bb", "Other", ("read",), 12, "Sadia") > ident
    store.close()


def test_tokens_of_an_earlier_schema_are_keys(tmp_path):
    path = tmp_path / "register.db"
    connection = sqlite3.connect(path)
    for script in schema.MIGRATIONS[:2]:
        connection.executescript(script)
    connection.execute("PRAGMA user_version = 2")
    tokens = {"token:aa": "@administrator", "token:bb": "LAB1-PC", "author": "@coordinator"}
    connection.executemany("INSERT INTO meta VALUES (?, ?)", tokens.items())
    connection.commit()
    connection.close()
    store = Store(schema.open_for_writing(path))
    found = {key.hash: (key.name, key.scopes) for key in store.api_keys.all()}
    assert found == {
        "aa": ("administrator", ("administer",)),
        "bb": ("LAB1-PC", ("register:LAB1-PC",)),
    }
    rows = dict(store.connection.execute("SELECT * FROM meta"))
    assert rows["author"] == "@coordinator"
    assert not [key for key in rows if key.startswith("token:")]
    store.close()
