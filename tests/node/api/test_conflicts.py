"""Conflicts at a desk: read there, decided at the coordinator, and the card that is due then."""

import pytest
import pytest_asyncio

from tests.daemons import open_set_back_desk

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOTHING = {"count": 0, "results": []}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def set_back(hub, tmp_path_factory):
    """A desk at which two people have one number; who holds it, and who does not."""
    folder = tmp_path_factory.mktemp("set-back")
    async with open_set_back_desk(folder, hub, "RECEP-1", "730000-739999") as found:
        yield found


def reprinted(person):
    return f"/api/patients/{person['id']}/reprinted/"


async def test_every_desk_shows_the_conflict_and_names_it_if_it_is_its_own(hub, desk, set_back):
    own, holder, second = set_back
    page = await desk.until("/api/conflicts/", lambda page: page["count"] == 1)
    (shown,) = page["results"]
    assert shown["patient"]["record_id"] == second["record_id"]
    assert shown["holder"]["record_id"] == holder["record_id"]
    assert await desk.get(f"/api/conflicts/{shown['id']}/") == shown
    assert (await desk.get("/api/status/"))["conflicts"] == NOTHING
    status = await own.get("/api/status/")
    assert status["open_conflicts"] == status["conflicts"]["count"] == 1
    assert status["conflicts"]["results"][0]["id"] == shown["id"]


async def test_a_desk_decides_about_no_conflict(set_back):
    own, _, _ = set_back
    (shown,) = (await own.get("/api/conflicts/"))["results"]
    for ident in (shown["id"], "00" * 16):
        refused = await own.refused("POST", f"/api/conflicts/{ident}/resolve/", {"action": "void"})
        assert refused == (403, "read_only_here")


async def test_the_card_that_a_decision_makes_due_is_listed_until_it_is_printed(hub, set_back):
    own, _, second = set_back
    assert await own.refused("POST", reprinted(second), {}) == (409, "not_to_reprint")
    (conflict,) = (await hub.get("/api/conflicts/"))["results"]
    body = {"action": "assign", "who": "Sadia Malik", "why": "saw both cards"}
    await hub.call("POST", f"/api/conflicts/{conflict['id']}/resolve/", body)
    status = await own.until("/api/status/", lambda now: now["cards_to_reprint"]["count"] == 1)
    (card,) = status["cards_to_reprint"]["results"]
    assert (card["full_name"], card["card_shows"]) == ("سدرہ بی بی", "730000")
    wrong = {"mrn": "730000"}
    assert await own.refused("POST", reprinted(card), wrong) == (409, "not_to_reprint")
    person = await own.call("POST", reprinted(card), {"mrn": card["mrn"]})
    assert (person["record_id"], person["mrn"]) == (second["record_id"], card["mrn"])
    assert (await own.get("/api/status/"))["cards_to_reprint"] == NOTHING
    assert await own.call("POST", reprinted(card), {}) == person, "to say it again does no harm"


async def test_the_card_of_nobody(set_back):
    own, _, _ = set_back
    assert await own.refused("POST", "/api/patients/999/reprinted/", {}) == (404, "not_found")
    assert await own.faults("POST", "/api/patients/1/reprinted/", {"mrn": 5}) == {
        "mrn": "must be a text"
    }
