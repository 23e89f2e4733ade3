"""Labels as they leave the printer: their size, and that a scanner reads both codes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import cast

import pypdfium2
import pytest
import zxingcpp
from playwright.sync_api import Browser, Route

from node.config import Size
from node.pages.labels import labels_of, size_of
from sync.http.operations import PAGE_POLICY, PageFile
from sync.reading.answers import PatientAnswer
from tests.browser.screen import NARROW, Screen
from tests.daemons.commands import LiveClinic

MM_PER_POINT = 25.4 / 72
DOTS_PER_INCH = 203
"""Of the common thermal printers; the coarsest that has to do."""
A4 = (210, 297)
SIZES = [Size(58, 40), Size(54, 30), Size(62, 29), Size(100, 50), Size(40, 25)]


def answering(file: PageFile) -> Callable[[Route], None]:
    """Answers with a file, as a desk does."""
    headers = {"Content-Type": file.kind, "Content-Security-Policy": PAGE_POLICY}
    return lambda route: route.fulfill(body=file.content, headers=headers)


@pytest.fixture(scope="module")
def people(live: LiveClinic) -> list[PatientAnswer]:
    """Online and offline numbers, names of either script, short and very long."""
    long = "Muhammad Bilal Hussain Shah Bukhari Gilani Naqvi " * 3
    made = [
        live.register(full_name="Ayesha Khan", father_name="Imran Khan"),
        live.register(full_name="عائشہ صدیقہ بنت عمران", father_name="عمران خان", offline=True),
        live.register(full_name=long, father_name=long, age_years=50, dob=None),
        *(live.register(full_name=f"Person of bars {one}") for one in "abcdefghij"),
    ]
    return cast(list[PatientAnswer], made)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size.width}x{size.height}")
def test_a_label_has_its_size_and_both_codes_are_read(
    chromium: Browser, live: LiveClinic, people: list[PatientAnswer], size: Size, tmp_path: Path
):
    screen = Screen(chromium, live.desk.url)
    for path, file in (("labels/", labels_of(people, size)), ("labels/size.css", size_of(size))):
        screen.context.route(f"**/{path}", answering(file))
    screen.page.goto(f"{screen.url}/labels/")
    screen.page.evaluate("document.fonts.ready")
    printed = tmp_path / "labels.pdf"
    screen.page.pdf(path=printed, prefer_css_page_size=True, print_background=True)
    for label in screen.page.locator(".label").all():
        inside = label.evaluate("one => [one.scrollHeight - one.clientHeight, one.clientHeight]")
        assert inside[0] <= 0, "nothing hangs out of the label"
    screen.close()

    document = pypdfium2.PdfDocument(printed)
    assert len(document) == len(people), "one label a page, and no empty page"
    for page, person in zip(document, people, strict=True):
        width, height = (points * MM_PER_POINT for points in page.get_size())
        assert (width, height) == pytest.approx(size, abs=0.2)
        image = page.render(scale=DOTS_PER_INCH / 72).to_pil()
        read = {one.format.name: one.text for one in zxingcpp.read_barcodes(image)}
        wanted = {"Code128": person["mrn"], "QRCode": person["mrn"]}
        if size.width < 53 and person["mrn"].startswith("PAT"):
            del wanted["Code128"]
        assert read == wanted
    document.close()


def test_what_the_page_prints_is_the_label_and_not_the_page(
    chromium: Browser, live: LiveClinic, people: list[PatientAnswer]
):
    screen = Screen(chromium, live.desk.url, size=NARROW)
    screen.open(f"person/{people[0]['id']}")
    screen.page.get_by_role("button", name="Print label").click()
    frame = screen.page.frame_locator("iframe.printing")
    frame.locator(".number").wait_for()
    assert frame.locator(".number").inner_text() == people[0]["mrn"]
    screen.close()


def test_both_codes_of_all_numbers_of_a_sheet_are_read_from_paper(
    chromium: Browser, live: LiveClinic, tmp_path: Path
):
    sheet = live.api().call("POST", "/api/sheets/", {"operator": "Sadia Malik", "another": True})
    screen = Screen(chromium, live.desk.url)
    screen.page.goto(f"{screen.url}/sheet/?id={sheet['id']}")
    screen.page.evaluate("document.fonts.ready")
    printed = tmp_path / "sheet.pdf"
    screen.page.pdf(path=printed, prefer_css_page_size=True, print_background=True)
    screen.close()

    document = pypdfium2.PdfDocument(printed)
    read: dict[str, list[str]] = {"Code128": [], "QRCode": []}
    for page in document:
        assert tuple(points * MM_PER_POINT for points in page.get_size()) == pytest.approx(
            A4, abs=0.5
        )
        image = page.render(scale=DOTS_PER_INCH / 72).to_pil()
        for one in zxingcpp.read_barcodes(image):
            read[one.format.name].append(one.text)
    document.close()
    numbers = [line["mrn"] for line in sheet["numbers"]]
    assert len(numbers) == 50
    assert {kind: sorted(found) for kind, found in read.items()} == {
        "Code128": sorted(numbers),
        "QRCode": sorted(numbers),
    }
