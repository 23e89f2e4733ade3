"""Computers on which desks are made, and what lies on them when the power goes meanwhile."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from node import config
from node.config import NodeSettings
from node.enrolment import begun
from sync.daemon import data_folder
from sync.storage.store import Store
from sync.witness.memory import Witness


class Made(NamedTuple):
    """A desk as it was made, with the computer on which its witness was begun."""

    folder: Path
    witness: Path
    incarnation: bytes
    number: int
    computer: str

    @property
    def is_trusted(self) -> bool:
        return Witness(self.witness, self.computer).is_of(self.number)


def can_give_one_number_twice(one: Made, other: Made) -> bool:
    """Neither finds out, before they meet, that there is another of its incarnation."""
    return (
        one.incarnation == other.incarnation
        and one.witness != other.witness
        and one.is_trusted
        and other.is_trusted
    )


class Computer:
    """A computer with a folder for state; `use` lets what follows run there."""

    def __init__(self, place: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.place, self.name, self._patch = place, name, monkeypatch
        place.mkdir()

    def use(self) -> Computer:
        state = str(self.place / "state")
        self._patch.setattr(data_folder.platformdirs, "user_state_dir", lambda *_, **__: state)
        for module in (begun, config, data_folder):
            self._patch.setattr(module, "machine_id", lambda: self.name)
        return self

    def made(self, settings: NodeSettings) -> Made:
        """The desk that was made here."""
        store = Store.open(settings.folder / "register.db")
        try:
            meta = store.meta
            return Made(
                settings.folder, settings.witness, meta.incarnation, meta.witness, self.name
            )
        finally:
            store.close()


@contextmanager
def moments(computer: Computer, kept: Path, patch: pytest.MonkeyPatch) -> Iterator[list[Path]]:
    """What lay on a computer before each step that a power cut leaves undone."""
    found: list[Path] = []
    seen: list[set[tuple[Path, bytes]]] = []

    def before(real):
        def act(*args, **named):
            # What is half written lies in folders with a dot; nobody looks at it.
            files = (path for path in computer.place.glob("*/[!.]*") if path.is_file())
            there = {(path, path.read_bytes() if path.suffix == ".json" else b"") for path in files}
            if there not in seen:
                seen.append(there)
                found.append(shutil.copytree(computer.place, kept / str(len(found))))
            return real(*args, **named)

        return act

    with patch.context() as within:
        for name in ("fsync", "replace", "unlink"):
            within.setattr(os, name, before(getattr(os, name)))
        yield found
    found.append(shutil.copytree(computer.place, kept / "end"))


def put_back(computer: Computer, moment: Path) -> None:
    shutil.rmtree(computer.place)
    shutil.copytree(moment, computer.place)
