"""The list of clerks over HTTP."""

import uuid

import pytest

EVERY = "/api/clerks/"
RULE = f"{EVERY}rule/"
NOBODY = f"{EVERY}00000000-0000-0000-0000-000000000000/"


async def listed(hub):
    return (await hub.get(EVERY))["results"]


async def test_clerks_are_added_listed_changed_and_removed(hub):
    sadia = await hub.call("POST", EVERY, {"name": "Sadia  Malik"})
    assert sadia == {
        "id": sadia["id"],
        "name": "Sadia Malik",
        "desks": None,
        "pin": False,
        "pin_lost": False,
    }
    await hub.call("POST", EVERY, {"name": "Bilal", "pin": "1357"})
    assert [(one["name"], one["pin"]) for one in await listed(hub)] == [
        ("Bilal", True),
        ("Sadia Malik", False),
    ]
    one = f"{EVERY}{sadia['id']}/"
    changed = await hub.call("PATCH", one, {"name": "Sadia Khan", "pin": "2468", "desks": []})
    assert (changed["name"], changed["pin"], changed["desks"]) == ("Sadia Khan", True, [])
    changed = await hub.call("PATCH", one, {"all_desks": True})
    assert (changed["pin"], changed["desks"]) == (True, None), "what is left out stays"
    assert (await hub.call("PATCH", one, {"no_pin": True}))["pin"] is False
    await hub.call("DELETE", one)
    assert [one["name"] for one in await listed(hub)] == ["Bilal"]
    assert await hub.refused("DELETE", one) == (404, "not_found")


async def test_whether_names_may_be_typed(hub):
    assert await hub.get(RULE) == {"typing": True}
    assert await hub.call("PATCH", RULE, {"typing": False}) == {"typing": False}
    assert await hub.get(RULE) == {"typing": False}


@pytest.mark.parametrize(
    ("body", "refused"),
    [
        ({"name": "@x"}, (400, "bad_user_name")),
        ({"name": "Amna", "pin": "1234"}, (400, "bad_pin")),
        ({"name": "Amna", "desks": ["NONE"]}, (404, "not_found")),
        ({"name": "SADIA"}, (409, "name_taken")),
    ],
)
async def test_what_cannot_be_is_refused(hub, body, refused):
    await hub.call("POST", EVERY, {"name": "Sadia"})
    assert await hub.refused("POST", EVERY, body) == refused
    assert [one["name"] for one in await listed(hub)] == ["Sadia"]
    for path in (NOBODY, f"{EVERY}{'-' * 36}/"):
        assert await hub.refused("PATCH", path, {}) == (404, "not_found")


async def test_a_pin_that_this_coordinator_does_not_know_any_more_is_said(hub):
    """As after a restore: the desks have given the newer fact back."""
    bilal = await hub.call("POST", EVERY, {"name": "Bilal", "pin": "1357"})
    ident = uuid.UUID(bilal["id"]).bytes
    await hub.replica.write(lambda tx: (tx.begin(), tx.store.clerk_pins.drop(ident)))
    (one,) = await listed(hub)
    assert (one["pin"], one["pin_lost"]) == (True, True)


async def test_no_pin_is_in_the_database_the_audit_or_an_answer(hub):
    await hub.call("POST", EVERY, {"name": "Bilal", "pin": "86420975"})
    found = (await hub.get("/api/audit/"))["results"]
    assert found[0]["act"] == "users.add_clerk"
    written = b"".join(path.read_bytes() for path in hub.replica.folder.glob("register.db*"))
    assert b"86420975" not in written
    assert "86420975" not in str(found) + str(await listed(hub))
    assert "scrypt" not in str(await listed(hub))
