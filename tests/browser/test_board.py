"""An administrator at the dashboard."""

from __future__ import annotations

import re

from playwright.sync_api import Route, expect

from tests.browser.board import NAME, PASSWORD, Boards, add_user
from tests.daemons.commands import LiveClinic


def test_whoever_signs_in_sees_the_terminals_and_nobody_after_signing_out(
    boards: Boards, live: LiveClinic
):
    add_user(live)
    board = boards(name=None)
    page = board.open("terminals")
    page.locator("#name").fill(NAME)
    page.locator("#password").fill("another password")
    board.press("Enter")
    board.says("Name or password is wrong.")
    page.locator("#password").fill(PASSWORD)
    board.press("Enter")
    desk = page.locator(".desk", has_text="LAB1-PC")
    expect(desk.locator(".dot.live")).to_be_visible()
    with live.desk.away():
        expect(desk.locator(".dot.away")).to_be_visible()
    expect(desk.locator(".dot.live")).to_be_visible()

    other = board.context.new_page()
    other.goto(f"{board.url}/#/terminals")
    expect(other.locator(".desk").first).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("#password")).to_be_visible()
    expect(other.locator("#password")).to_be_visible()
    expect(other.get_by_text("You were signed out")).to_be_visible()


def test_what_a_reader_may_not_see_is_not_shown(boards: Boards, live: LiveClinic):
    add_user(live, "Reza Reader", "reader")
    page = boards(name="Reza Reader").open("terminals")
    expect(page.locator("h1")).to_contain_text(re.compile("Good day, .?Reza Reader"))
    expect(page.locator("nav a")).to_have_count(2)


def test_what_is_chosen_while_a_list_is_read_is_read_after_it(boards: Boards):
    board = boards()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    board.context.route("**/api/requests/?open=true*", hold)
    page = board.page
    with page.expect_request("**/api/requests/?open=true*"):
        board.open("requests")
    page.get_by_role("button", name="All").click()
    expect(page.get_by_role("button", name="All")).to_have_attribute("aria-pressed", "true")
    with page.expect_response("**/api/requests/?open=false*"):
        for route in held:
            route.continue_()


def test_an_administrator_finds_who_looked_at_somebody(boards: Boards, live: LiveClinic):
    person = live.register(full_name="Rehana Looked-At")
    other = live.register(full_name="Rubina Passed-By")
    live.in_step()
    for one in (person, other):
        live.hub_api().call("GET", f"/api/patients/{one['record_id']}/history/")
    live.coordinator.write_looks()
    board = boards()
    page = board.open("looked")
    page.locator(".entry", has_text=other["record_id"]).first.wait_for()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    board.context.route("**/api/looks/check/", hold)
    with page.expect_request("**/api/looks/check/"):
        page.get_by_role("button", name="Check whether the record is whole").click()
    page.locator("#looked-person").fill(person["record_id"])
    board.press("Enter")
    expect(page.locator(".entry", has_text=other["record_id"])).to_have_count(0)
    held[0].continue_()  # it may take long, and nobody waits for it
    board.says("The record is whole")
    entry = page.locator(".entry", has_text="A history was looked at").first
    expect(entry).to_contain_text(person["record_id"])
    expect(entry).to_contain_text("administrator")
    page.locator("#looked-last").fill("2020-01-01")
    board.press("Enter")
    board.says("There is no such entry.")
