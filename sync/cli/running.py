"""The command ``run`` of both daemons: the daemon itself, in the foreground."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sqlite3
from collections.abc import Coroutine

from sync.cli import command
from sync.cli.program import Program
from sync.daemon import data_folder, logs
from sync.daemon.daemon_settings import DaemonSettings, S
from sync.daemon.daemons import Daemon
from sync.errors import CannotListen, MrnmeshError
from sync.model import causes, phrases
from sync.reading.faults import fault_of
from sync.upkeep import neighbours

log = logging.getLogger("mrnmesh")


def add(commands: command.Commands, program: Program[S]) -> None:
    """Add the command."""
    name = program.name
    parser = command.add(
        commands,
        "run",
        "run until stopped by SIGTERM, Ctrl-C or the end of the service",
        f"""
        {name} run
        {name} run --listen 127.0.0.1:9000   # this time only; `config` names the settings
        {program.table.variable("listen")}=127.0.0.1:9000 {name} run
        """,
    )
    program.table.add_flags(parser)

    def act(options: argparse.Namespace) -> int:
        settings = program.kind.load(options.data, program.table.flags(options))
        return run_daemon(program.kind.daemon, settings, program.run(settings))

    parser.set_defaults(act=act)


def run_daemon(
    daemon: Daemon, settings: DaemonSettings, running: Coroutine[object, object, None]
) -> int:
    """Run a daemon to its end, with its log on standard error and in files.

    Whatever ends it is logged as well as shown, because a service has nobody who reads the console.

    Returns:
        The exit status.
    """
    hints = data_folder.hints(daemon, settings.folder)
    logs.begin(settings.log_folder, daemon.kind, settings.zone, hints)
    try:
        asyncio.run(running)
    except CannotListen as error:
        log.critical("the daemon ends: %s%s", logs.error_text(error), _occupants(settings))
        return 1
    except MrnmeshError as error:
        log.critical("the daemon ends: %s", logs.error_text(error))
        return 1
    except sqlite3.Error as error:
        named = fault_of(error, settings.folder)
        log.critical("the daemon ends: %s", logs.error_text(named))
        return 1
    except OSError as error:
        log.critical("the daemon ends: %s", logs.error_text(causes.as_error(error)))
        return 1
    except Exception:
        log.critical("the daemon ends", exc_info=True)
        return 1
    return 0


def _occupants(settings: DaemonSettings) -> str:
    """Who has the ports of these settings, as far as that can be told, in sentences."""
    there = neighbours.who_answers(settings.url)
    addresses = [one.text for one in (settings.listen, settings.sync_listen)]
    found = neighbours.clashes(settings.folder, addresses)
    if there is not None and there.author is not None:
        found.insert(0, f"The daemon at {settings.url} is {phrases.writer(there.author)}.")
    return "".join(f" {sentence}" for sentence in found)
