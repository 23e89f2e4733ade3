"""What a desk measures that a coordinator does not: where its numbers come from."""

from __future__ import annotations

from prometheus_client.metrics_core import Metric

from node.allocator import NodeAllocator
from sync.network.peering import Peering
from sync.reading.snapshot import Snapshot
from sync.upkeep.measuring.metrics import Own, gauge


def of_desk(allocator: NodeAllocator, peering: Peering) -> Own:
    """Return what reads how many numbers a desk has left, and says whether it is online."""
    prospects = allocator.prospects()  # before the snapshot, see there

    def measure(snapshot: Snapshot) -> list[Metric]:
        remaining = sum(one.remaining for one in prospects(snapshot))
        return [
            gauge(
                "numbers_remaining",
                "Numbers that this desk can still give without the coordinator.",
                remaining,
            ),
            gauge(
                "numbers_online",
                "1 while the next number comes from the coordinator.",
                int(allocator.online),
            ),
            gauge(
                "coordinator_live",
                "1 while the connection with the coordinator is in step.",
                int(peering.coordinator_live),
            ),
        ]

    return measure
