"""A clinic in which some computers run version 0.1.0 and some run this one."""

from __future__ import annotations

import aiohttp
import pytest
import pytest_asyncio

from examples.clinic import Clinic, Failed, copy_state, hold_the_same, put_back_state, until

CODE = "LAB1-PC"
NEIGHBOUR = "RECEP-1"
SOMEBODY = {"full_name": "Ayesha Khan", "sex": "F", "dob": "1990-01-01", "phone": "03001234567"}
OTHER = SOMEBODY | {"full_name": "Bilal Ahmed", "sex": "M", "offline": True}
OLD_DESK = pytest.param([CODE], id="old desk, new coordinator")
OLD_COORDINATOR = pytest.param(["coordinator"], id="new desk, old coordinator")

pytestmark = pytest.mark.asyncio(loop_scope="module")
either = pytest.mark.parametrize("clinic", [OLD_DESK, OLD_COORDINATOR], indirect=True)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http():
    async with aiohttp.ClientSession() as http:
        yield http


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def clinic(request, tmp_path_factory, old_code, http):
    """A coordinator and a desk, connected; ``request.param`` names those that are old."""
    old = dict.fromkeys(request.param, old_code)
    clinic = Clinic(tmp_path_factory.mktemp("clinic"), old)
    try:
        await clinic.open({CODE: "710000-710099"})
        yield clinic
    finally:
        statuses = await clinic.close()
    assert set(statuses.values()) == {0}


@pytest_asyncio.fixture(loop_scope="module")
async def desk(clinic, http):
    """The desk, in touch with the coordinator."""
    desk = clinic.desks[CODE]

    async def online():
        return (await desk.call(http, "GET", "/api/status/"))["numbers"] == "online"

    await until("the desk takes numbers from the coordinator", online)
    return desk


def equal(http, *daemons):
    """True when they hold the same and the coordinator, if it is one of them, has judged all."""

    async def holds():
        statuses = [await one.call(http, "GET", "/api/status/") for one in daemons]
        return hold_the_same(statuses) and not any(status["pending"] for status in statuses)

    return holds


async def register(daemon, http, body):
    return await daemon.call(http, "POST", "/api/patients/", json=body)


async def person(daemon, http, record):
    return await daemon.call(http, "GET", f"/api/patients/{record}/")


@either
async def test_they_sync_both_ways_and_verdicts_arrive(clinic, desk, http):
    hub = clinic.coordinator
    made = [
        await register(desk, http, SOMEBODY),
        await register(desk, http, OTHER),
        await register(hub, http, SOMEBODY | {"full_name": "Chand Bibi"}),
    ]
    assert [one["mrn"][:4] for one in made] == ["PAT-", "7100", "PAT-"]
    await until("each has everybody", equal(http, hub, desk))
    record = made[1]["record_id"]
    change = {"address": "12 Canal Road", "operator": "sadia"}
    await hub.call(http, "PATCH", f"/api/patients/{record}/", json=change)
    change = {"phone": "0321-7654321"}
    await desk.call(http, "PATCH", f"/api/patients/{made[2]['record_id']}/", json=change)
    await until("they are equal", equal(http, hub, desk))
    for daemon in (hub, desk):
        have = await daemon.everyone(http)
        for one in made:
            here = have[one["record_id"]]
            assert (here["mrn"], here["mrn_status"]) == (one["mrn"], "admitted")
        assert have[record]["address"] == "12 Canal Road"
        assert have[made[2]["record_id"]]["phone"] == "0321-7654321"


@either
async def test_a_number_given_twice_is_reported_at_both_and_resolved(clinic, desk, http, tmp_path):
    hub = clinic.coordinator
    assert await desk.stop() == 0
    copy_state(desk, tmp_path / "older")
    await desk.start()
    first = await register(desk, http, OTHER)
    await until("the coordinator has the first", equal(http, hub, desk))
    assert await desk.stop() == 0
    assert await hub.stop() == 0
    put_back_state(desk, tmp_path / "older")
    await desk.start()
    second = await register(desk, http, OTHER | {"full_name": "Danish Ali"})
    assert second["mrn"] == first["mrn"]
    await hub.start()
    await until("they are equal", equal(http, hub, desk))
    for daemon in (hub, desk):
        (conflict,) = (await daemon.call(http, "GET", "/api/conflicts/"))["results"]
        assert conflict["mrn"] == first["mrn"]
        assert conflict["open"]
        assert conflict["patient"]["record_id"] == second["record_id"]
        assert conflict["holder"]["record_id"] == first["record_id"]
    order = {"action": "assign", "who": "Sadia Malik", "why": "she has the newer card"}
    path = f"/api/conflicts/{conflict['id']}/resolve/"
    await hub.call(http, "POST", path, json=order)
    await until("both know the decision", equal(http, hub, desk))
    for daemon in (hub, desk):
        now = await person(daemon, http, second["record_id"])
        assert (now["mrn"][:4], now["former_mrn"]) == ("PAT-", first["mrn"])


