"""Conflicts, reports, the ledger and alarms at the dashboard."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from playwright.sync_api import expect

from tests.browser import looks
from tests.browser.board import Boards
from tests.browser.looks import LONG, LONG_URDU
from tests.browser.screen import NARROW, WIDE
from tests.daemons.commands import LiveClinic


def test_a_conflict_is_resolved_with_a_reason_and_taken_back(boards: Boards, live: LiveClinic):
    number = live.give_a_number_twice("Amna Holder", "<b>Bina</b> Refused")
    page = boards().open("conflicts")
    link = page.locator("nav a", has_text="Conflicts")
    expect(link.locator(".count")).to_have_text("1")
    page.locator(".entry a", has_text="Look").first.click()
    expect(page.locator("h1")).to_contain_text(number)
    expect(page.locator(".compared")).to_contain_text("<b>Bina</b> Refused")
    expect(page.locator(".differs")).not_to_have_count(0)
    page.locator("#why").fill("saw both cards")
    page.get_by_role("button", name="Decide so").click()
    expect(page.locator("h1 + .chip")).to_have_text("decided")
    expect(page.get_by_role("status").filter(has_text="prints a new card")).to_be_visible()
    expect(link.locator(".count")).to_have_count(0)
    page.locator("#why").fill("it was the other one")
    page.get_by_role("button", name="Take the decision back").click()
    expect(page.locator("h1 + .chip")).to_have_text("to be decided")
    expect(page.locator("ol .entry")).to_have_count(2)


def test_reports_and_the_ledger_are_drawn(boards: Boards, live: LiveClinic):
    live.register()
    live.in_step()
    board = boards()
    page = board.open("reports")
    expect(page.locator(".plot")).to_have_count(4)
    expect(page.locator(".bar.online, .bar.offline").first).to_be_visible()
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.locator("nav a", has_text="Ledger").click()
    page.locator(".entry a.code").first.wait_for()
    assert page.evaluate("scrollY") == 0, "a view begins at its top"
    page.goto(f"{board.url}/#/ledger/%zz")  # names nothing
    page.goto(f"{board.url}/#/ledger")
    page.locator(".entry a.code").first.click()
    expect(page.locator(".rows tbody tr").first).to_be_visible()
    page.goto(f"{board.url}/#/duplicates")
    expect(page.locator("h1")).to_have_text("Duplicates")


def test_reports_are_printed_whole_and_without_what_is_for_the_screen(
    boards: Boards, live: LiveClinic, tmp_path: Path
):
    live.register()
    live.in_step()
    board = boards(language="ur", dark=True)
    page = board.open("reports")
    expect(page.locator(".plot")).to_have_count(4)
    expect(page.locator(".unprinted").first).to_be_visible()
    board.is_marked = True
    page.emulate_media(media="print")
    for hidden in page.locator(".top, .frame nav, .unprinted").all():
        expect(hidden).to_be_hidden()
    printed = tmp_path / "reports.pdf"
    page.pdf(path=printed, prefer_css_page_size=True, print_background=True)
    document = pypdfium2.PdfDocument(printed)
    # On white paper, whatever the screen looks like, and nothing is cut off at its edge.
    for sheet in document:
        image = sheet.render(scale=1).to_pil().convert("L")
        assert image.getpixel((2, 2)) > 250
        edge = image.crop((image.width - 6, 0, image.width, image.height))
        assert edge.getextrema()[0] > 250
    text = "".join(sheet.get_textpage().get_text_range() for sheet in document)
    assert "LAB1-PC" in text
    document.close()


def test_pages_that_are_open_all_day_do_not_grow(boards: Boards, live: LiveClinic):
    board = boards()
    page = board.open("overview")
    session = board.context.new_cdp_session(page)
    session.send("Performance.enable")

    def size() -> dict[str, int]:
        # A view on which nothing depends on the clinic, where an alarm may come up at any time.
        looks.show(page, "me", looks.ME)
        session.send("HeapProfiler.collectGarbage")
        metrics = session.send("Performance.getMetrics")["metrics"]
        wanted = ("Nodes", "JSEventListeners")
        return {one["name"]: one["value"] for one in metrics if one["name"] in wanted}

    # People who look alike would bring up an alarm in the middle, with what that needs on the page.
    names = iter(("Zara", "Bilqis", "Omaima", "Hareem", "Nighat", "Fozia", "Kulsoom"))

    def events(many: int) -> None:
        """Each one is told to the page."""
        for name in itertools.islice(names, many):
            looks.show(page, "overview", looks.ME)
            before = page.locator(".tile strong").nth(1).inner_text()
            phone = f"0321 {1_000_000 + 7919 * len(name) * ord(name[0])}"
            dob = f"19{ord(name[0])}-0{len(name)}-11"
            live.register(full_name=name, father_name=f"{name} Senior", phone=phone, dob=dob)
            live.in_step()
            expect(page.locator(".tile strong").nth(1)).not_to_have_text(before)
            for view in ("terminals", "terminals/LAB1-PC"):
                looks.show(page, view, looks.ME)

    def has_not_grown() -> bool:
        after = size()
        return (
            after["Nodes"] <= before["Nodes"] + 40
            and after["JSEventListeners"] <= before["JSEventListeners"] + 2
        )

    events(2)
    before = size()
    events(5)
    live.until(has_not_grown)  # an answer that is still on its way keeps the view that asked


def test_an_alarm_is_acknowledged(boards: Boards, live: LiveClinic):
    live.give_a_number_twice("Amna Third", "Bina Fourth")
    page = boards().open("alerts")
    entry = page.locator(".entry", has_text="open.")
    entry.get_by_role("button", name="I look at it").click()
    page.locator("#note").fill("I ring the desks")
    page.locator("dialog").get_by_role("button", name="I look at it").click()
    expect(entry).to_contain_text("I ring the desks")
    # What the program says in English the page says in the language of whoever reads it.
    page.get_by_role("button", name="اردو").click()
    expect(page.locator(".entry", has_text="فیصلے کے منتظر")).to_contain_text("I ring the desks")


@pytest.mark.parametrize(
    ("language", "size", "dark"), [("en", WIDE, False), ("ur", NARROW, True)], ids=["en", "ur"]
)
def test_nothing_is_cut_off_and_axe_finds_nothing(
    boards: Boards, live: LiveClinic, language: str, size: tuple[int, int], dark: bool
):
    live.give_a_number_twice(f"{LONG} {language}", LONG_URDU)
    ident = live.hub_api().all("/api/conflicts/")[0]["id"]
    series = live.hub_api().all("/api/ledger/")[0]["name"]
    board = boards(language=language, size=size, dark=dark)
    found: dict[str, Any] = {}
    views = {
        "conflicts": ".entry",
        f"conflicts/{ident}": ".compared",
        "duplicates": "main h1",
        "reports": ".report",
        "ledger": ".entry",
        "alerts": ".entry",
        f"ledger/{series}": ".scrolls .rows",
    }
    page = board.open()
    for view, what in views.items():
        looks.show(page, view, looks.ME)
        page.locator(what).first.wait_for()
        if what == ".compared":  # with all that there is to choose
            page.locator("#action").select_option("merge")
            page.locator(".result").wait_for()
        found[view] = looks.faults(page) + looks.findings(page, dark)
    assert {view: faults for view, faults in found.items() if faults} == {}
