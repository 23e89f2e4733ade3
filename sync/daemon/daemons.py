"""The two daemons: what their commands, files and variables are called, and where they listen."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import platformdirs


@dataclass(frozen=True)
class Daemon:
    """One of the two. All its names are made from ``kind``, so that they cannot differ.

    ``listen`` and ``sync_listen`` are the addresses of the HTTP API and of the sync port of a new
    data folder, as HOST:PORT; ``making`` is the command that makes one, without the program.
    """

    kind: str
    listen: str
    sync_listen: str
    making: str

    @property
    def command(self) -> str:
        """Its command line, as in ``mrnmesh-node``."""
        return f"mrnmesh-{self.kind}"

    @property
    def programs(self) -> tuple[str, ...]:
        """The command lines that work on its data folder."""
        others = ("mrnmesh-conflicts",) if self.kind == "coordinator" else ()
        return self.command, *others

    @property
    def init_command(self) -> str:
        """The command that makes a data folder."""
        return f"{self.command} {self.making}"

    @property
    def settings_file(self) -> str:
        """The name of the file with its settings, as in ``node.toml``."""
        return f"{self.kind}.toml"

    @property
    def variable_prefix(self) -> str:
        """How its environment variables begin, as in ``MRNMESH_NODE_``."""
        return f"MRNMESH_{self.kind.upper()}_"

    @property
    def data_variable(self) -> str:
        """The environment variable that names the data folder."""
        return f"{self.variable_prefix}DATA"

    @property
    def service_folder(self) -> Path:
        """Where a service keeps its data if it was set up as the documentation says."""
        if sys.platform == "win32":
            above = os.environ.get("PROGRAMDATA", "C:\\ProgramData")
        else:
            above = "/var/lib"
        return Path(above, self.command)

    @cached_property
    def folder(self) -> Path:
        """The data folder that is used when none is named; always the same object."""
        return Path(platformdirs.user_data_dir(self.command, appauthor=False))


NODE: Final = Daemon("node", "127.0.0.1:8480", "127.0.0.1:8481", "enrol CODE")
COORDINATOR: Final = Daemon("coordinator", "127.0.0.1:8470", "0.0.0.0:8471", "init")