@pytest.mark.parametrize("clinic", [OLD_DESK], indirect=True)
async def test_desks_of_both_versions_sync_without_the_coordinator(clinic, desk, http):
    neighbour = await clinic.add_desk(NEIGHBOUR, "730000-730099")
    await until("all know one another", equal(http, clinic.coordinator, desk, neighbour))
    assert await clinic.coordinator.stop() == 0
    one = await register(desk, http, OTHER | {"full_name": "Erum Shah"})
    other = await register(neighbour, http, OTHER | {"full_name": "Farid Gul"})

    async def both_have_both():
        wanted = {one["record_id"], other["record_id"]}
        found = [await here.everyone(http) for here in (desk, neighbour)]
        return all(wanted <= have.keys() for have in found)

    await until("each has the other's", both_have_both)
    await clinic.coordinator.start()
    await until("all is judged", equal(http, clinic.coordinator, desk, neighbour))
    for here in (desk, neighbour):
        for made in (one, other):
            assert (await person(here, http, made["record_id"]))["mrn_status"] == "admitted"


@pytest.mark.parametrize("clinic", [OLD_DESK], indirect=True)
async def test_an_old_desk_shows_who_is_merged_and_keeps_its_corrections(clinic, desk, http):
    hub = clinic.coordinator
    names = ("Gul Bano", "Gul Banu")
    former, survivor = [await register(desk, http, OTHER | {"full_name": name}) for name in names]
    await until("the coordinator has both", equal(http, hub, desk))
    one, other = (f"/api/patients/{made['record_id']}/" for made in (former, survivor))
    seen = await hub.call(http, "GET", f"{one}compare/{survivor['record_id']}/")
    body = {"into": survivor["record_id"], "take": ["phone"], "why": "one", "seen": seen["seen"]}
    await hub.call(http, "POST", f"{one}merge/", json=body)
    await until("the desk knows of the merge", equal(http, hub, desk))
    shown = await person(desk, http, former["record_id"])
    assert shown["merged_into"] == survivor["record_id"]
    await desk.call(http, "PATCH", one, json={"phone": "03219999999"})
    await desk.call(http, "PATCH", other, json={"address": "Quetta"})
    await until("the coordinator has the corrections", equal(http, hub, desk))
    whole = await person(hub, http, survivor["record_id"])
    assert (whole["phone"], whole["address"]) == ("03219999999", "Quetta")
    await hub.call(http, "POST", f"{one}unmerge/", json={"why": "two"})
    await until("the desk knows of the end", equal(http, hub, desk))
    for daemon in (hub, desk):
        apart = [await person(daemon, http, made["record_id"]) for made in (former, survivor)]
        assert [found["merged_into"] for found in apart] == [None, None]
        assert [found["phone"] for found in apart] == ["03219999999", OTHER["phone"]]


@pytest.mark.parametrize("clinic", [OLD_DESK], indirect=True)
async def test_an_old_desk_keeps_who_is_two_people_and_its_correction_ends_it(clinic, desk, http):
    hub = clinic.coordinator
    brothers = [
        await register(desk, http, OTHER | {"full_name": name})
        for name in ("Imran Ali", "Irfan Ali")
    ]
    await until("the coordinator has both", equal(http, hub, desk))
    one, other = (f"/api/patients/{made['record_id']}/" for made in brothers)
    compare = f"{one}compare/{brothers[1]['record_id']}/"
    seen = (await hub.call(http, "GET", compare))["seen"]
    body = {"other": brothers[1]["record_id"], "why": "twins", "seen": seen}
    await hub.call(http, "POST", f"{one}two-people/", json=body)
    await until("the desk has the decision", equal(http, hub, desk))
    assert (await hub.call(http, "GET", compare))["two_people"]["why"] == "twins"
    await desk.call(http, "PATCH", other, json={"phone": "03219999999"})
    await until("the coordinator has the correction", equal(http, hub, desk))
    assert (await hub.call(http, "GET", compare))["two_people"] is None


