"""A desk of a test starts as its daemon does, and may find that it has forgotten something."""

from __future__ import annotations

import os
from pathlib import Path

from node.backups import look_back
from sync.engine import issuing
from sync.witness.memory import Witness
from tests import disclosing
from tests.clinic import Desk


def start(desk: Desk, path: Path) -> None:
    """As `node.daemon.opened` does."""
    desk.be_witnessed(witness := Witness(path, "machine"))
    disclosing.watch(desk.writer)
    witness.catch_up(desk.write(lambda tx: issuing.how_far_used(tx, witness.asked)))
    desk.write(lambda tx: look_back(tx, witness.seen(), os.urandom))
