"""The backups of a node: what is in them, and how they are put back.

A restored node begins a new incarnation at once, so the ranges of before issue nothing.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final

from node import config
from node.config import Config
from sync.daemon.data_folder import KEY_FILE
from sync.engine.writer import Writer
from sync.upkeep import nightly
from sync.upkeep.archive import NODE_KIND
from sync.upkeep.backup import Source
from sync.upkeep.nightly import Keeping
from sync.upkeep.restore import DaemonKind, Unpacked


def source(place: Config) -> tuple[Source, Keeping]:
    """What is backed up of a node, and where to."""
    files = (config.FILE, KEY_FILE)
    return Source(place.folder, place.code, files, place.zone), nightly.keeping(place)


def _settle(unpacked: Unpacked) -> Mapping[str, int]:
    """A new incarnation, as `node.config.renew` gives one, and its join file."""
    incarnation = Writer.renew(unpacked.store, os.urandom)
    config.write_join_file(
        unpacked.folder, unpacked.manifest.author, unpacked.signer.public_key, incarnation
    )
    return {}


KIND: Final = DaemonKind(
    NODE_KIND, config.FILE, "mrnmesh-coordinator restore", _settle, config.load
)
