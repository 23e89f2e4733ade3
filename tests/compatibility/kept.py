"""What the daemons of version 0.1.0 kept on disk, see `tests.compatibility.make_data`."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

from tests.compatibility.earlier import ANSWERS, BACKUP, DATA, FOLDER, WITNESS, later_witness

CLINIC: dict[str, Any] = json.loads((DATA / "clinic.json").read_text(encoding="utf-8"))
"""Tokens, webhook, idempotency keys, and the name of the computer."""


class Kept:
    """What a daemon of version 0.1.0 kept, unpacked into a new folder.

    Args:
        kind: ``coordinator`` or ``node``.
    """

    def __init__(self, kind: str, target: Path) -> None:
        self.kind = kind
        self._target = target
        self.folder = target / FOLDER
        self.witness = target / WITNESS
        self.backup = target / BACKUP
        with zipfile.ZipFile(DATA / f"{kind}.zip") as packed:
            packed.extractall(target)
        self.answers: dict[str, Any] = json.loads((target / ANSWERS).read_text(encoding="utf-8"))

    def people(self) -> dict[str, dict[str, Any]]:
        """Record id -> person, as the daemon answered."""
        return {person["record_id"]: person for person in self.answers["patients"]}

    def fall_behind(self, later: str) -> None:
        """Put the witness after one more number beside the folder, as if that were set back.

        Args:
            later: the kind of that number, see `tests.compatibility.make_data`.
        """
        shutil.copy(self._target / later_witness(later), self.witness)
