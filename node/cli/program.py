"""What the commands that both daemons have need to know of a node."""

from __future__ import annotations

from typing import Final

from node import backups, config, daemon
from node.cli import doctor
from node.config import NodeSettings
from sync.cli.client import Client
from sync.cli.program import Program
from sync.daemon.daemons import NODE

_AFTER_RESTORE: Final = """\
What happens next: start it with `mrnmesh-node run`. The ranges that it had give no more numbers,
because nobody knows which of them were given after the backup; people whom it lacks come back from
the other desks and the coordinator. Numbers come from the coordinator when that is in reach; for
work offline it gets a new range from the pool, or with `mrnmesh-coordinator terminals grant CODE`.
Stop the old copy."""

PROGRAM: Final[Program[NodeSettings]] = Program(
    kind=backups.KIND,
    table=config.TABLE,
    description="The patient register of one desk, online or not.",
    examples="""
    mrnmesh-node enrol CODE                  # once; the administrator has the code
    mrnmesh-node run                         # stays in the foreground; Ctrl-C stops it
    mrnmesh-node status                      # where numbers come from, how many are left
    mrnmesh-node doctor                      # what is wrong here, and what to do
    mrnmesh-node --data /srv/lab1 status     # of another data folder
    """,
    run=daemon.run,
    coordinator_key=lambda settings: settings.coordinator_key,
    client=lambda options: Client(config.load(options.data).url, None, options.data, NODE),
    add_client_options=lambda _: None,
    is_elsewhere=lambda _: False,
    after_restore=_AFTER_RESTORE,
    checks=doctor.CHECKS,
)
