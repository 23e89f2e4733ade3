"""Labels as they leave the printer: their size, and that a scanner reads both codes."""

from __future__ import annotations

from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from playwright.sync_api import Browser

from node.config import Size
from node.pages.labels import size_of
from tests.browser.screen import NARROW, Screen
from tests.daemons.commands import LiveClinic

MM_PER_POINT = 25.4 / 72
DOTS_PER_INCH = 203
"""Of the common thermal printers; the coarsest that has to do."""
SIZES = [Size(50, 30), Size(62, 29), Size(50, 25), Size(100, 50)]


@pytest.fixture(scope="module")
def people(live: LiveClinic) -> list[dict[str, str]]:
    """An online and an offline number, names of either script, short and very long."""
    long = "Muhammad Bilal Hussain Shah Bukhari Gilani Naqvi " * 3
    return [
        live.register(full_name="Ayesha Khan", father_name="Imran Khan"),
        live.register(full_name="عائشہ صدیقہ بنت عمران", father_name="عمران خان", offline=True),
        live.register(full_name=long, father_name=long, age_years=50, dob=None),
    ]


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size.width}x{size.height}")
def test_a_label_has_its_size_and_both_codes_are_read(
    chromium: Browser, live: LiveClinic, people: list[dict[str, str]], size: Size, tmp_path: Path
):
    screen = Screen(chromium, live.desk.url)
    css = size_of(size)
    screen.context.route(
        "**/labels/size.css",
        lambda route: route.fulfill(body=css.content, content_type="text/css"),
    )
    query = "&".join(f"person={one['id']}" for one in people)
    screen.page.goto(f"{screen.url}/labels/?{query}")
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
        assert read == {"Code128": person["mrn"], "QRCode": person["mrn"]}
    document.close()


def test_what_the_page_prints_is_the_label_and_not_the_page(
    chromium: Browser, live: LiveClinic, people: list[dict[str, str]]
):
    screen = Screen(chromium, live.desk.url, size=NARROW)
    screen.open(f"person/{people[0]['id']}")
    screen.page.get_by_role("button", name="Print label").click()
    frame = screen.page.frame_locator("iframe.printing")
    frame.locator(".number").wait_for()
    assert frame.locator(".number").inner_text() == people[0]["mrn"]
    screen.close()
