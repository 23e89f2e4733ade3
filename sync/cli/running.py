"""The command ``run`` of both daemons: the daemon itself, in the foreground."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sqlite3
import sys
import threading
import time
import traceback
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from sync.cli import command
from sync.cli.program import Program
from sync.daemon import data_folder, logs
from sync.daemon.daemon_settings import DaemonSettings, S
from sync.daemon.daemons import Daemon
from sync.errors import CannotListen, MrnmeshError
from sync.model import causes, phrases
from sync.reading.faults import fault_of
from sync.upkeep import neighbours

THREADS_S_MAX: Final = 5.0
"""How long the end of a daemon that has closed everything waits for what is left on threads."""
_FRAMES_SHOWN: Final = 4

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
    Where something waits on a thread for what does not answer, as for a disk of the network, the
    process ends here and does not return.

    Returns:
        The exit status.
    """
    hints = data_folder.hints(daemon, settings.folder)
    logs.begin(settings.log_folder, daemon.kind, settings.zone, hints)
    status = _status_of(running, settings)
    left = _left_on_threads()
    if left:
        log.warning(
            "the daemon has closed everything, and ends while this still waits: %s", "; ".join(left)
        )
        logging.shutdown()
        sys.stdout.flush()
        os._exit(status)
    return status


class _Helpers(ThreadPoolExecutor):
    """The threads of `asyncio.to_thread`; the end of a loop does not wait for them, as it would."""

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Begin nothing more there."""
        super().shutdown(wait=False, cancel_futures=cancel_futures)


def _left_on_threads() -> list[str]:
    """What threads still do that would hold up the end of the process, as names of functions."""
    others = set(threading.enumerate()) - {threading.current_thread()}
    held = [thread for thread in others if not thread.daemon]
    end_s = time.monotonic() + THREADS_S_MAX
    for thread in held:
        thread.join(max(0.0, end_s - time.monotonic()))
    frames = sys._current_frames()
    return [
        " > ".join(frame.name for frame in traceback.extract_stack(frames[ident])[-_FRAMES_SHOWN:])
        for ident in (thread.ident for thread in held)
        if ident in frames
    ]


def _status_of(running: Coroutine[object, object, None], settings: DaemonSettings) -> int:
    """Run it to its end and say what ended it."""
    try:
        with asyncio.Runner() as runner:
            runner.get_loop().set_default_executor(_Helpers(thread_name_prefix="helper"))
            runner.run(running)
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
