"""API keys over HTTP."""

import pytest

EVERY = "/api/keys/"


async def test_a_key_is_shown_once_and_listed_without_it(hub):
    made = await hub.call("POST", EVERY, {"name": "LIMS", "scopes": ["read"]})
    assert (made["name"], made["scopes"], made["created_by"]) == ("LIMS", ["read"], "administrator")
    assert await hub.get("/api/patients/", token=made["key"])
    assert await hub.refused("GET", "/api/users/", token=made["key"]) == (403, "forbidden")
    listed = (await hub.get(EVERY))["results"]
    assert [one["name"] for one in listed] == ["administrator", "LIMS"]
    assert made["key"] not in str(listed)


async def test_when_it_was_last_used_is_told(hub):
    made = await hub.call("POST", EVERY, {"name": "LIMS", "scopes": ["read"]})
    assert made["used_at"] is None
    await hub.get("/api/patients/", token=made["key"])
    await hub.daemon._access.note_used()
    assert (await hub.get(EVERY))["results"][1]["used_at"] is not None


async def test_a_withdrawn_key_is_good_no_more(hub):
    made = await hub.call("POST", EVERY, {"name": "LIMS", "scopes": ["read"]})
    await hub.call("DELETE", f"{EVERY}{made['id']}/")
    refused = await hub.refused("GET", "/api/patients/", token=made["key"])
    assert refused == (401, "key_revoked")
    one = (await hub.get(EVERY))["results"][1]
    assert (one["is_good"], one["withdrawn_at"] is not None) == (False, True)
    assert await hub.refused("DELETE", f"{EVERY}99/") == (404, "key_unknown")


async def test_a_key_for_one_terminal_registers_for_that_one(hub):
    for code in ("OLD-PC", "WARD-PC"):
        await hub.call("POST", "/api/terminals/", {"code": code})
    body = {"name": "Program of OLD-PC", "scopes": ["register:old-pc", "conflicts"]}
    made = await hub.call("POST", EVERY, body)
    person = {
        "full_name": "Ayesha Khan",
        "father_name": "Imran Khan",
        "dob": "1990-01-01",
        "sex": "F",
        "phone": "03001234567",
        "address": "12 Canal Road, Lahore",
    }
    answer = await hub.call("POST", "/api/patients/", person, token=made["key"])
    assert answer["origin_terminal_code"] == "OLD-PC"
    other = person | {"origin_terminal_code": "WARD-PC"}
    refused = await hub.refused("POST", "/api/patients/", other, token=made["key"])
    assert refused == (403, "forbidden")
    assert await hub.get("/api/conflicts/", token=made["key"])


async def test_a_key_that_reads_registers_nobody(hub):
    made = await hub.call("POST", EVERY, {"name": "LIMS", "scopes": ["read"]})
    for method, path in (("POST", "/api/patients/"), ("PATCH", "/api/patients/1/")):
        refused = await hub.refused(method, path, {}, token=made["key"])
        assert refused == (403, "forbidden")


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({"scopes": ["write"]}, (400, "bad_scope")),
        ({"scopes": []}, (400, "bad_scope")),
        ({"scopes": ["register:NOBODY"]}, (400, "terminal_not_found")),
        ({"name": "@x"}, (400, "bad_user_name")),
        ({"name": "ADMINISTRATOR"}, (409, "name_taken")),
        ({"expires": "tomorrow"}, (400, "bad_expiry")),
        ({"expires": "2099-01-01T00:00:00"}, (400, "bad_expiry")),
        ({"expires": "2001-01-01T00:00:00Z"}, (400, "bad_expiry")),
    ],
)
async def test_what_cannot_be_is_refused(hub, change, refused):
    body = {"name": "LIMS", "scopes": ["read"]} | change
    assert await hub.refused("POST", EVERY, body) == refused
