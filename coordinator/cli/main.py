"""``mrnmesh-coordinator``: make a coordinator, run it, administer it."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from typing import Final

from coordinator.cli import people, pool, salvage, setup, status, terminals, webhooks
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
from sync.cli.command import Part


def _add_clock(commands: command.Commands) -> None:
    wrong_times.add(clock.add(commands, PROGRAM), PROGRAM)


COMMANDS: Final = (
    Part(("init", "recovery-key", "setup-secret", "token"), setup.add),
    Part(("run",), partial(running.add, program=PROGRAM)),
    Part(("status", "end-recovery"), status.add),
    Part(("terminals",), terminals.add),
    Part(("authority",), authority.add),
    Part(("signing-key",), signing_key.add),
    Part(("import",), importing.add),
    Part(("people",), people.add),
    Part(("matching",), matching.add),
    Part(("pool",), pool.add),
    Part(("formats",), formats.add),
    Part(("webhooks",), webhooks.add),
    Part(("alerts",), alerts.add),
    Part(("ledger",), ledger.add),
    Part(("users",), users.add),
    Part(("clerks",), clerks.add),
    Part(("keys",), keys.add),
    Part(("audit",), audit.add),
    Part(("looked",), looked.add),
    Part(("ca",), ca.add),
    Part(("backup", "restore"), partial(backup.add, program=PROGRAM)),
    Part(("salvage",), salvage.add_own),
    Part(("doctor",), partial(doctor.add, program=PROGRAM)),
    Part(("clock",), _add_clock),
    Part(("rebuild",), partial(rebuild.add, program=PROGRAM)),
    Part(("config",), partial(config.add, program=PROGRAM)),
    Part(("docs",), partial(docs.add, program=PROGRAM.name)),
)
"""In the order in which the help lists them."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit status."""
    return command.run(PROGRAM.new_parser(), arguments, parts=COMMANDS)


def parser() -> argparse.ArgumentParser:
    """One that has all commands."""
    whole = PROGRAM.new_parser()
    command.add_parts(command.add_commands(whole), COMMANDS)
    return whole


if __name__ == "__main__":
    sys.exit(main())