@pytest.mark.parametrize("clinic", [OLD_DESK], indirect=True)
async def test_a_form_of_numbers_waits_for_an_old_desk_that_passes_it_on(clinic, desk, http):
    """Whoever says that it is upgraded sees bare numbers there, and nothing else goes wrong."""
    hub, path = clinic.coordinator, "/api/number-formats/"
    form = {"kind": "online", "prefix": "K-", "separator": "-", "check": "damm"}
    plan = await hub.call(http, "PATCH", path, json=form | {"dry_run": True})
    assert (plan["earlier"], plan["done"]) == ([CODE], False)
    with pytest.raises(Failed, match="desks_behind"):
        await hub.call(http, "PATCH", path, json=form | {"all_upgraded": True})
    assert await desk.stop() == 0
    with pytest.raises(Failed, match="desks_behind"):
        await hub.call(http, "PATCH", path, json=form)
    assert (await hub.call(http, "PATCH", path, json=form | {"all_upgraded": True}))["done"]
    made = await register(hub, http, SOMEBODY | {"full_name": "Dilshad Begum"})
    assert made["mrn"].startswith("K-")
    await desk.start()
    await until("they are equal", equal(http, hub, desk))
    there = await person(desk, http, made["record_id"])
    assert there["mrn"] == f"PAT-{made['mrn'][2:-2]}"
    await hub.call(http, "PATCH", path, json=form | {"on": False})


@pytest.mark.parametrize("clinic", [OLD_DESK], indirect=True)
async def test_an_old_desk_keeps_the_list_of_clerks_and_marks_of_names(clinic, desk, http):
    hub = clinic.coordinator
    await hub.call(http, "POST", "/api/clerks/", json={"name": "Hina Shah", "pin": "1357"})
    body = SOMEBODY | {"full_name": "Gulnar Bibi", "operator": "Hina Shah"}
    made = await register(hub, http, body)
    assert made["operator_known"] == "typed"
    await until("the desk keeps what it does not know", equal(http, hub, desk))
    there = await person(desk, http, made["record_id"])
    assert (there["operator"], there["mrn_status"]) == ("Hina Shah", "admitted")
    change = {"address": "12 Canal Road", "operator": "sadia"}
    await desk.call(http, "PATCH", f"/api/patients/{made['record_id']}/", json=change)
    await until("the coordinator has the correction", equal(http, hub, desk))
    path = f"/api/patients/{made['record_id']}/history/"
    history = (await hub.call(http, "GET", path))["results"]
    assert [(one["operator"], one["operator_known"]) for one in history if one["operator"]] == [
        ("Hina Shah", "typed"),
        ("sadia", None),
    ]


@either
async def test_people_who_are_not_known_yet_pass_through_an_old_version(clinic, desk, http):
    """An old one passes on what it does not know, and may write a name over a placeholder."""
    hub = clinic.coordinator
    found = await hub.call(http, "GET", "/openapi.json")
    new, old = (hub, desk) if "/api/fields/" in found["paths"] else (desk, hub)
    made = await register(new, http, {"identity": "unconfirmed", "sex": "F"})
    path = f"/api/patients/{made['record_id']}/"
    await until("the old one has her", equal(http, hub, desk))
    shown = await person(old, http, made["record_id"])
    assert (shown["full_name"], shown["phone"]) == ("Unknown woman", None)
    await old.call(http, "PATCH", path, json={"full_name": "Gul Bano"})
    await until("the new one has the name", equal(http, hub, desk))
    named = await person(new, http, made["record_id"])
    assert (named["identity"], named["name_placeholder"]) == ("unconfirmed", False)
    await new.call(http, "PATCH", path, json={"identity": "confirmed"})
    await until("both know", equal(http, hub, desk))
    assert (await person(new, http, made["record_id"]))["identity"] == "confirmed"


# Last, where pytest goes on with the same clinic: the others with an old coordinator follow.
@pytest.mark.parametrize("clinic", [OLD_COORDINATOR], indirect=True)
async def test_an_old_coordinator_keeps_what_a_desk_asks_for(clinic, desk, http):
    """It answers nothing, and passes it on to one that will."""
    hub = clinic.coordinator
    made = await register(desk, http, OTHER | {"full_name": "Hira Noor"})
    await until("the coordinator has the person", equal(http, hub, desk))
    path = f"/api/patients/{made['record_id']}/void/"
    body = {"why": "a test", "operator": "sadia"}
    asked = await desk.call(http, "POST", path, json=body)
    assert asked["operator_known"] == "typed"
    await until("the coordinator has the request", equal(http, hub, desk))
    listed = await desk.call(http, "GET", "/api/requests/?open=true")
    assert [(one["id"], one["state"]) for one in listed["results"]] == [(asked["id"], "waiting")]
    again = await register(desk, http, OTHER | {"full_name": "Hira Noor"})
    await until("the coordinator goes on", equal(http, hub, desk))
    assert (await person(hub, http, again["record_id"]))["mrn_status"] == "admitted"
