"""The first start, from an empty folder to a registered patient."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Browser, FilePayload, Page, expect

from coordinator.users import first_start
from node.enrolment import enrolling, taking
from sync.cli.client import Client
from tests.browser.board import NAME, PASSWORD
from tests.browser.screen import Screen
from tests.clinic import PERSON
from tests.daemons import Desk, new_hub
from tests.daemons.commands import Threaded
from tests.daemons.running import addresses

OLD = "MR No,Patient Name,Sex,Colour\n900001,Amna Old,F,red\n900002,Bilal Old,M,blue\n900003,,M,-\n"
"""A register of before, with a column that nothing here holds and a row without a name."""


def enrolled(folder: Path, code: str) -> Threaded:
    """The desk of a code."""
    wanted = addresses()
    options = taking.Options(wanted["listen"], wanted["sync_listen"], folder / "desk.witness")
    return Threaded(Desk(enrolling.enrol(folder / "desk", code, None, options)))


def _the_register_of_before(screen: Screen) -> None:
    page = screen.page
    table: FilePayload = {"name": "old.csv", "mimeType": "text/csv", "buffer": OLD.encode()}
    page.locator("#import-file").set_input_files(table)
    page.get_by_role("button", name="Read the file").click()
    expect(page.locator("#import-name")).to_contain_text("old.csv")
    expect(page.get_by_text("Not imported")).to_contain_text("Colour")
    expect(page.get_by_text("columns separated by")).to_be_visible()
    page.get_by_role("button", name="اردو").click()
    expect(page.get_by_text("خانوں کے درمیان")).to_be_visible()
    expect(page.locator("td").first).to_contain_text("ہندسے")
    page.get_by_role("button", name="English").click()
    _another_file_is_never_taken_for_it(screen)
    page.get_by_role("button", name="Try it").click()
    screen.says(re.compile("2.? would be taken over"))
    page.get_by_role("button", name="over").click()
    screen.says(re.compile("2.? were taken over"))


def _another_file_is_never_taken_for_it(screen: Screen) -> None:
    """Somebody else hands another one over, and hers after that."""

    def hand_over(name: str, text: str) -> None:
        where = f"{screen.url}/api/import/files/?table=patients&name={name}"
        headers = {"Content-Type": "application/octet-stream"}
        answer = screen.context.request.post(where, data=text.encode(), headers=headers)
        assert answer.status == 201, answer.text()

    hand_over("other.csv", OLD.replace("9000", "8000"))
    screen.page.get_by_role("button", name="Try it").click()
    screen.says("Somebody else has handed over another file meanwhile.")
    expect(screen.page.locator("#import-name")).to_contain_text("other.csv")
    hand_over("old.csv", OLD)
    screen.page.get_by_role("button", name="Try it").click()
    expect(screen.page.locator("#import-name")).to_contain_text("old.csv")


def _acts_of_a_terminal(page: Page, api: Client) -> None:
    """Numbers are granted, also with what few need, and a reason is kept."""
    page.get_by_role("button", name="Grant numbers").click()
    page.locator("#grant-range").fill("500000-500099")
    page.keyboard.press("Enter")
    expect(page.locator(".range .mrn", has_text="500000-500099")).to_be_visible()
    page.get_by_role("button", name="Grant numbers").click()
    page.locator("#grant-range").fill("600000-600099")
    page.get_by_text("More", exact=True).click()
    page.locator("#grant-allocator").select_option("coordinator")
    page.locator("#never-granted").select_option("yes")
    page.get_by_role("button", name="Grant", exact=True).click()
    page.locator("dialog").wait_for(state="detached")
    ranges = api.call("GET", "/api/terminals/RECEP-1/ranges/")["results"]
    assert {one["start"]: one["allocator"] for one in ranges}[600000] == "coordinator"
    page.get_by_role("button", name="Deactivate").click()
    page.locator("#deactivate-why").fill("closed over the holidays")
    page.keyboard.press("Enter")
    page.locator("dialog").wait_for(state="detached")
    terminal = api.call("GET", "/api/terminals/RECEP-1/")
    assert (terminal["state"], terminal["reason"]) == ("inactive", "closed over the holidays")


def _a_webhook_from_the_first_change(page: Page, api: Client) -> None:
    page.evaluate("location.hash = '#/webhooks'")
    page.get_by_role("button", name="Add an address").click()
    page.locator("#hook-url").fill("http://127.0.0.1:9/changes")
    page.locator("#hook-begin").select_option("first")
    page.keyboard.press("Enter")
    expect(page.locator("dialog code")).to_be_visible()
    (hook,) = api.call("GET", "/api/webhooks/")["results"]
    assert hook["behind"] > 0


def _numbers_that_nobody_was_given(page: Page) -> None:
    page.evaluate("location.hash = '#/pool'")
    page.locator("#pool-range").fill("2000000-2999999")
    page.get_by_text("More", exact=True).click()
    page.locator("#never-granted").select_option("yes")
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_role("status").filter(has_text="Saved")).to_be_visible()


def _what_was_done(page: Page) -> None:
    page.evaluate("location.hash = '#/audit'")
    show = page.get_by_role("button", name="Show", exact=True)
    expect(page.locator(".entry .chip.good").first).to_be_visible()
    page.locator("#audit-outcome").select_option("refused")
    show.click()
    expect(page.locator(".entry .chip.good")).to_have_count(0)
    page.locator("#audit-outcome").select_option("done")
    page.locator("#audit-about").fill("never_granted=True")
    show.click()
    expect(page.locator(".entry")).to_have_count(2)
    page.locator("#audit-about").fill("RECEP-1 state=inactive")
    show.click()
    expect(page.locator(".entry")).to_have_count(1)
    page.locator("#audit-act").select_option("users")
    show.click()
    expect(page.get_by_text("There is no such entry.")).to_be_visible()
    page.locator("#audit-act").select_option(label="Terminals")
    show.click()
    expect(page.locator(".entry")).to_have_count(1)
    page.locator("#audit-last").fill("2020-01-01")
    show.click()
    expect(page.get_by_text("There is no such entry.")).to_be_visible()


def test_the_guide_leads_to_a_desk_that_registers_and_gets_more_numbers(
    chromium: Browser, tmp_path: Path
):
    hub = new_hub(tmp_path)
    secret = first_start.fresh(hub.config.folder)
    coordinator = Threaded(hub)
    coordinator.start()
    screen = Screen(chromium, coordinator.url)
    page = screen.page

    page.goto(f"{coordinator.url}/#/setup/{secret}")
    page.locator("#name").fill(NAME)
    page.locator("#password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#facility")).to_be_visible()
    assert secret not in page.url

    page.locator("#facility").fill("Rehman Clinic")
    page.keyboard.press("Enter")
    expect(page.locator(".brand")).to_contain_text("Rehman Clinic")
    page.locator("#pool-block").fill("100")
    page.keyboard.press("Enter")

    page.locator("#enrol-code").fill("recep-1")
    page.keyboard.press("Enter")
    command = page.locator(".secret code").inner_text()
    desk = enrolled(tmp_path, command.removeprefix("mrnmesh-node enrol "))
    desk.start()
    screen.says(re.compile("RECEP-1.? is connected and ready to work"))
    page.get_by_role("button", name="Next").click()
    _the_register_of_before(screen)
    page.get_by_role("button", name="Next").click()
    page.locator("#backup-folder").fill("saved")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("Rehman Clinic")

    api = Client(desk.url)
    person = api.call("POST", "/api/patients/", PERSON | {"offline": True})
    assert person["mrn"].isdigit()
    assert api.call("GET", "/api/patients/?query=900001")["results"][0]["full_name"] == "Amna Old"
    page.goto(f"{coordinator.url}/#/terminals/RECEP-1")
    screen.says(re.compile("1.? used"))
    administrator = Client(coordinator.url, hub.token)
    _acts_of_a_terminal(page, administrator)
    _a_webhook_from_the_first_change(page, administrator)
    _numbers_that_nobody_was_given(page)
    _what_was_done(page)

    screen.close()
    desk.stop()
    coordinator.stop()
