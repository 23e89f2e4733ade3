"""A sheet as it is printed."""

import re

import pytest

from node.pages.paper import WRITTEN

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_each_number_stands_there_with_its_codes_and_room_to_write(desk):
    sheet = await desk.call("POST", "/api/sheets/", {})
    status, text = await desk.send("GET", f"/sheet/?id={sheet['id']}")
    assert status == 200
    numbers = [one["mrn"] for one in sheet["numbers"]]
    assert re.findall(r'class="number">(\d+)<', text) == numbers
    assert text.count('<svg class="qr"') == text.count('<svg class="bars"') == 50
    for name in (*WRITTEN, "written"):
        assert text.count(f'data-field="{name}"') == 50
    assert "style=" not in text


async def test_a_sheet_that_is_not_there_is_not_found(desk):
    assert await desk.refused("GET", "/sheet/?id=00") == (404, "not_found")
