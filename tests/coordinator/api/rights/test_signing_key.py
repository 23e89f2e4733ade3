"""Which signing key there is; `tests/node/enrolment/test_adopting.py` has it replaced."""

from __future__ import annotations

from tests.daemons import open_desk, open_hub


async def test_it_names_the_key_and_the_desks_that_trust_it(tmp_path):
    async with (
        open_hub(tmp_path) as hub,
        open_desk(tmp_path, hub, "LAB1-PC", "710000-719999") as lab,
    ):
        await hub.new_terminal("OLD-PC")
        answer = await hub.get("/api/signing-key/")
    assert answer == {
        "key": lab.config.coordinator_key.hex(),
        "former": [],
        "enrolled": ["LAB1-PC"],
        "left": [],
    }
