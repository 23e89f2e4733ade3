"""The parts that know who works at a desk belong together."""

import pytest

from node.clerks.workplace import Workplace
from sync.model.facts import Author
from tests.daemons import open_desk, open_hub
from tests.stepping import Computer, opened


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


async def test_a_pin_has_to_be_typed_again_after_the_computer_has_slept(tmp_path):
    computer = Computer()
    async with opened(tmp_path, computer) as replica:
        own = Workplace(replica, Author("LAB1-PC"), ["Amna"], 60.0, lambda: [])
        ident = own.sessions.begin("amna", "a hash")
        computer.passes(59_000)
        assert own.sessions.owner_of(ident, {"amna": "a hash"}.get) == "amna"
        computer.passes(60_000)
        assert own.sessions.owner_of(ident, {"amna": "a hash"}.get) is None
        own.hashing.stop()
