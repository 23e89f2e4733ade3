"""What a backup of a node holds, and what a restored node does before it runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from node import config
from node.config import NodeSettings
from sync.daemon import join_files
from sync.daemon.daemons import NODE
from sync.engine import replica
from sync.engine.writer import Writer
from sync.upkeep.restore import DaemonKind, Unpacked


def _settle(unpacked: Unpacked) -> Mapping[str, int]:
    """A new incarnation, as `node.config.renew` gives one, and its join file.

    Nobody knows which numbers were given after the backup was made, so the ranges of before issue
    nothing any more.
    """
    shell = replica.shell()
    incarnation = Writer.renew(unpacked.store, shell.random, shell.now_ms())
    join_files.write_join_file(
        unpacked.folder, unpacked.manifest.author, unpacked.signer.public_key, incarnation
    )
    return {}


KIND: Final[DaemonKind[NodeSettings]] = DaemonKind(
    NODE, (), lambda settings: settings.code, _settle, config.load
)
