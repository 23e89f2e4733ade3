"""The way of a PIN: from the administrator to the desk, and to the mark on what a clerk does."""

import asyncio

import aiohttp
import pytest
import pytest_asyncio

from sync.trust import passwords
from tests.daemons import AYESHA
from tests.daemons.running import WAIT_S_MAX

pytestmark = pytest.mark.asyncio(loop_scope="module")

CLERKS = "/api/clerks/"
PATH = "/api/sitting/"


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch):
    monkeypatch.setattr(passwords, "LOG2_N", 8)


@pytest_asyncio.fixture(loop_scope="module")
async def page(desk):
    """Calls as the page does, with its cookies; returns status and answer."""
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(desk.url, cookie_jar=jar) as http:

        async def send(method, path, body=None):
            async with http.request(method, path, json=body) as response:
                answer = await response.json() if response.status != 204 else None
                desk.described.check(method, path, response.status, answer)
                return response.status, answer

        yield send


async def add(hub, desk, name, pin=None, **more):
    made = await hub.call("POST", CLERKS, {"name": name, "pin": pin, **more})
    await arrived(desk, lambda: desk.daemon._workplace.clerks.secret_of(hex_of(made)) is not None)
    return f"{CLERKS}{made['id']}/"


def hex_of(made):
    return made["id"].replace("-", "")


async def arrived(desk, holds):
    """Wait for a commit or for something on a connection to bring it about."""
    peering = desk.daemon._peering
    end = desk.replica.subscribe(lambda _: peering._watchers.changed())
    try:
        await asyncio.wait_for(peering.wait_until(holds), WAIT_S_MAX)
    finally:
        end()


async def test_the_pin_makes_the_mark_and_leaving_ends_it(hub, desk, page):
    await add(hub, desk, "Hina Shah", "1357")
    assert await page("GET", PATH) == (200, {"name": None, "known": None})
    said = {"name": "Hina Shah", "known": "pin"}
    assert await page("POST", PATH, {"name": "Hina Shah", "pin": " ۱۳۵۷"}) == (200, said)
    assert await page("GET", PATH) == (200, said)
    person = AYESHA | {"operator": "Hina Shah", "offline": True}
    status, made = await page("POST", "/api/patients/", person)
    assert (status, made["operator_known"]) == (201, "pin")
    path = f"/api/patients/{made['record_id']}/"
    changed = {"full_name": "Aisha Khan", "operator": "Hina Shah"}
    assert (await page("PATCH", path, changed))[0] == 200
    assert (await page("DELETE", PATH))[0] == 200
    later = {"full_name": "Ayesha Khan", "operator": "Hina Shah"}
    assert (await page("PATCH", path, later))[0] == 200
    history = (await desk.get(f"{path}history/"))["results"]
    assert [one["operator_known"] for one in history if one["operator"]] == [
        "pin",
        "pin",
        "chosen",
    ]


async def test_without_the_pin_a_name_is_only_chosen(hub, desk):
    await add(hub, desk, "Zara Noor", "1357")
    person = await desk.register(operator="Zara Noor", offline=True)
    assert person["operator_known"] == "chosen"


async def test_what_is_no_pin_is_refused_and_wrong_ones_wait(hub, desk, page):
    one = await add(hub, desk, "Omar Ali", "1357")
    wrong = {"name": "Omar Ali", "pin": "7531"}
    seen = [await page("POST", PATH, wrong) for _ in range(4)]
    assert [(status, answer["code"]) for status, answer in seen] == [
        *[(403, "wrong_pin")] * 3,
        (429, "pin_delayed"),
    ]
    assert [answer["seconds"] for _, answer in seen] == [0, 0, 5, 5]
    right = wrong | {"pin": "1357"}
    assert (await page("POST", PATH, right))[1]["code"] == "pin_delayed", "a right one waits too"
    nobody = {"name": "Nobody", "pin": "1357"}
    assert (await page("POST", PATH, nobody))[1]["code"] == "not_found"
    await hub.call("PATCH", one, {"no_pin": True})
    await arrived(desk, lambda: not desk.daemon._workplace.clerks.named("Omar Ali").pin)
    assert (await page("POST", PATH, right))[1]["code"] == "no_pin_here"


