"""A number that two people carry: reported, resolved by the command line, and printed again."""

import asyncio
import contextlib
import csv
import io
import json

import pytest
import pytest_asyncio

from coordinator.cli import conflicts as conflicts_cli
from examples.clinic import Clinic, copy_state, hold_the_same, put_back_state, until
from tests.e2e.test_clinic import JOHN, post

pytestmark = pytest.mark.asyncio(loop_scope="module")

OFFLINE = JOHN | {"offline": True}
WHO = ("--why", "the holder showed the older card", "--yes")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def clinic(tmp_path_factory, http):
    """Two desks; one was put back, and has given the number of another person once more."""
    clinic = Clinic(tmp_path_factory.mktemp("conflicts"))
    try:
        await clinic.open({"LAB1-PC": "710000-719999", "RECEP-1": "720000-729999"})
        await give_a_number_twice(clinic, http)
        yield clinic
    finally:
        statuses = await clinic.close()
    assert set(statuses.values()) == {0}


async def give_a_number_twice(clinic, http):
    desk, others = clinic.desks["RECEP-1"], [clinic.coordinator, clinic.desks["LAB1-PC"]]
    await in_sync(clinic, http)
    assert await desk.stop() == 0
    copy_state(desk, clinic.folder / "yesterday")
    await desk.start()
    _, first = await post(desk, http, OFFLINE | {"full_name": "Amna Holder"})
    await in_sync(clinic, http)
    for daemon in (desk, *others):
        assert await daemon.stop() == 0
    put_back_state(desk, clinic.folder / "yesterday")
    await desk.start()
    _, second = await post(desk, http, OFFLINE | {"full_name": "سدرہ بی بی"})
    assert first["mrn"] == second["mrn"] == "720000"
    for other in others:
        await other.start()
    await in_sync(clinic, http)


async def in_sync(clinic, http):
    """Every daemon has the same, and the coordinator has judged it."""

    async def agree():
        found = [await one.call(http, "GET", "/api/status/") for one in clinic.daemons]
        return hold_the_same(found) and not any(status["pending"] for status in found)

    await until("all have the same", agree)


async def conflicts(clinic, *arguments, token=True):
    """(exit status, output) of mrnmesh-conflicts."""
    access = ("--url", clinic.coordinator.url, "--token", clinic.token) if token else ()

    def run():
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = conflicts_cli.main([*arguments, *access])
        return status, out.getvalue() + err.getvalue()

    return await asyncio.to_thread(run)


async def test_a_conflict_is_resolved_and_the_card_printed_again(clinic, http):
    desk, lab = clinic.desks["RECEP-1"], clinic.desks["LAB1-PC"]
    text = await clinic.conflicts("list", "--open")
    assert "720000" in text.splitlines()[1], "as a command of its own"
    assert (await conflicts(clinic, "list", "--open"))[0] == 1

    status, text = await conflicts(clinic, "--node", lab.data, "show", "720000", token=False)
    assert status == 1, "a desk shows it without a token"
    assert "سدرہ بی بی" in text
    assert "Amna Holder holds 720000 because the coordinator confirmed" in text
    status = await desk.command("status")
    assert "The number 720000 of سدرہ بی بی (RECEP-1) is refused; Amna Holder" in status
    refused = await lab.command("status")
    assert "is refused" not in refused, "it is no business of this desk"

    for daemon, code in ((clinic.coordinator, "conflicts_open"), (desk, "conflicts_here")):

        async def alarmed(daemon=daemon, code=code):
            alarms = (await daemon.call(http, "GET", "/api/status/"))["alarms"]
            return code in [alarm["code"] for alarm in alarms]

        await until(f"the alarm {code}", alarmed)

    status, text = await conflicts(clinic, "resolve", "720000", "assign", *WHO)
    assert status == 0, text
    assert "Tell RECEP-1" in text
    assert (await conflicts(clinic, "list", "--open"))[0] == 0
    await in_sync(clinic, http)
    status = await desk.call(http, "GET", "/api/status/")
    (card,) = status["cards_to_reprint"]["results"]
    nothing = {"count": 0, "results": []}
    assert status["conflicts"] == nothing
    assert (card["full_name"], card["card_shows"]) == ("سدرہ بی بی", "720000")
    assert card["mrn"].startswith("PAT-")
    assert card["mrn"] in text
    hint = f"mrnmesh-node --data {desk.folder} reprinted {card['mrn']}"
    assert hint in await desk.command("status")
    assert (await lab.call(http, "GET", "/api/status/"))["cards_to_reprint"] == nothing

    said = await desk.command("reprinted", card["mrn"])
    assert said == f"Noted: the card of سدرہ بی بی shows {card['mrn']}.\n"
    await desk.stop()
    await desk.start()
    assert (await desk.call(http, "GET", "/api/status/"))["cards_to_reprint"] == nothing


async def test_both_numbers_find_people_the_holder_first(clinic, http):
    lab = clinic.desks["LAB1-PC"]
    found = (await lab.call(http, "GET", "/api/patients/mrn/720000/"))["results"]
    assert [person["full_name"] for person in found] == ["Amna Holder", "سدرہ بی بی"]
    assert found[1]["former_mrn"] == "720000"
    given = found[1]["mrn"]
    assert (await conflicts(clinic, "resolve", "720000", "reopen", *WHO))[0] == 0
    await in_sync(clinic, http)
    (same,) = (await lab.call(http, "GET", f"/api/patients/mrn/{given}/"))["results"]
    assert same["full_name"] == "سدرہ بی بی", "the card with that number finds them all the same"
    assert (same["mrn"], same["mrn_status"]) == ("720000", "rejected")


