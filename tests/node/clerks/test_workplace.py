"""The parts that know who works at a desk belong together."""

import pytest

from node.clerks.workplace import Workplace
from sync.model.facts import Author
from tests.daemons import open_desk, open_hub


@pytest.fixture
async def desk(tmp_path):
    async with (
        open_hub(tmp_path / "hub") as hub,
        open_desk(tmp_path / "desk", hub, "LAB1-PC", "710000-719999") as desk,
    ):
        yield desk


async def test_a_workplace_begins_with_what_the_settings_say(desk):
    own = Workplace(desk.replica, Author("LAB1-PC"), ["Amna"], 60.0, lambda: [])
    assert own.clerks.choices() == [{"name": "Amna", "pin": "none"}]
    assert own.sitting.cookie == "mrnmesh_clerk_LAB1-PC"
    assert not (desk.replica.folder / "clerk-pins.json").exists()
    own.hashing.stop()
