"""The audit over HTTP."""

PATH = "/api/audit/"


async def test_each_act_is_written_with_who_and_what_and_with_what_outcome(hub):
    await hub.call("POST", "/api/terminals/", {"code": "OLD-PC", "name": "Ward of Ayesha Khan"})
    change = {"state": "retired", "reason": "Ayesha Khan was the last one"}
    await hub.call("PATCH", "/api/terminals/OLD-PC/", change)
    assert await hub.refused("PATCH", "/api/terminals/OLD-PC/", {"state": "active"}) == (
        400,
        "terminal_ended",
    )
    assert await hub.refused("POST", "/api/keys/", {}, token="x") == (401, "token_wrong")
    assert await hub.refused("POST", "/api/keys/", {}, token=None) == (401, "not_authorised")
    await hub.daemon._recorder.written()
    found = (await hub.get(PATH))["results"]
    assert [(one["who"], one["act"], one["about"], one["outcome"]) for one in found] == [
        ("", "access.refused", "", "token_wrong"),
        ("administrator", "terminals.change_terminal", "OLD-PC state=active", "terminal_ended"),
        ("administrator", "terminals.change_terminal", "OLD-PC state=retired", "done"),
        ("administrator", "terminals.add_terminal", "code=OLD-PC", "done"),
    ]
    assert [one["number"] for one in found] == [4, 3, 2, 1]
    assert "Ayesha" not in str(found)
    assert (await hub.get(PATH + "check/"))["is_whole"]


async def test_entries_are_found_by_each_filter(hub):
    for code in ("OLD-PC", "WARD-PC"):
        await hub.call("POST", "/api/terminals/", {"code": code})
    await hub.refused("POST", "/api/terminals/", {"code": "OLD-PC"})

    async def numbers(query):
        return [one["number"] for one in (await hub.get(f"{PATH}?{query}"))["results"]]

    assert await numbers("who=ADMINISTRATOR") == [3, 2, 1]
    assert await numbers("who=Sadia") == []
    assert await numbers("act=terminals") == [3, 2, 1]
    assert await numbers("act=terminals.add_terminal&about=old-pc") == [3, 1]
    assert await numbers("act=term") == []
    assert await numbers("outcome=terminal_exists") == [3]
    assert await numbers("outcome=refused") == [3]
    assert await numbers("outcome=done") == [2, 1]
    assert await numbers("since=2099-01-01T00:00Z") == []
    assert await numbers("until=2099-01-01T00:00%2B05:00&page_size=1") == [3]
    assert await hub.faults("GET", f"{PATH}?since=today", None) != {}


async def test_what_was_changed_afterwards_is_found(hub):
    for code in ("A-PC", "B-PC", "C-PC"):
        await hub.call("POST", "/api/terminals/", {"code": code})

    def forge(tx):
        tx.connection.execute("UPDATE audit SET who = 'Imran' WHERE number = 2")

    await hub.replica.write(forge)
    checked = await hub.get(PATH + "check/")
    assert (checked["is_whole"], checked["first_wrong"]) == (False, 2)


async def test_an_act_that_fails_is_not_written_as_done(hub):
    def fails(_tx):
        raise ArithmeticError

    before = (await hub.get(PATH))["count"]
    await hub.call("POST", "/api/terminals/", {"code": "OLD-PC"})
    assert (await hub.get(PATH))["count"] == before + 1


async def test_registrations_are_no_entries(hub):
    await hub.register()
    assert (await hub.get(PATH))["count"] == 0


async def test_many_refusals_are_a_few_entries(hub):
    for _ in range(50):
        await hub.refused("GET", "/api/users/", token="x")
    await hub.daemon._recorder.written()
    assert (await hub.get(PATH))["count"] == 5
