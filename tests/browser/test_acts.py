"""What an administrator does at the dashboard: answers desks, types paper in, sets wrong times
right, lets a coordinator out of recovery."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect

from node.enrolment import offline
from sync.cli.client import Client
from sync.daemon import enrolment_files
from tests.browser.board import NAME, PASSWORD, Boards
from tests.browser.screen import Screen
from tests.daemons import new_hub
from tests.daemons.commands import LiveClinic, Threaded


def go(page: Page, view: str) -> None:
    """Go on to another view of a page that is open."""
    page.evaluate("(hash) => { location.hash = hash }", f"#/{view}")


def test_a_desk_is_answered_and_its_paper_typed_in(boards: Boards, live: LiveClinic):
    desk = live.api()
    # Nobody else whom a test registers looks like these two.
    born = {"dob": "1961-02-03", "phone": "0345 7654321", "father_name": "Zafar Qureshi"}
    one, other = (
        live.register(full_name=f"{name} Qureshi", **born) for name in ("Zubaida", "Zubeda")
    )
    path = f"/api/patients/{other['id']}/"
    seen = desk.call("GET", f"{path}compare/{one['id']}/")["seen"]
    body = {"into": str(one["id"]), "seen": seen, "why": "one CNIC", "operator": "Sadia"}
    desk.call("POST", f"{path}merge/", body)
    live.in_step()
    board = boards()
    page = board.open("requests")
    page.locator(".entry", has_text="Zubeda Qureshi").get_by_role("link").click()
    expect(page.locator(".compared .differs")).not_to_have_count(0)
    page.locator("#why").fill("saw both cards")
    page.get_by_role("button", name="Decide so").click()
    expect(page.locator("h1")).to_have_text("Requests")
    expect(page.locator(".entry", has_text="Zubeda Qureshi")).to_have_count(0)
    live.until(lambda: desk.call("GET", path)["merged_into"] == one["record_id"])

    sheet = desk.call("POST", "/api/sheets/", {"operator": "Sadia"})
    number = sheet["numbers"][3]["mrn"]
    live.in_step()
    go(page, "terminals/LAB1-PC")
    page.get_by_role("link", name="Sheets for paper").click()
    page.get_by_role("link", name=re.compile(f"beside .?{number}")).click()
    expect(page.locator("#field-written")).to_be_focused()
    page.locator("#field-full_name").fill("Gulnaz Waraich")
    page.get_by_role("button", name="Register").click()
    expect(page.locator("#about-written")).to_be_visible()
    page.locator("#field-written").fill("2026-01-02T08:30")
    page.locator("#field-father_name").fill("Wasif Waraich")
    page.locator(".choice label").first.click()
    page.locator("#field-born").fill("3/4/1952")
    page.locator("#field-phone").fill("03335557788")
    page.locator("#field-address").fill("12 Canal Road")
    page.get_by_role("button", name="Register").click()
    expect(page.locator(".numbers .used", has_text="Gulnaz Waraich")).to_contain_text(number)
    live.until(lambda: desk.call("GET", f"/api/patients/?query={number}")["count"] == 1)
    (found,) = desk.call("GET", f"/api/patients/?query={number}")["results"]
    assert (found["full_name"], found["origin_terminal_code"]) == ("Gulnaz Waraich", "LAB1-PC")
    assert found["created_at"].startswith("2026-01-02T03:30")


def test_wrong_times_and_certificates(boards: Boards, live: LiveClinic):
    page = boards().open("clocks")
    page.get_by_role("button", name="A clock was wrong").click()
    page.locator("#times-first").fill("2099-01-01T00:00")
    page.locator("#times-last").fill("2099-01-02T00:00")
    page.locator("#why").fill("a mistyped year")
    page.get_by_role("button", name="Do not believe it").click()
    said = page.locator(".entry", has_text="a mistyped year")
    expect(said).to_contain_text("1 Jan 2099")
    (kept,) = live.hub_api().call("GET", "/api/clock/disbelieved/")["results"]
    assert (kept["author"], kept["first"]) == ("LAB1-PC", "2098-12-31T19:00:00Z")
    said.get_by_role("button").click()
    page.locator("#why").fill("it was another desk")
    page.get_by_role("button", name="Believe it again", exact=True).last.click()
    expect(said).to_have_count(0)

    go(page, "certificates")
    page.get_by_role("button", name="Make one now").click()
    page.locator("dialog").get_by_role("button", name="Make one now").click()
    with page.expect_download() as begun:
        page.get_by_role("link", name="Download the certificate").click()
    text = Path(begun.value.path()).read_text(encoding="utf-8")
    assert text == live.hub_api().call("GET", "/api/pages-authority/")["certificate"]
    page.get_by_role("button", name="Introduce a new authority").click()
    page.get_by_role("button", name="Introduce it").click()
    page.get_by_role("button", name="Withdraw the authority in use").click()
    expect(page.locator(".plan")).to_contain_text("1 desk cannot connect")


def test_a_computer_with_a_wrong_clock_is_told_so(boards: Boards):
    board = boards()
    board.is_marked = True
    board.page.clock.set_fixed_time("2001-02-03T04:05:06Z")
    page = board.open("overview")
    expect(page.get_by_role("alert")).to_contain_text("3 Feb 2001")


def test_recovery_is_ended_with_numbers_said_before(chromium: Browser, tmp_path: Path):
    hub = new_hub(tmp_path)
    coordinator = Threaded(hub)
    coordinator.start()
    api = Client(coordinator.url, hub.token)
    api.call("POST", "/api/terminals/", {"code": "OLD-PC"})
    api.call("POST", "/api/users/", {"name": NAME, "role": "administrator", "password": PASSWORD})

    def set_back(tx: Any) -> None:
        tx.begin()
        tx.store.meta.recovery = "a test"

    asyncio.run_coroutine_threadsafe(hub.replica.write(set_back), coordinator.loop).result()
    screen = Screen(chromium, coordinator.url)
    sent = {"name": NAME, "password": PASSWORD}
    assert screen.context.request.post(f"{screen.url}/api/sign-in/", data=sent).ok
    page = screen.page
    page.goto(f"{screen.url}/#/overview")
    page.get_by_role("link", name="in recovery").click()
    expect(page.locator("#page")).to_contain_text("No desk that is here knows more")
    expect(page.get_by_text("Switch these desks on")).to_have_count(0)
    page.get_by_role("button", name="End recovery now").click()
    plan = page.locator("dialog .plan li")
    expect(plan).to_have_count(4)
    expect(page.locator("dialog .danger")).to_be_disabled()
    page.locator("#why").fill("a trial")
    page.locator("dialog .danger").click()
    expect(page.get_by_role("status").filter(has_text="not in recovery")).to_be_visible()
    screen.close()
    coordinator.stop()


def test_a_desk_that_never_sees_the_coordinator_is_let_in_with_two_files(
    boards: Boards, tmp_path: Path
):
    request, check = offline.ask(tmp_path / "far", "FAR-PC", tmp_path / "far.witness")
    page = boards().open("terminals")
    page.get_by_role("button", name="Add a terminal").click()
    page.get_by_role("button", name="It never sees the coordinator").click()
    page.locator("#enrol-file").set_input_files(request)
    page.locator("#enrol-check").fill("ABCD")
    page.keyboard.press("Enter")
    expect(page.locator("dialog .fault")).to_contain_text("does not belong to this file")
    page.locator("#enrol-check").fill(check)
    page.keyboard.press("Enter")
    expect(page.locator("dialog [role=status]").first).to_contain_text("is let in")
    with page.expect_download() as found:
        page.get_by_role("link", name="Save").click()
    answer = found.value.path().read_text(encoding="utf-8")
    assert found.value.suggested_filename == "FAR-PC.answer"
    expect(page.locator("dialog .secret code").last).to_have_text(enrolment_files.check_of(answer))
