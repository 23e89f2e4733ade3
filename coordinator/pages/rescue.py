"""What is typed when a computer is broken or lost: the page shows it, and runs none of it."""

from __future__ import annotations

from typing import Final, TypedDict

from aiohttp import web

from coordinator.config import CoordinatorSettings
from sync.daemon.daemons import COORDINATOR, NODE
from sync.daemon.data_folder import hints
from sync.http.operations import Needs, Operation
from sync.trust import sealing

PATH: Final = "/api/rescue/"
_FILE: Final = "FILE"


class RescueCommands(TypedDict):
    """Commands to type, each at the computer that it is for.

    ``FILE``, ``KEY``, ``CODE`` and ``FOLDER`` are to be filled in. ``data_folder`` is that of this
    coordinator; ``restore`` and ``restore_desk`` bring back a backup, and ``check`` only tries
    whether one is good. ``salvage`` brings in what is on the disk of a desk.
    """

    data_folder: str
    restore: str
    check: str
    salvage: str
    restore_desk: str


class RescueApi:
    """The operation that names the commands."""

    def __init__(self, config: CoordinatorSettings) -> None:
        self._folder = config.folder
        self._typed = hints(COORDINATOR, config.folder)

    def operations(self) -> list[Operation]:
        """Return the operations of this part."""
        return [
            Operation(
                "GET",
                PATH,
                self.show,
                "Show what is typed when a computer is broken or lost",
                needs=Needs.ADMINISTER,
            )
        ]

    async def show(self, _request: web.Request) -> RescueCommands:
        """Return the commands, with the data folder where they need to be told."""
        is_sealed = (self._folder / sealing.PUBLIC_FILE).exists()
        key = "--recovery-key KEY " if is_sealed else ""
        program = COORDINATOR.command
        return {
            "data_folder": str(self._folder),
            "restore": self._typed(f"{program} restore {key}{_FILE}"),
            "check": self._typed(f"{program} restore --check {_FILE}"),
            "salvage": self._typed(f"{program} terminals salvage CODE FOLDER"),
            "restore_desk": f"{NODE.command} restore {_FILE}",
        }