async def test_an_award_is_taken_back_by_the_number_that_it_is_about(clinic, http):
    """Two conflicts are about it now; the one that was decided is meant."""
    assert (await conflicts(clinic, "resolve", "720000", "award", *WHO))[0] == 0
    status, text = await conflicts(clinic, "resolve", "720000", "reopen", *WHO)
    assert status == 0, text
    assert "Amna Holder (RECEP-1): PAT-" in text
    await in_sync(clinic, http)


async def test_decisions_stay_with_who_and_why(clinic, http, tmp_path):
    status, text = await conflicts(clinic, "resolve", "720000", "merge", *WHO)
    assert status == 0, text
    file = tmp_path / "all.csv"
    assert (await conflicts(clinic, "export", str(file)))[0] == 0
    (row,) = csv.DictReader(io.StringIO(file.read_bytes().decode("utf-8-sig")))
    assert (row["action"], row["who"]) == ("merge", "administrator")
    assert row["other_full_name"] == "Amna Holder"
    status, text = await conflicts(clinic, "show", "720000", "--json")
    (conflict,) = json.loads(text)
    actions = [step["action"] for step in conflict["history"]]
    assert actions == ["assign", "reopen", "award", "reopen", "merge"]
    assert [step["in_force"] for step in conflict["history"]] == [False] * 4 + [True]
    assert conflict["patient"]["merged_into"] == conflict["holder"]["record_id"]
    await in_sync(clinic, http)
    desk = clinic.desks["RECEP-1"]
    assert await desk.call(http, "GET", f"/api/conflicts/{conflict['id']}/") | {
        "patient": None,
        "holder": None,
        "other": None,
    } == conflict | {"patient": None, "holder": None, "other": None}


async def test_what_does_not_fit_is_refused_with_what_to_do(clinic, http):
    hub, desk = clinic.coordinator, clinic.desks["RECEP-1"]
    status, text = await conflicts(clinic, "resolve", "720000", "void", *WHO)
    assert status == 2
    assert "administrator decided 'merge' about this conflict" in text
    ((_, ident),) = [
        (one["mrn"], one["id"])
        for one in (await desk.call(http, "GET", "/api/conflicts/"))["results"]
    ]
    decision = {"action": "void", "who": "Sadia", "why": "a test"}
    path = f"/api/conflicts/{ident}/resolve/"
    for daemon, body, expected in (
        (hub, decision, (409, "conflict_decided")),
        (hub, decision | {"resolution": "00" * 16}, (409, "conflict_decided")),
        (hub, decision | {"why": "  "}, (400, None)),
        (hub, decision | {"action": "erase"}, (400, None)),
        (hub, decision | {"into": "nobody"}, (400, None)),
        (desk, decision, (403, "read_only_here")),
    ):
        async with http.post(daemon.url + path, json=body, headers=daemon.headers) as response:
            answer = await response.json()
            assert response.status == expected[0], answer
            assert expected[1] in (None, answer["code"])
    there = ("--node", desk.data, "resolve", "720000", "void", *WHO)
    status, text = await conflicts(clinic, *there, token=False)
    assert status == 2
    assert "ask the coordinator" in text
    status, text = await conflicts(clinic, "list", "--url", hub.url, token=False)
    assert (status, "Set MRNMESH_TOKEN" in text) == (2, True)


async def test_filters_narrow_the_list_down(clinic, http):
    desk = clinic.desks["RECEP-1"]
    for query, count in (
        ("", 1),
        ("?open=true", 0),
        ("?open=false&reason=duplicate_mrn&terminal=RECEP-1&mrn=720000", 1),
        ("?terminal=LAB1-PC", 0),
        ("?reason=revoked", 0),
        ("?mrn=720001", 0),
        ("?since=2020-01-01&until=2020-12-31", 0),
        ("?since=2020-01-01", 1),
    ):
        found = await desk.call(http, "GET", f"/api/conflicts/{query}")
        assert (found["count"], len(found["results"])) == (count, count), query
    async with http.get(desk.url + "/api/conflicts/?since=yesterday") as response:
        assert response.status == 400


async def test_a_card_that_needs_no_printing_is_refused(clinic, http):
    desk = clinic.desks["RECEP-1"]
    found = (await desk.call(http, "GET", "/api/patients/mrn/720000/"))["results"]
    for person, body, expected in (
        (found[0], {}, 200),
        (found[0], {"mrn": "720001"}, 409),
        (found[1], {}, 409),
    ):
        path = f"{desk.url}/api/patients/{person['id']}/reprinted/"
        async with http.post(path, json=body) as response:
            assert response.status == expected
    lab = clinic.desks["LAB1-PC"]
    elsewhere = (await lab.call(http, "GET", "/api/patients/mrn/720000/"))["results"][0]
    async with http.post(
        f"{lab.url}/api/patients/{elsewhere['id']}/reprinted/", json={}
    ) as response:
        answer = await response.json()
        assert (response.status, answer["code"]) == (409, "not_to_reprint")
        assert "registered at RECEP-1" in answer["detail"]
