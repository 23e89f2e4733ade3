"""``mrnmesh-node``: make a node, run it, look after it."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from typing import Final

from node.cli import (
    cards,
    drill,
    enrol,
    keys,
    looked,
    renew,
    requests,
    sheet,
    status,
    unconfirmed,
)
from node.cli.program import PROGRAM
from sync.cli import backup, clock, command, config, docs, doctor, rebuild, running
from sync.cli.command import Part

COMMANDS: Final = (
    Part(("enrol",), enrol.add),
    Part(("renew",), renew.add),
    Part(("run",), partial(running.add, program=PROGRAM)),
    Part(("status",), status.add),
    Part(("reprinted",), cards.add),
    Part(("requests",), requests.add),
    Part(("sheet",), sheet.add),
    Part(("unconfirmed", "confirm"), unconfirmed.add),
    Part(("looked",), looked.add),
    Part(("keys",), keys.add),
    Part(("backup", "restore"), partial(backup.add, program=PROGRAM)),
    Part(("doctor",), partial(doctor.add, program=PROGRAM)),
    Part(("drill",), drill.add),
    Part(("clock",), partial(clock.add, program=PROGRAM)),
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
