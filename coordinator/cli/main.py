"""``mrnmesh-coordinator``: make a coordinator, run it, administer it."""

from __future__ import annotations

import argparse
import sys

from coordinator.cli import people, pool, setup, status, terminals, webhooks
from coordinator.cli.enrolment import authority, signing_key
from coordinator.cli.importing import command as importing
from coordinator.cli.matching import command as matching
from coordinator.cli.plans import formats
from coordinator.cli.program import PROGRAM
from coordinator.cli.rights import audit, ca, clerks, keys, looked, users
from coordinator.cli.watching import alerts, ledger
from sync.cli import (
    backup,
    clock,
    command,
    config,
    docs,
    doctor,
    rebuild,
    running,
    wrong_times,
)


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit status."""
    return command.run(parser(), arguments)


def parser() -> argparse.ArgumentParser:
    """All commands, in the order in which the help lists them."""
    whole = PROGRAM.new_parser()
    commands = whole.add_subparsers(required=True, metavar="COMMAND")
    setup.add(commands)
    running.add(commands, PROGRAM)
    status.add(commands)
    terminals.add(commands)
    authority.add(commands)
    signing_key.add(commands)
    importing.add(commands)
    people.add(commands)
    matching.add(commands)
    pool.add(commands)
    formats.add(commands)
    webhooks.add(commands)
    alerts.add(commands)
    ledger.add(commands)
    users.add(commands)
    clerks.add(commands)
    keys.add(commands)
    audit.add(commands)
    looked.add(commands)
    ca.add(commands)
    backup.add(commands, PROGRAM)
    doctor.add(commands, PROGRAM)
    wrong_times.add(clock.add(commands, PROGRAM), PROGRAM)
    rebuild.add(commands, PROGRAM)
    config.add(commands, PROGRAM)
    docs.add(commands, PROGRAM.name)
    return whole


if __name__ == "__main__":
    sys.exit(main())
