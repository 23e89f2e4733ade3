"""What the commands that both daemons have need to know of one of them."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Generic

from sync.cli import command
from sync.cli.client import Client
from sync.daemon.daemon_settings import S
from sync.daemon.settings import SettingsTable
from sync.upkeep.doctor import Checks
from sync.upkeep.restore import DaemonKind


@dataclass(frozen=True)
class Program(Generic[S]):
    """One of the two command lines, whose settings are an ``S``.

    Args:
        description: what it is for, in a sentence; ``examples`` are shown below it.
        run: the daemon, until it is told to stop.
        coordinator_key: the public key of the coordinator, 32 bytes.
        client: the API that the options of a command name.
        add_client_options: adds those options; nothing for a desk, which needs none.
        is_elsewhere: whether they name a daemon that is not that of the data folder.
        after_restore: what happens next, in sentences.
        checks: what the doctor looks at here only.
    """

    kind: DaemonKind[S]
    table: SettingsTable
    description: str
    examples: str
    run: Callable[[S], Coroutine[object, object, None]]
    coordinator_key: Callable[[S], bytes]
    client: Callable[[argparse.Namespace], Client]
    add_client_options: Callable[[argparse.ArgumentParser], None]
    is_elsewhere: Callable[[argparse.Namespace], bool]
    after_restore: str
    checks: Checks[S]

    @property
    def name(self) -> str:
        """How it is called, as in ``mrnmesh-node``."""
        return self.kind.daemon.command

    def new_parser(self) -> argparse.ArgumentParser:
        """A parser that has no commands yet."""
        return command.new_parser(self.name, self.description, self.examples, self.kind.daemon)
