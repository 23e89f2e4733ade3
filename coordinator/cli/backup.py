"""``mrnmesh-coordinator backup`` and ``restore``."""

from __future__ import annotations

from typing import Final

from coordinator import config
from coordinator.backups import KIND, source
from coordinator.cli.calling import add_connection_options, client
from sync.cli import backup as backup_command
from sync.cli import command
from sync.cli.backup import Program

_THEN: Final = """\
What happens next: start it with `mrnmesh-coordinator run`. It begins in recovery: it gives no
numbers, ranges or verdicts until every active desk has met it and brought back what the backup
lacks. Desks go on registering with numbers of their own. `mrnmesh-coordinator status` names the
desks it waits for; bring in the disk of one that is dead with `mrnmesh-coordinator terminals
salvage`, or give up what has not come back with `mrnmesh-coordinator end-recovery`. The
administrator's token is the one of the time of the backup; a new one is made by
`mrnmesh-coordinator token reset`. Never run the old copy beside it."""


def add(commands: command.Commands) -> None:
    """Add the commands."""
    program = Program(
        "mrnmesh-coordinator",
        KIND,
        lambda folder: source(config.load(folder)),
        client,
        lambda options: options.url is not None,
        _THEN,
    )
    backup_command.add(commands, program, add_connection_options)
