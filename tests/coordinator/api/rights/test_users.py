"""Users over HTTP."""

EVERY = "/api/users/"
IMRAN = {"name": "Imran", "role": "registrar", "password": "a password of Imran"}


async def test_users_are_added_listed_and_changed(hub, sadia):
    added = await hub.call("POST", EVERY, IMRAN)
    assert (added["name"], added["role"], added["is_active"]) == ("Imran", "registrar", True)
    assert added["created_by"] == "administrator"
    assert "password" not in added
    listed = (await hub.get(EVERY))["results"]
    assert [one["name"] for one in listed] == ["Imran", "Sadia Malik"]
    changed = await hub.call("PATCH", f"{EVERY}IMRAN/", {"role": "reader", "is_active": False})
    assert (changed["role"], changed["is_active"]) == ("reader", False)
    again = await hub.call("PATCH", f"{EVERY}sadia%20malik/", {})
    assert again["name"] == "Sadia Malik"


async def test_what_cannot_be_is_refused(hub):
    assert await hub.refused("POST", EVERY, IMRAN) == (409, "first_user_administers")
    first = IMRAN | {"role": "administrator"}
    await hub.call("POST", EVERY, first)
    assert await hub.refused("POST", EVERY, first) == (409, "name_taken")
    named = IMRAN | {"name": "Administrator"}
    assert await hub.refused("POST", EVERY, named) == (409, "name_taken"), "a key is called so"
    assert await hub.refused("POST", EVERY, IMRAN | {"name": "@x"}) == (400, "bad_user_name")
    weak = IMRAN | {"name": "Amna", "password": "x"}
    assert await hub.refused("POST", EVERY, weak) == (400, "bad_password")
    off = {"is_active": False}
    assert await hub.refused("PATCH", f"{EVERY}Imran/", off) == (409, "last_administrator")
    assert await hub.refused("PATCH", f"{EVERY}Nobody/", off) == (404, "user_unknown")
    assert await hub.faults("POST", EVERY, IMRAN | {"role": "king"}) != {}


async def test_the_database_and_the_audit_hold_no_password(hub, sadia):
    await hub.call("PATCH", f"{EVERY}Sadia Malik/", {"password": "another good password"})
    found = (await hub.get("/api/audit/"))["results"]
    assert [one["act"] for one in found[:2]] == ["users.change_user", "users.add_user"]
    written = b"".join(path.read_bytes() for path in hub.replica.folder.glob("register.db*"))
    for password in (sadia["password"], "another good password"):
        assert password.encode() not in written
        assert password not in str(found)
