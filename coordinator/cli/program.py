"""What the commands that both daemons have need to know of the coordinator."""

from __future__ import annotations

from typing import Final

from coordinator import backups, config, daemon
from coordinator.cli import calling, doctor
from coordinator.config import CoordinatorSettings
from sync.cli.program import Program

_AFTER_RESTORE: Final = """\
What happens next: start it with `mrnmesh-coordinator run`. It begins in recovery: it gives no
numbers or ranges and confirms nothing until every active desk has met it and brought back what the
backup lacks. Desks go on registering with numbers of their own. `mrnmesh-coordinator status` names
the desks it waits for; bring in the disk of one that is dead with `mrnmesh-coordinator terminals
salvage`, and what the former data folder of the coordinator still has with
`mrnmesh-coordinator salvage`; or give up what has not come back with `mrnmesh-coordinator
end-recovery`. The administrator's token is the one of the time of the backup; a new one is made by
`mrnmesh-coordinator token reset`. Never run the old copy beside it."""

PROGRAM: Final[Program[CoordinatorSettings]] = Program(
    kind=backups.KIND,
    table=config.TABLE,
    description="Terminals, their ranges, and which registrations are confirmed.",
    examples="""
    mrnmesh-coordinator init                 # once; prints the administrator's token
    mrnmesh-coordinator run                  # stays in the foreground; Ctrl-C stops it
    mrnmesh-coordinator terminals list       # with the token in MRNMESH_TOKEN
    mrnmesh-coordinator config               # each setting and where it comes from
    mrnmesh-coordinator --data /srv/hub run  # of another data folder
    """,
    run=daemon.run,
    coordinator_key=lambda settings: settings.signer().public_key,
    client=calling.client,
    add_client_options=calling.add_client_options,
    is_elsewhere=lambda options: options.url is not None,
    after_restore=_AFTER_RESTORE,
    checks=doctor.CHECKS,
)
