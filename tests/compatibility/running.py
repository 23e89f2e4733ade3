"""What version 0.1.0 kept, opened by the daemons of this version, in the process of the test."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from coordinator import config as coordinator_config
from node import config as node_config
from tests.compatibility.kept import CLINIC, Kept
from tests.daemons import Desk, Hub, addresses


def coordinator_of(kept: Kept) -> AbstractAsyncContextManager[Hub]:
    """The coordinator of an old folder at work, at new addresses; all else is as it was set."""
    flags = addresses() | {"witness": str(kept.witness)}
    return Hub(coordinator_config.load(kept.folder, flags), CLINIC["token"]).running()


def desk_of(kept: Kept, coordinator: Hub | None = None) -> AbstractAsyncContextManager[Desk]:
    """The desk of an old folder at work; without a coordinator that it is to meet, it is alone."""
    flags = addresses() | {"witness": str(kept.witness)}
    if coordinator is not None:
        flags["coordinator"] = coordinator.sync_url
    desk = Desk(node_config.load(kept.folder, flags))
    return desk.running(alone=coordinator is None)
