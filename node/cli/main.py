"""``mrnmesh-node``: make a node, run it, look after it."""

from __future__ import annotations

import argparse
import sys

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


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit status."""
    return command.run(parser(), arguments)


def parser() -> argparse.ArgumentParser:
    """All commands, in the order in which the help lists them."""
    whole = PROGRAM.new_parser()
    commands = whole.add_subparsers(required=True, metavar="COMMAND")
    enrol.add(commands)
    renew.add(commands)
    running.add(commands, PROGRAM)
    status.add(commands)
    cards.add(commands)
    requests.add(commands)
    sheet.add(commands)
    unconfirmed.add(commands)
    looked.add(commands)
    keys.add(commands)
    backup.add(commands, PROGRAM)
    doctor.add(commands, PROGRAM)
    drill.add(commands)
    clock.add(commands, PROGRAM)
    rebuild.add(commands, PROGRAM)
    config.add(commands, PROGRAM)
    docs.add(commands, PROGRAM.name)
    return whole


if __name__ == "__main__":
    sys.exit(main())
