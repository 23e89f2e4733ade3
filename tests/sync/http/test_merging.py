"""Two records side by side: what both say, and a name for it that changes with either of them."""

from __future__ import annotations

import pytest

from sync.http.merging import Comparing
from sync.http.operations import Needs
from tests.sync.http.frontdesk import FrontDesk, front_desk


@pytest.fixture
async def desk(tmp_path, monkeypatch):
    usual = FrontDesk.operations

    def operations(self):
        return [*usual(self), *Comparing(self.replica, Needs.THIS_COMPUTER).operations()]

    monkeypatch.setattr(FrontDesk, "operations", operations)
    async with front_desk(tmp_path) as desk:
        yield desk


async def test_what_both_say_has_a_name_whatever_the_order(desk):
    one = await desk.register(full_name="Amna Bibi")
    other = await desk.register(full_name="Amina Bibi", sex="F")
    path = f"/api/patients/{one['id']}/compare/{other['record_id']}/"
    found = await desk.get(path)
    assert (found["one"]["id"], found["other"]["id"]) == (one["id"], other["id"])
    assert found["differs"] == ["full_name"]
    turned = await desk.get(f"/api/patients/{other['id']}/compare/{one['id']}/")
    assert turned["seen"] == found["seen"]
    await desk.call("PATCH", f"/api/patients/{other['id']}/", json={"phone": "03339999999"})
    changed = await desk.get(path)
    assert changed["differs"] == ["full_name", "phone"]
    assert changed["seen"] != found["seen"]


async def test_nobody_is_compared_with_who_is_not_here(desk):
    one = await desk.register()
    for path in (f"{one['id']}/compare/99", f"99/compare/{one['id']}"):
        assert (await desk.call("GET", f"/api/patients/{path}/"))[0] == 404
