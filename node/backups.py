"""What a backup of a node holds, and what a restored node does before it runs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final

from node import config
from node.config import NodeSettings
from sync.daemon import join_files
from sync.daemon.daemons import NODE
from sync.engine.writer import Writer
from sync.storage.store import Store
from sync.upkeep.restore import DaemonKind, Unpacked


def _settle(unpacked: Unpacked) -> Mapping[str, int]:
    """A new incarnation, as `node.config.renew` gives one, and its join file.

    Nobody knows which numbers were given after the backup was made, so the ranges of before issue
    nothing any more.
    """
    incarnation = Writer.renew(unpacked.store, os.urandom)
    join_files.write_join_file(
        unpacked.folder, unpacked.manifest.author, unpacked.signer.public_key, incarnation
    )
    return {}


def begin_set_back(store: Store, _why: str) -> None:
    """Let a database that was found to be set back give nothing from the ranges that it had."""
    Writer.renew(store, os.urandom)


KIND: Final[DaemonKind[NodeSettings]] = DaemonKind(
    NODE, (), lambda settings: settings.code, _settle, config.load
)
