"""All names of a daemon come from its kind, so no two of them can differ."""

import pytest

from sync.daemon.daemons import COORDINATOR, NODE
from sync.http.address import Address


def test_the_names_are_those_that_the_documentation_and_the_units_have():
    assert (NODE.command, NODE.init_command) == ("mrnmesh-node", "mrnmesh-node enrol CODE")
    assert (NODE.settings_file, NODE.variable_prefix) == ("node.toml", "MRNMESH_NODE_")
    assert COORDINATOR.init_command == "mrnmesh-coordinator init"
    assert COORDINATOR.variable_prefix == "MRNMESH_COORDINATOR_"


def test_the_folder_that_nobody_has_named_is_known_by_being_the_same_object():
    assert NODE.folder is NODE.folder
    assert NODE.folder.name == "mrnmesh-node"
    assert NODE.folder != COORDINATOR.folder


@pytest.mark.parametrize("daemon", [NODE, COORDINATOR], ids=lambda daemon: daemon.kind)
def test_both_can_run_on_one_computer_with_their_first_addresses(daemon):
    addresses = [Address.anywhere(one) for one in (daemon.listen, daemon.sync_listen)]
    other = COORDINATOR if daemon is NODE else NODE
    taken = [Address.anywhere(one) for one in (other.listen, other.sync_listen)]
    assert len({*addresses, *taken}) == 4
