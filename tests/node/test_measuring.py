"""A desk shows whether it is online, and how many numbers it has left without the coordinator."""

from node import measuring
from node.allocator import NodeAllocator
from sync.witness.memory import Witness
from tests.clinic import Clinic
from tests.sync.patients import reading


class Line:
    """A connection with the coordinator that is in step."""

    coordinator_live = True


def test_the_numbers_that_are_left(tmp_path):
    clinic = Clinic(tmp_path)
    lab = clinic.desk("LAB1-PC", "710000-719999")
    witness = Witness.create(tmp_path / "witness", "this computer", 0)
    own = measuring.of_desk(NodeAllocator(lab.author, Line(), witness), Line())
    with reading(lab) as snapshot:
        assert {family.name: family.samples[0].value for family in own(snapshot)} == {
            "mrnmesh_numbers_remaining": 10_000,
            "mrnmesh_numbers_online": 1,
            "mrnmesh_coordinator_live": 1,
        }
    clinic.close()