async def test_a_new_pin_ends_what_the_former_one_proved(hub, desk, page):
    one = await add(hub, desk, "Amna Gul", "1357")
    assert (await page("POST", PATH, {"name": "Amna Gul", "pin": "1357"}))[0] == 200
    await hub.call("PATCH", one, {"pin": "2468"})
    clerks = desk.daemon._workplace.clerks
    await arrived(desk, lambda: clerks.named("Amna Gul").pin == 2)
    assert (await page("GET", PATH))[1]["known"] is None
    ident = clerks.named("Amna Gul").id.hex()
    await arrived(desk, lambda: clerks.secret_of(ident) is not None)
    assert (await page("POST", PATH, {"name": "Amna Gul", "pin": "1357"}))[0] == 403
    assert (await page("POST", PATH, {"name": "Amna Gul", "pin": "2468"}))[0] == 200


async def test_a_desk_where_a_clerk_does_not_work_gets_nothing_of_the_pin(hub, desk):
    made = await hub.call("POST", CLERKS, {"name": "Far Away", "pin": "1357", "desks": []})
    clerks = desk.daemon._workplace.clerks
    await arrived(desk, lambda: bytes.fromhex(hex_of(made)) in clerks._listed().all)
    assert clerks.named("Far Away") is None
    kept = (desk.replica.folder / "clerk-pins.json").read_text()
    assert hex_of(made) not in kept
    assert (await desk.register(operator="Far Away"))["operator_known"] == "typed"


async def test_a_clerk_changes_her_own_pin_at_the_page(hub, desk, page):
    one = await add(hub, desk, "Rabia Aziz", "1357")
    own = f"{PATH}pin/"

    async def change(pin, new_pin):
        sent = {"name": "Rabia Aziz", "pin": pin, "new_pin": new_pin}
        status, answer = await page("POST", own, sent)
        return status, answer.get("code")

    assert await change("1357", "1111") == (400, "bad_pin")
    assert await change("1357", "۱۳۵۷") == (400, "bad_pin"), "it is the one she has"
    assert await change("7531", "2468") == (403, "wrong_pin")
    assert await change("1357", "۲۴۶۸") == (200, None)
    assert (await page("GET", PATH))[1] == {"name": "Rabia Aziz", "known": "pin"}
    clerks = desk.daemon._workplace.clerks
    await arrived(desk, lambda: clerks.named("Rabia Aziz").pin == 2)
    assert (await page("POST", PATH, {"name": "Rabia Aziz", "pin": "1357"}))[0] == 403
    assert (await page("POST", PATH, {"name": "Rabia Aziz", "pin": "2468"}))[0] == 200
    entries = (await hub.get("/api/audit/?about=" + one.split("/")[-2]))["results"]
    assert ("clerks.change_own_pin", "Rabia Aziz", desk.config.code) in [
        (entry["act"], entry["who"], entry["address"]) for entry in entries
    ]
    for _ in range(3):
        assert await change("7531", "9753") == (403, "wrong_pin")
    assert await change("2468", "9753") == (429, "pin_delayed"), "as at signing in"


async def test_out_of_touch_a_pin_stays_as_it_is_and_no_failure_is_counted(hub, desk, page):
    await add(hub, desk, "Lubna Tariq", "1357")
    peering = desk.daemon._peering
    peering.go_offline()
    await peering.wait_until(lambda: not peering.sessions())
    sent = {"name": "Lubna Tariq", "pin": "7531", "new_pin": "2468"}
    for _ in range(4):
        status, answer = await page("POST", f"{PATH}pin/", sent)
        assert (status, answer["code"]) == (503, "pin_needs_coordinator")
    assert (await page("POST", PATH, {"name": "Lubna Tariq", "pin": "1357"}))[0] == 200
    peering.go_online()
    await desk.in_touch()
