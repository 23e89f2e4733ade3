"""What is typed when a computer is broken names the data folder, and the key where there is one."""

import pytest

from coordinator.cli.main import parser
from node.cli.main import parser as node_parser
from sync.trust import sealing

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_commands_are_those_of_this_coordinator_and_can_be_typed(hub):
    folder = hub.config.folder
    found = await hub.get("/api/rescue/")
    assert found["data_folder"] == str(folder)
    sealed = (folder / sealing.PUBLIC_FILE).exists()
    assert ("--recovery-key KEY" in found["restore"]) == sealed
    for name in ("restore", "check", "salvage"):
        program, *words = found[name].split()
        assert program == "mrnmesh-coordinator"
        assert parser().parse_args(words).data == folder
    program, *words = found["restore_desk"].split()
    assert program == "mrnmesh-node"
    assert str(node_parser().parse_args(words).file) == "FILE"
