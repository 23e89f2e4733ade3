"""``mrnmesh-coordinator users``, and commands of a user who signs in."""

import json


def test_a_life_of_a_user(live, typed):
    typed("a password of Sadia\n")
    added = live.hub("users", "add", "Sadia Malik", "--role", "administrator")
    assert added.out == "Sadia Malik  administrator, added by administrator\n", added.err
    typed("a password of Imran\n")
    assert live.hub("users", "add", "Imran", "--role", "registrar").status == 0
    typed("a password of Sadia\n")
    listed = json.loads(live.hub("users", "list", "--json", "--user", "sadia malik").out)
    assert {one["name"] for one in listed} >= {"Imran", "Sadia Malik"}
    typed("a password of Sadia\n")
    changed = live.hub("users", "role", "imran", "reader", "--user", "Sadia Malik")
    assert changed.out == "Imran  reader, added by administrator\n"
    assert "reader, disabled" in live.hub("users", "disable", "Imran").out
    typed("a password of Imran\n")
    refused = live.hub("terminals", "list", "--user", "Imran")
    assert (refused.status, refused.out) == (1, "")
    assert "The name or the password is wrong" in refused.err
    assert live.hub("users", "enable", "Imran").out == "Imran  reader, added by administrator\n"
    typed("another password\n")
    assert live.hub("users", "password", "Imran").status == 0
    typed("another password\n")
    assert live.hub("terminals", "list", "--user", "Imran").status == 0
    said = json.loads(live.hub("audit", "--about", "reader", "--json").out)
    assert [one["who"] for one in said] == ["Sadia Malik"]


def test_at_the_console_a_password_is_set_without_a_key(live, typed, monkeypatch):
    typed("a password of Amna\n")
    live.hub("users", "add", "Amna", "--role", "reader")
    typed("recovered password\n")
    done = live.hub("users", "password", "amna", "--console", "--token", "")
    assert done.out == "amna can sign in with the new password.\n", done.err
    typed("recovered password\n")
    assert live.hub("terminals", "list", "--user", "Amna").status == 0
    typed("recovered password\n")
    refused = live.hub("users", "password", "Nobody", "--console")
    assert "There is no user Nobody" in refused.err
