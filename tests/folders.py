"""Data folders of a coordinator and a desk that do not run, for tests of what is done to them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from coordinator import config as coordinator_config
from examples import joined


def new_coordinator(folder: Path, **options: Any) -> Path:
    """Make a coordinator in ``folder``/hub, and return that."""
    coordinator_config.init(folder / "hub", **{"witness": folder / "hub.witness"} | options)
    return folder / "hub"


def new_desk(folder: Path, hub: Path | None = None, **options: Any) -> Path:
    """Make LAB1-PC in ``folder``/desk, with a coordinator if it has none; return its folder."""
    config = coordinator_config.load(hub or new_coordinator(folder))
    joined.make(
        folder / "desk",
        "LAB1-PC",
        config.signer().public_key,
        f"ws://{config.sync_listen.nearby}/sync",
        **{"witness": folder / "desk.witness"} | options,
    )
    return folder / "desk"


def idle_desk(folder: Path) -> Path:
    """A desk whose ports the system chooses, with a coordinator and a peer that do not answer."""
    hub = new_coordinator(folder, listen="127.0.0.1:0", sync_listen="127.0.0.1:1")
    return new_desk(
        folder,
        hub,
        witness=folder / "witnesses" / "desk",
        listen="127.0.0.1:0",
        sync_listen="127.0.0.1:0",
        peers=("ws://127.0.0.1:1/sync",),
    )
