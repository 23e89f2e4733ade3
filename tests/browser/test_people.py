"""People and their records at the dashboard: found, merged field by field, asked for by desks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from sync.model.person.more import read_extra, read_identifier
from tests.browser import looks
from tests.browser.board import Boards, add_user
from tests.daemons.commands import LiveClinic


def at_hub(live: LiveClinic, person: dict[str, Any]) -> dict[str, Any]:
    """A person as the coordinator shows them."""
    found: dict[str, Any] = live.hub_api().call("GET", f"/api/patients/{person['record_id']}/")
    return found


def decided_pairs(live: LiveClinic) -> list[dict[str, Any]]:
    found: dict[str, Any] = live.hub_api().call("GET", "/api/duplicates/?state=dismissed")
    return list(found["results"])


def decide(page: Page, why: str) -> None:
    """Give the reason, and send what is chosen."""
    page.locator("#why").fill(why)
    page.get_by_role("button", name="Decide so").click()


def test_two_records_are_found_and_merged_field_by_field_and_the_merge_taken_back(
    boards: Boards, live: LiveClinic
):
    first = live.register(full_name="Shabnam Merged", phone="03007654321", cnic="35202-7654321-1")
    second = live.register(full_name="Shabnam Begum Merged", phone="03217777777", address="Lahore")
    live.in_step()
    one, other = at_hub(live, first), at_hub(live, second)
    board = boards()
    page = board.open("people")
    expect(page.locator("#find")).to_be_focused()
    board.type("shabnam merg")
    expect(page.locator(".found .person")).to_have_count(2)
    page.locator("#find").fill(second["mrn"])
    board.press("Enter")
    expect(page.locator("h1")).to_have_text("Shabnam Begum Merged")
    page.get_by_role("button", name="Merge with another record").click()
    expect(page.locator("#merge-find")).to_be_focused()
    board.type(first["mrn"])
    board.press("Enter")
    expect(page.get_by_role("radio", name=first["mrn"])).to_be_checked()
    result = page.locator(".result")
    expect(result).to_contain_text("Shabnam Merged")
    page.get_by_role("radio", name="0321 7777777").check(force=True)
    expect(result).to_contain_text("0321 7777777")
    page.get_by_role("radio", name="Lahore").check(force=True)
    page.get_by_role("radio", name=second["mrn"]).check(force=True)
    expect(result).to_contain_text("Shabnam Begum Merged")
    page.get_by_role("radio", name="35202-7654321-1").check(force=True)
    expect(result).to_contain_text("35202-7654321-1")
    decide(page, "one CNIC")
    expect(page.locator("h1")).to_have_text("Shabnam Begum Merged")
    former = page.get_by_role("region", name="Records that were merged")
    expect(former).to_contain_text(first["mrn"])
    kept = at_hub(live, second)
    assert (kept["full_name"], kept["cnic"]) == ("Shabnam Begum Merged", "35202-7654321-1")
    assert (kept["phone"], kept["address"]) == (other["phone"], "Lahore")
    assert at_hub(live, first)["merged_into"] == second["record_id"]

    page.locator(".history").get_by_role("link", name="The other record").click()
    expect(page.locator(".notice")).to_contain_text("was merged into another one")
    page.get_by_role("button", name="Take the merge back").click()
    decide(page, "two sisters")
    expect(page.locator(".notice")).to_have_count(0)
    assert at_hub(live, first) == {**one, "links": []}
    assert at_hub(live, second)["cnic"] == other["cnic"]
    expect(page.locator(".history")).to_contain_text("two sisters")


@pytest.fixture
def passports(live: LiveClinic) -> Iterator[None]:
    """The desk asks for passports and blood groups."""
    known = (read_identifier("passport shared"), read_extra("blood choice A+|O+"))
    with live.desk.with_settings(fields=known):
        yield


@pytest.mark.usefixtures("passports")
def test_identifiers_and_own_fields_are_chosen_one_by_one(boards: Boards, live: LiveClinic):
    more = {"identifiers": {"passport": "AB1234567"}, "extra": {"blood": "O+"}}
    first = live.register(full_name="Nighat Plain", extra={"blood": "A+"})
    second = live.register(full_name="Nighat Travelled", **more)
    live.in_step()
    ids = "-".join(str(at_hub(live, person)["id"]) for person in (second, first))
    page = boards().open(f"people/{ids}")
    row = page.locator(".compared tr", has_text="Blood")
    expect(row.get_by_role("radio", name="A+")).to_be_checked()
    page.get_by_role("radio", name="AB1234567").check(force=True)
    expect(page.locator(".result")).to_contain_text("AB1234567")
    expect(page.locator(".result")).to_contain_text("A+")
    decide(page, "one passport")
    expect(page.locator("article .facts")).to_contain_text("AB1234567")
    kept = at_hub(live, first)
    assert (kept["identifiers"], kept["extra"]) == ({"passport": "AB1234567"}, {"blood": "A+"})


def test_a_mistake_is_set_aside_and_an_unknown_person_confirmed(boards: Boards, live: LiveClinic):
    someone = live.register(
        full_name="Unknown Man 7", sex="M", name_placeholder=True, identity="unconfirmed"
    )
    live.in_step()
    page = boards().open("people")
    page.locator(".found .person", has_text=someone["mrn"]).click()
    page.get_by_role("button", name="Registered by mistake").click()
    expect(page.locator("dialog")).to_contain_text("Its number stays used")
    decide(page, "a test")
    expect(page.locator(".notice")).to_contain_text("set aside as a mistake")
    assert at_hub(live, someone)["voided"]
    page.get_by_role("button", name="No mistake after all").click()
    decide(page, "he is real")
    expect(page.locator(".notice")).to_have_count(0)
    page.get_by_role("button", name="Say who this is").click()
    page.locator("#field-full_name").fill("Wali Known")
    page.get_by_role("button", name="Save: this is who it is").click()
    expect(page.locator("h1")).to_have_text("Wali Known")
    expect(page.get_by_role("button", name="Say who this is")).to_have_count(0)
    now = at_hub(live, someone)
    assert (now["identity"], now["full_name"], now["operator"]) == (
        *("confirmed", "Wali Known"),
        someone["operator"],
    )


def test_what_desks_ask_for_arrives_live_and_is_carried_out_as_the_clerk_chose(
    boards: Boards, live: LiveClinic
):
    desk = live.api()
    one = live.register(full_name="Rubina Wanted", phone="03001230001")
    other = live.register(full_name="Rubeena Wanted", phone="03001230002")
    live.in_step()
    page = boards().open("requests")
    path = f"/api/patients/{other['id']}/"
    seen = desk.call("GET", f"{path}compare/{one['id']}/")["seen"]
    body = {"into": str(one["id"]), "seen": seen, "take": ["phone"], "why": "she has two cards"}
    desk.call("POST", f"{path}merge/", body)
    entry = page.locator(".entry", has_text="Rubeena Wanted")
    expect(entry).to_be_visible()
    expect(page.locator("nav a", has_text="Requests").locator(".count")).to_be_visible()
    entry.get_by_role("link", name="Look").click()
    expect(page.locator(".compared tr", has_text="Telephone")).to_contain_text("wanted")
    expect(page.locator(".result")).to_contain_text("0300 1230002")
    page.reload()
    page.get_by_role("radio", name="Rubeena Wanted").check(force=True)
    decide(page, "saw both cards")
    expect(page.locator("h1")).to_have_text("Requests")
    expect(entry).to_have_count(0)
    page.get_by_role("button", name="All").click()
    entry.get_by_role("link", name="Look").click()
    expect(page.get_by_role("region", name="The answer")).to_contain_text("saw both cards")
    page.locator(".compared a", has_text=one["mrn"]).click()
    expect(page.locator("h1")).to_have_text("Rubeena Wanted")
    expect(page.locator("article .facts")).to_contain_text("0300 1230002")
    assert at_hub(live, one)["phone"] == other["phone"]


def test_a_pair_is_told_apart_and_a_reader_decides_nothing(boards: Boards, live: LiveClinic):
    one, other = (live.register(full_name=f"Samina Twin {order}") for order in ("A", "B"))
    live.in_step()
    ids = "-".join(str(at_hub(live, person)["id"]) for person in (one, other))
    page = boards().open(f"people/{ids}")
    page.locator("#act").select_option("two-people")
    expect(page.locator(".result")).to_have_count(0)
    decide(page, "twins")
    expect(page.locator("h1")).to_contain_text("Samina Twin")
    page.go_back()
    expect(page.locator("main .notice")).to_contain_text("two people: twins")
    # People are compared with one another a moment after they were registered.
    live.until(lambda: "Samina Twin" in str(decided_pairs(live)))
    page.goto(f"{page.url.partition('#')[0]}#/duplicates")
    page.get_by_role("button", name="Two people").click()
    entry = page.locator(".entry", has_text="Samina Twin")
    expect(entry).to_contain_text("twins")
    entry.get_by_role("link", name="Look").click()
    expect(page.locator("#act option")).to_have_count(1)

    add_user(live, "Reza Reader", "reader")
    page = boards(name="Reza Reader").open("people")
    page.locator("#find").fill(one["mrn"])
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Samina Twin A")
    expect(page.locator("main button")).to_have_count(0)
    expect(page.locator("nav a")).to_have_text([re.compile("Overview"), re.compile("People")])
    page.goto(f"{page.url.partition('#')[0]}#/people/{ids}")
    expect(page.locator(".compared")).to_be_visible()
    expect(page.locator("main button")).to_have_count(0)


def test_who_has_gone_on_is_not_led_back_by_an_answer_that_comes_late(
    boards: Boards, live: LiveClinic
):
    people = [live.register(full_name=f"Sidra Elsewhere {order}") for order in ("A", "B")]
    live.in_step()
    ids = "-".join(str(at_hub(live, person)["id"]) for person in people)
    page = boards().open(f"people/{ids}")
    page.locator("#act").select_option("two-people")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/two-people/", hold)
    with page.expect_request("**/two-people/"):
        decide(page, "cousins")
    looks.show(page, "me", ("requests", 'nav [href="#/requests"][aria-current]'))
    with page.expect_response("**/two-people/"):
        held[0].continue_()
    page.evaluate("fetch('/api/whoami/').then((answer) => answer.json())")
    expect(page.locator("#present")).to_be_visible()
    assert page.evaluate("location.hash") == "#/me"


def test_registrars_look_through_those_who_are_probably_one(boards: Boards, live: LiveClinic):
    for name in ("Khadija Double", "Khadeeja Double"):
        live.register(full_name=name, dob="1984-02-03", cnic="35202-7654321-2")
    live.in_step()
    add_user(live)  # the first one has to administer
    add_user(live, "Rahim Registrar", "registrar")
    open_pairs = "/api/duplicates/?state=open&page_size=50"
    live.until(lambda: "Khadija Double" in str(live.hub_api().call("GET", open_pairs)["results"]))
    page = boards(name="Rahim Registrar").open("duplicates")
    page.locator(".entry", has_text="Khadija Double").locator(".button").first.click()
    expect(page.locator(".compared")).to_be_visible()
    expect(page.locator("main")).to_contain_text("An administrator decides")
    expect(page.locator("main form")).to_have_count(0)


def test_registrars_decide_about_records_where_the_settings_say_so(
    boards: Boards, live: LiveClinic, monkeypatch: pytest.MonkeyPatch
):
    person = live.register(full_name="Tahira Tested")
    live.in_step()
    monkeypatch.setattr(live.coordinator.daemon.daemon._access, "_registrars_merge", True)
    add_user(live)  # the first one has to administer
    add_user(live, "Imran Registrar", "registrar")
    page = boards(name="Imran Registrar").open("people")
    expect(page.locator("nav a")).to_have_count(4)
    page.locator("#find").fill(person["mrn"])
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Registered by mistake").click()
    decide(page, "a test")
    expect(page.locator(".notice")).to_contain_text("set aside as a mistake")
    expect(page.locator(".history")).to_contain_text("Imran Registrar")


def test_a_conflict_of_one_person_is_merged_with_the_values_that_are_chosen(
    boards: Boards, live: LiveClinic
):
    number = live.give_a_number_twice("Rabia Before", "Rabia After")
    page = boards().open("conflicts")
    page.locator(".entry", has_text=number).locator("a.button").click()
    page.locator("#action").select_option("merge")
    name = page.locator("tr", has=page.locator("#row-full_name"))
    expect(name.locator("input").nth(1)).to_be_checked()
    expect(page.locator(".result")).to_contain_text("Rabia Before")
    name.locator("input").nth(0).check()
    expect(page.locator(".result")).to_contain_text("Rabia After")
    page.locator("#why").fill("she has married")
    page.get_by_role("button", name="Decide so").click()
    expect(page.locator("h1 + .chip")).to_have_text("decided")
    found = live.hub_api().call("GET", f"/api/patients/mrn/{number}/")["results"]
    assert {one["full_name"] for one in found if one["merged_into"] is None} == {"Rabia After"}
